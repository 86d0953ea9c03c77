"""`hauberk audit` and `hauberk db` as a whole: what they print, and how they end."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hauberk.audit.build import build
from hauberk.audit.readers import format_of

ROOT = Path(__file__).parents[2]
NASTY = "\x1b[2J\n::error::x<script>"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    record = {
        "id": "X-1", "aliases": ["CVE-2026-1"], "modified": "2026-01-01T00:00:00Z", "summary": NASTY,
        "database_specific": {"severity": "HIGH"},
        "affected": [{"package": {"ecosystem": "PyPI", "name": "flask"},
                      "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}],
    }  # fmt: skip
    (tmp_path / "records.jsonl").write_text(json.dumps(record))
    (tmp_path / "epss.csv").write_text("#model\ncve,epss,percentile\nCVE-2026-1,0.97,0.99\n")
    return build(tmp_path / "index", [tmp_path / "records.jsonl"], epss=tmp_path / "epss.csv").path


def hauberk(index: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    project = index.parent / "project"
    project.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "hauberk", *arguments, "--index", str(index)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def write(index: Path, name: str, text: str) -> None:
    (index.parent / "project").mkdir(exist_ok=True)
    (index.parent / "project" / name).write_text(text)


def test_findings_their_data_and_the_status(index: Path) -> None:
    write(index, "requirements.txt", "flask==1.5\n")
    done = hauberk(index, "audit", "-q", "--format", "json")
    document = json.loads(done.stdout)
    assert done.returncode == 1
    (finding,) = document["findings"]
    assert finding["evidence"]["epss"] == {"probability": 0.97, "percentile": 0.99}
    assert document["stats"]["index_age_days"] > 1
    assert "days old" in document["gaps"][0]


@pytest.mark.parametrize("form", ["text", "github", "markdown", "junit", "sarif", "html"])
def test_data_age_is_in_every_report_and_nothing_nasty(index: Path, form: str) -> None:
    write(index, "requirements.txt", "flask==1.5\n")
    done = hauberk(index, "audit", "-q", "--format", form)
    assert "days old" in " ".join(done.stdout.split())
    assert "\x1b[2J" not in done.stdout
    assert "<script>x" not in done.stdout
    assert not re.search(r"^::error::x", done.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package-lock.json", "[" * 100_000_000),
        ("package-lock.json", "[" * 1_000_000),
        ("pnpm-lock.yaml", "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n"),
        ("uv.lock", "\x1b[2J\n::error::x"),
        ("requirements.txt", "-r ../../../etc/passwd"),
        ("bun.lockb", "\x00\xff"),
    ],
)
def test_hostile_files_end_with_two_and_one_message(index: Path, name: str, text: str) -> None:
    write(index, name, text)
    done = hauberk(index, "audit", "-q", "--format", "json")
    assert done.returncode == 2
    said = json.loads(done.stdout)["gaps"] if done.stdout else [done.stderr.strip()]
    assert len(said) == 1
    assert said[0].isprintable()
    assert "Traceback" not in done.stderr


def test_old_data_fails_with_max_age(index: Path) -> None:
    write(index, "requirements.txt", "jinja2==3.0\n")
    assert hauberk(index, "audit", "-q").returncode == 0
    done = hauberk(index, "audit", "-q", "--max-age", "1")
    assert done.returncode == 2
    assert "--max-age" in done.stdout


def test_no_index_is_never_clean(index: Path) -> None:
    write(index, "requirements.txt", "jinja2==3.0\n")
    index.unlink()
    done = hauberk(index, "audit", "-q", "--offline")
    assert (done.returncode, done.stdout) == (2, "")
    assert "hauberk db update" in done.stderr


def test_documents_of_its_own(index: Path) -> None:
    write(index, "requirements.txt", "flask==1.5\n")
    assert json.loads(hauberk(index, "audit", "-q", "--format", "cyclonedx").stdout)["specVersion"] == "1.6"
    assert json.loads(hauberk(index, "audit", "-q", "--format", "openvex").stdout)["statements"]
    assert "is not a format" in hauberk(index, "audit", "--format", "cyclone").stderr


def test_ignoring_needs_a_reason_and_ends(index: Path) -> None:
    write(index, "requirements.txt", "flask==1.5\n")
    rule = "rule = 'audit.vulnerable-dependency', advisory = 'cve-2026-1'"
    for until, status in (("2999-01-01", 0), ("2020-01-01", 1)):
        entry = f"{{ {rule}, reason = 'not reachable', until = {until} }}"
        write(index, "pyproject.toml", f"[tool.hauberk.cli]\nignore = [{entry}]\n")
        done = hauberk(index, "audit", "-q", "--format", "json")
        assert done.returncode == status
        assert ("no longer ignored" in done.stdout) is bool(status)
    write(index, "pyproject.toml", f"[tool.hauberk.cli]\nignore = [{{ {rule} }}]\n")
    assert hauberk(index, "audit", "-q").returncode == 2


def test_a_baseline_and_what_changed_since(index: Path) -> None:
    write(index, "requirements.txt", "jinja2==3.0\n")
    hauberk(index, "audit", "-q", "--format", "json=before.json")
    write(index, "requirements.txt", "flask==1.5\n")
    done = hauberk(index, "audit", "-q", "--since", "before.json", "--format", "json=after.json")
    assert "+ flask 1.5: X-1" in done.stderr
    assert "1 new, 0 gone, 0 still there" in done.stderr
    assert hauberk(index, "audit", "-q", "--baseline", "after.json").returncode == 0


def test_vex_settles(index: Path) -> None:
    write(index, "requirements.txt", "flask==1.5\n")
    hauberk(index, "audit", "-q", "--format", "openvex=vex.json")
    path = index.parent / "project" / "vex.json"
    path.write_text(path.read_text().replace('"affected"', '"not_affected"'))
    done = hauberk(index, "audit", "-q", "--vex", "vex.json")
    assert done.returncode == 0
    assert "left out by VEX" in " ".join(done.stdout.split())


def test_a_fleet(index: Path) -> None:
    write(index, "requirements.txt", "flask==1.5\n")
    write(index, "list", "requirements.txt\n")
    done = hauberk(index, "audit", "-q", "--fleet", "list", "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["stats"]["repositories"] == 1
    assert hauberk(index, "audit", "--fleet", "list", ".").returncode == 2


def test_the_hook_and_the_action() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    files = re.compile(hook["files"])
    for name in ("uv.lock", "web/package-lock.json", "requirements-dev.txt", "pnpm-lock.yaml", "pyproject.toml"):
        assert files.search(name)
        assert format_of(name)
    assert not files.search("src/app.py")
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert "${{" not in action["runs"]["steps"][0]["run"], "an input that is pasted into a script is code"
