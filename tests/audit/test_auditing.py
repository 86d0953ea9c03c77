"""The audit as a whole: what is found, what is said of it, and that nothing is left unsaid."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hauberk.audit import RULES, Index, audit
from hauberk.core.errors import InputError, NothingToTestError
from hauberk.core.finding import Finding, Result

TODAY = date(2026, 1, 2)

LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "shop", "dependencies": {"a": "1"}},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"lodash": "4"}},
        "node_modules/lodash": {"version": "4.17.20"},
        "node_modules/a/node_modules/lodash": {"version": "4.17.20"},
        "node_modules/evil": {"version": "1.0.0", "dev": True},
    },
}


@pytest.fixture
def run(tmp_path: Path, index: Index) -> Callable[..., Result]:
    """Write files into a project, audit it."""

    def go(files: dict[str, str], *paths: str) -> Result:
        root = tmp_path / "project"
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        return audit([root / p for p in paths or ("",)], index=index, root=root, today=TODAY)

    return go


Run = Callable[..., Result]


def by_key(result: Result) -> dict[str, Finding]:
    return {f"{f.location.as_json().get('package')} {f.key}".strip(): f for f in result.findings}


def test_a_vulnerable_package_and_its_clean_twin(run: Run, index: Index) -> None:
    result = run(
        {"requirements.txt": "jinja2==3.0\nFlask==1.5\n", "other/requirements.txt": "flask==2.0.1\njinja2==3.0"}
    )
    found = by_key(result)
    assert set(found) == {"flask CVE-2020-0001", "flask PYSEC-2"}
    fault = found["flask CVE-2020-0001"]
    assert fault.as_json() == {
        "rule": "audit.vulnerable-dependency",
        "outcome": "fail",
        "severity": "critical",
        "confidence": "certain",
        "title": "flask 1.5: GHSA-1",
        "message": "flask 1.5 has a known vulnerability: GHSA-1, PYSEC-1, Flask fault",
        "location": {"file": "requirements.txt", "line": 2, "package": "flask", "version": "1.5", "ecosystem": "PyPI"},
        "cwe": [1395],
        "asvs": ["v5.0.0-15.2.1"],
        "top10": ["A03:2025"],
        "evidence": {
            "advisories": [
                {"id": "GHSA-1", "aliases": ["cve-2020-0001"], "summary": ""},
                {"id": "PYSEC-1", "aliases": ["CVE-2020-0001"], "summary": "Flask fault"},
            ],
            "cvss": {"vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "score": 9.8},
            "kev": False,
            "epss": None,
            "severity_known": True,
            "fixed_in": ["2.0", "2.0.1"],
            "safe_version": None,
            "dev": None,
            "data_age": 1,
        },
        "fix": fault.fix,
        "fingerprint": fault.fingerprint,
    }
    json.dumps(result.findings[0].as_json())
    assert result.stats == {
        "files": 2,
        "packages": 3,
        "vulnerable": 2,
        "advisories": 3,
        "index_age_days": 1,
        "index_built": index.meta.built,
    }
    assert result.complete
    assert result.gaps == ()


def test_an_unfixed_fault_of_unknown_severity(run: Run) -> None:
    fault = by_key(run({"requirements.txt": "flask==2.5"}))["flask PYSEC-2"]
    assert (fault.severity, fault.evidence["severity_known"], fault.evidence["fixed_in"]) == ("medium", False, [])
    assert "no fixed version" in fault.fix


def test_a_clean_file_is_a_recorded_pass(run: Run) -> None:
    (passed,) = run({"requirements.txt": "jinja2==3.0"}).findings
    assert (passed.outcome, passed.location.file, passed.evidence["packages"]) == ("pass", "requirements.txt", 1)


def test_npm_with_path_malware_and_known_exploitation(run: Run) -> None:
    found = by_key(run({"package-lock.json": json.dumps(LOCK, indent=2)}))
    assert set(found) == {"lodash CVE-2020-0002", "evil MAL-1"}
    lodash, evil = found["lodash CVE-2020-0002"], found["evil MAL-1"]
    assert lodash.location.as_json()["path"] == ["shop", "a", "lodash"]
    assert lodash.location.as_json()["line"] == 19
    assert (lodash.evidence["kev"], lodash.evidence["safe_version"], lodash.severity) == (True, "4.17.21", "high")
    assert lodash.fix.startswith("Upgrade lodash to 4.17.21")
    assert (evil.rule.id, evil.severity, evil.evidence["dev"]) == ("audit.malicious-package", "critical", True)
    assert evil.fix.startswith("Remove evil")


def test_the_path_runs_from_the_project_to_the_package(run: Run) -> None:
    lock = {"lockfileVersion": 3, "packages": {k: v for k, v in LOCK["packages"].items() if "a/node" not in k}}  # type: ignore[attr-defined]
    found = by_key(run({"package-lock.json": json.dumps(lock)}))
    assert found["lodash CVE-2020-0002"].location.as_json()["path"] == ["shop", "a", "lodash"]
    assert "path" not in found["evil MAL-1"].location.as_json()


def test_includes_are_followed_and_constraints_bound(run: Run) -> None:
    result = run(
        {
            "requirements.txt": "-r more/base.txt\n-c bounds.txt\nflask>=1\nopen-one\n",
            "more/base.txt": "-r ../requirements.txt\njinja2==3.0\n",
            "bounds.txt": "Flask==1.5\n",
        }
    )
    assert {f.location.file for f in result.failures} == {"bounds.txt"}
    assert result.complete
    assert result.gaps == ("requirements.txt: 1 entry not pinned to a version: open-one",)


@pytest.mark.parametrize("target", ["missing.txt", "../../outside.txt", "/etc/hostname", "https://x.example/r.txt"])
def test_an_include_that_is_not_there_or_not_ours_makes_it_incomplete(run: Run, tmp_path: Path, target: str) -> None:
    (tmp_path / "outside.txt").write_text("secret==1.0")
    result = run({"requirements.txt": f"jinja2==3.0\n-r {target}\n"})
    assert not result.complete
    assert len(result.gaps) == 1
    assert "secret" not in result.gaps[0]


def test_a_link_out_of_the_project_is_not_followed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("secret==1.0")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "link.txt").symlink_to(tmp_path / "outside.txt")
    assert not run({"requirements.txt": "jinja2==3.0\n-r link.txt\n"}).complete


def test_a_lock_file_that_is_a_link_out_of_the_project_is_not_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "outside.txt").write_text("secret==1.0")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "requirements.txt").symlink_to(tmp_path / "outside.txt")
    result = run({"uv.lock": "version = 1"})
    assert not result.complete
    assert result.gaps == ("./requirements.txt: is a link out of the project, and was not read",)


def test_a_pipe_is_not_waited_for(run: Run, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    os.mkfifo(tmp_path / "project" / "requirements.txt")
    result = run({})
    assert result.gaps[0].startswith("requirements.txt: is no regular file")


def test_a_long_chain_is_cut(run: Run) -> None:
    entry = '[[package]]\nname = "{}"\nversion = "2.5"\n[package.dependencies]\n{} = "*"\n'
    names = [*(f"p{n}" for n in range(3000)), "flask", "end"]
    chain = "".join(entry.format(name, need) for name, need in pairwise(names))
    (fault,) = run({"poetry.lock": chain}).failures
    assert fault.location.as_json()["path"][-3:] == ["p2998", "p2999", "flask"]
    assert len(fault.location.as_json()["path"]) == 100


def test_a_broken_file_makes_it_incomplete_and_the_others_are_judged(run: Run) -> None:
    result = run({"poetry.lock": "<<<<<<< HEAD", "requirements.txt": "flask==1.5"})
    assert not result.complete
    assert result.gaps[0].startswith("poetry.lock: is no readable TOML")
    assert len(result.failures) == 2


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"README.md": "x"}, "there is no lock file"),
        ({"requirements.txt": "flask\n-e .\n"}, "not pinned to a version: flask"),
        ({"node_modules/a/package-lock.json": "{}", ".venv/uv.lock": ""}, "there is no lock file"),
    ],
)
def test_nothing_to_judge_is_never_clean(run: Run, files: dict[str, str], said: str) -> None:
    with pytest.raises(NothingToTestError, match=said):
        run(files)


def test_a_project_without_dependencies_passes(run: Run) -> None:
    (passed,) = run({"package-lock.json": '{"lockfileVersion": 3, "packages": {"": {"name": "x"}}}'}).findings
    assert passed.outcome == "pass"


def test_only_what_cannot_be_read_is_incomplete_not_nothing(run: Run) -> None:
    result = run({"uv.lock": "a = ["})
    assert (result.complete, result.findings) == (False, ())


def test_a_path_that_does_not_exist(run: Run) -> None:
    with pytest.raises(InputError, match="does not exist"):
        run({"requirements.txt": ""}, "nothing.lock")


def test_a_file_of_no_known_format(run: Run) -> None:
    result = run({"photo.bin": "x"}, "photo.bin")
    assert not result.complete
    assert "no format that is known" in result.gaps[0]


def test_an_index_without_the_ecosystem_makes_it_incomplete(
    tmp_path: Path, make_index: Callable[..., Path], osv: Callable[..., dict[str, Any]]
) -> None:
    (tmp_path / "package-lock.json").write_text(json.dumps(LOCK))
    (tmp_path / "requirements.txt").write_text("x==1")
    with Index.open(make_index([osv("X-1", "a", "introduced:0")])) as index:
        result = audit(
            [tmp_path / "package-lock.json", tmp_path / "requirements.txt"], index=index, root=tmp_path, today=TODAY
        )
    assert not result.complete
    assert result.gaps == ("the advisory index has nothing on npm: 3 packages were not judged",)
    assert [f.location.file for f in result.findings] == ["requirements.txt"]


def test_versions_that_are_none_are_named(run: Run) -> None:
    result = run({"requirements.txt": "flask===whatever\njinja2===odd\nflask==1.5"})
    assert result.gaps == ("not judged, since PyPI knows no such version: flask whatever",)


def test_fingerprints_are_stable_and_apart(run: Run) -> None:
    one = run({"requirements.txt": "flask==1.5"}).failures
    two = run({"requirements.txt": "# moved\n\nflask==1.5"}).failures
    assert [f.fingerprint for f in one] == [f.fingerprint for f in two]
    assert len({f.fingerprint for f in one}) == 2


def test_a_fingerprint_outlives_another_databases_record_on_the_fault(
    tmp_path: Path, make_index: Callable[..., Path], osv: Callable[..., dict[str, Any]]
) -> None:
    (tmp_path / "requirements.txt").write_text("a==1")
    one = osv("PYSEC-5", "a", "introduced:0", aliases=["CVE-2020-5"])
    two = osv("GHSA-5", "a", "introduced:0", aliases=["cve-2020-5"])
    prints = set()
    for number, records in enumerate(([one], [two], [one, two])):
        with Index.open(make_index(records, f"{number}.sqlite3")) as index:
            (fault,) = audit([tmp_path / "requirements.txt"], index=index, root=tmp_path).failures
            prints.add(fault.fingerprint)
    assert len(prints) == 1


def test_progress_is_told(tmp_path: Path, index: Index) -> None:
    (tmp_path / "requirements.txt").write_text("flask==1.5")
    said: list[tuple[str, int, int]] = []
    audit([tmp_path], index=index, root=tmp_path, progress=lambda *step: said.append(step))
    assert said[-1] == ("matching PyPI packages", 1, 1)
    assert ("reading lock files", 1, 1) in said


def test_rules_are_complete() -> None:
    for rule in RULES:
        assert rule.id.startswith("audit.")
        assert all((rule.cwe, rule.asvs, rule.top10, rule.why, rule.fix))
