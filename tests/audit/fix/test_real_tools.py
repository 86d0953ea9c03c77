"""The real resolvers, on small projects. Skipped where no index answers them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from hauberk.audit.fix import fix
from hauberk.audit.fix.tools import find
from hauberk.audit.index import Index
from hauberk.core.errors import HauberkError

pytestmark = pytest.mark.slow


@pytest.fixture
def uv(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("probe")
    (folder / "in.txt").write_text("idna==3.7\n")
    try:
        tool = find("uv", "probe")
        tool.run(["pip", "compile", "in.txt", "--no-deps", "--quiet"], cwd=folder, timeout=60)
    except HauberkError as error:
        pytest.skip(f"no package index answers: {error}")
    return tool.path


@pytest.fixture
def npm(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("probe")
    try:
        tool = find("npm", "probe")
        tool.run(["view", "minimist@1.2.6", "version"], cwd=folder, timeout=60)
    except HauberkError as error:
        pytest.skip(f"no npm registry answers: {error}")
    return tool.path


def call(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def again(folder: Path, index: Index) -> None:
    """A second run finds nothing to do."""
    fixes = fix([folder], index=index, root=folder)
    assert (fixes.status, fixes.changed) == (0, ())


def test_requirements_with_hashes(tmp_path: Path, index: Index, uv: str) -> None:
    (tmp_path / "in.txt").write_text("idna==2.8\nmarkupsafe==2.0.1\n")
    locked = call(uv, "pip", "compile", "in.txt", "--generate-hashes", "--no-header", cwd=tmp_path)
    (tmp_path / "in.txt").unlink()
    path = tmp_path / "requirements.txt"
    path.write_text("# by hand\n" + locked)
    before = locked.partition("markupsafe==")[2]
    assert fix([path], index=index, root=tmp_path).status == 0
    text = path.read_text()
    assert text.startswith("# by hand\nidna==3.7 \\\n    --hash=sha256:")
    assert text.partition("markupsafe==")[2] == before
    # The same hashes as those of a lock made anew: an installer that checks them accepts the file.
    (tmp_path / "again.in").write_text("idna==3.7\nmarkupsafe==2.0.1\n")
    assert call(
        uv, "pip", "compile", "again.in", "--generate-hashes", "--no-header", "--no-annotate", cwd=tmp_path
    ) == ("".join(line + "\n" for line in text.splitlines() if "#" not in line))
    again(tmp_path, index)


def test_requirements_that_need_others_to_move(tmp_path: Path, index: Index, uv: str) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("requests==2.22.0  # wants idna<2.9\nidna==2.8\n")
    fixes = fix([path], index=index, root=tmp_path)
    assert fixes.status == 0
    moved = {one.package: one.advisories for one in fixes.changed}
    assert moved == {"idna": ("PY-1",), "requests": ()}
    call(uv, "pip", "compile", "requirements.txt", cwd=tmp_path)
    again(tmp_path, index)


def test_uv_lock(tmp_path: Path, index: Index, uv: str) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["idna==2.8", "markupsafe"]\n'
    )
    call(uv, "lock", cwd=tmp_path)
    fixes = fix([tmp_path], index=index, root=tmp_path)
    assert fixes.status == 0, fixes
    assert [(one.package, one.after) for one in fixes.changed] == [("idna", ("3.7",))]
    assert '"idna==3.7"' in (tmp_path / "pyproject.toml").read_text()
    call(uv, "lock", "--check", cwd=tmp_path)
    again(tmp_path, index)


def test_npm_direct_and_transitive(tmp_path: Path, index: Index, npm: str) -> None:
    # mkdirp 0.5.5 asks for minimist ^1.2.5, debug 2.2.0 for exactly ms 0.7.1
    (tmp_path / "package.json").write_text(
        '{"name": "x", "version": "1.0.0",'
        ' "dependencies": {"minimist": "1.2.5", "mkdirp": "0.5.5", "debug": "2.2.0"}}\n'
    )
    call(npm, "install", "--package-lock-only", "--ignore-scripts", cwd=tmp_path)
    fixes = fix([tmp_path], index=index, root=tmp_path)
    assert fixes.status == 0, fixes
    manifest = json.loads((tmp_path / "package.json").read_text())
    assert manifest["dependencies"]["minimist"] == "1.2.6"
    assert manifest["overrides"] == {"ms@0.7.1": "2.0.0"}
    locked = json.loads((tmp_path / "package-lock.json").read_text())["packages"]
    assert locked["node_modules/minimist"]["version"] == "1.2.6"
    assert locked["node_modules/ms"]["version"] == "2.0.0"
    call(npm, "ci", "--dry-run", "--ignore-scripts", cwd=tmp_path)
    call(npm, "ls", "--all", "--package-lock-only", cwd=tmp_path)
    again(tmp_path, index)


def test_npm_stays_at_the_smallest_within_a_range(tmp_path: Path, index: Index, npm: str) -> None:
    (tmp_path / "package.json").write_text('{"name": "x", "version": "1.0.0", "dependencies": {"mkdirp": "0.5.5"}}\n')
    call(npm, "install", "--package-lock-only", "--ignore-scripts", cwd=tmp_path)
    lock = tmp_path / "package-lock.json"
    document = json.loads(lock.read_text())
    document["packages"]["node_modules/minimist"] = {"version": "1.2.5"}
    lock.write_text(json.dumps(document, indent=2))
    fixes = fix([tmp_path], index=index, root=tmp_path)
    assert fixes.status == 0, fixes
    assert [(one.package, one.after) for one in fixes.changed] == [("minimist", ("1.2.6",))]
    assert "overrides" not in (tmp_path / "package.json").read_text()


@pytest.mark.parametrize(
    ("tool", "manifest", "lock"),
    [
        (
            "poetry",
            '[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = ">=3.11,<4"\nidna = "2.8"\n',
            "poetry.lock",
        ),
        ("pdm", '[project]\nrequires-python = ">=3.11"\ndependencies = ["idna==2.8"]\n', "pdm.lock"),
    ],
)
def test_tools_that_may_be_there(tmp_path: Path, index: Index, uv: str, tool: str, manifest: str, lock: str) -> None:
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed")
    (tmp_path / "pyproject.toml").write_text(manifest)
    if subprocess.run([path, "lock"], cwd=tmp_path, capture_output=True, check=False).returncode:
        pytest.skip(f"{tool} itself cannot lock here")
    fixes = fix([tmp_path / lock], index=index, root=tmp_path)
    assert fixes.status == 0, fixes
    assert [(one.package, one.after) for one in fixes.changed] == [("idna", ("3.7",))]
    again(tmp_path / lock, index)
