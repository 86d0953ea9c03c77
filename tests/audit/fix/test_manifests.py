"""pyproject.toml, Poetry's tables, package.json and yarn.lock: the texts, without any tool."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from hauberk.audit.fix import floors, poetry_requirements
from hauberk.audit.fix.choosing import Upgrade
from hauberk.audit.fix.package_json import PackageJson
from hauberk.audit.fix.stanzas import descriptors, forget
from hauberk.core.errors import InputError


def up(name: str, version: str, to: str) -> Upgrade:
    ecosystem = "PyPI" if name == "idna" else "npm"
    return Upgrade(ecosystem=ecosystem, name=name, version=version, candidates=(to,), advisories=("X-1",))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("idna>=2.8", "idna>=3.7"),
        ("idna==2.8", "idna==3.7"),
        ("idna[all]~=2.8", "idna[all]~=3.7"),
        ("idna>=2.8,<3", "idna>=3.7"),
        ("idna>=2.8,<4", "idna>=3.7,<4"),
        ("idna (>=2.8)", "idna>=3.7"),
        ("idna>=2.8 ; python_version > '3'", "idna>=3.7 ; python_version > '3'"),
        ("idna!=3.0,>=2.8", "idna>=3.7,!=3.0"),
    ],
)
def test_a_lower_bound_goes_up(before: str, after: str) -> None:
    assert floors.raised(before, Requirement(before), "3.7") == after


def test_a_manifest_is_changed_only_where_it_excludes_what_is_safe(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    text = '[project]\nname = "x"\ndependencies = [\n  "idna{}",  # kept\n]\n'
    for bound, same in ((">=2.8", True), ("", True), ("<3", False), ("==2.8", False)):
        path.write_text(text.format(bound))
        assert floors.admit(path, [up("idna", "2.8", "3.7")]) is not same
        assert "# kept" in path.read_text()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('idna = "^2.8"', 'idna = "^3.7"'),
        ('idna = "~2.8"', 'idna = "~3.7"'),
        ('idna = "2.8"', 'idna = "3.7"'),
        ('idna = {extras = ["all"], version = "^2.8"}', 'idna = {extras = ["all"], version = "^3.7"}'),
        ('idna = "^3.1"', 'idna = "^3.1"'),
        ('idna = "*"', 'idna = "*"'),
        ('idna = ">=2.8,<3"', 'idna = ">=3.7"'),
    ],
)
def test_poetry_tables(before: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    frame = '[tool.other]\nidna = "^2.8"\n[tool.poetry.dependencies]\n{}\n[tool.x]\nidna = "^2.8"\n'
    path.write_text(frame.format(before))
    poetry_requirements.admit(path, [up("idna", "2.8", "3.7")])
    assert path.read_text() == frame.format(after)


@pytest.mark.parametrize(
    ("constraint", "version", "admitted"),
    [
        ("^1.2", "1.9", True), ("^1.2", "2.0", False), ("^0.2", "0.3", False), ("^0.0.3", "0.0.4", False),
        ("~1.2", "1.2.9", True), ("~1.2", "1.3", False), ("~1", "1.9", True), ("1.2 || ^2", "2.5", True),
        (">=1,<2", "2.0", False), ("*", "9", True), ("1.*", "1.4", True),
    ],
)  # fmt: skip
def test_poetry_constraints(constraint: str, version: str, admitted: bool) -> None:
    assert poetry_requirements.admits(constraint, version) is admitted


def test_package_json_keeps_signs_order_and_indentation(tmp_path: Path) -> None:
    path = tmp_path / "package.json"
    path.write_text(
        '{\n    "z": 1,\n    "dependencies": {"minimist": "~1.2.0", "ms": "1.0.0", "own": "file:../own"}\n}\n'
    )
    manifest = PackageJson(path, "package-lock.json")
    manifest.demand([up("minimist", "1.2.0", "1.2.6"), up("ms", "1.0.0", "2.0.0")], exactly=True)
    manifest.demand([up("minimist", "1.2.0", "1.2.6"), up("ms", "1.0.0", "2.0.0")], exactly=False)
    manifest.override("overrides", {"a@1.0.0": "1.1.0"})
    manifest.override("overrides", {})
    assert json.loads(path.read_text())["dependencies"] == {
        "minimist": "~1.2.6", "ms": "2.0.0", "own": "file:../own"
    }  # fmt: skip
    assert path.read_text().startswith('{\n    "z": 1,\n    "dependencies"')
    assert "overrides" not in path.read_text()
    assert not manifest.asks_for("own")


def test_a_lock_without_its_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no package\.json beside it"):
        PackageJson(tmp_path / "package.json", "package-lock.json")


CLASSIC = """# yarn lockfile v1


minimist@^1.2.0, "minimist@~1.2.1":
  version "1.2.5"
  resolved "x"

ms@2.1.2:
  version "2.1.2"
"""
BERRY = """__metadata:
  version: 6

"minimist@npm:^1.2.0, minimist@npm:~1.2.1":
  version: 1.2.5
  resolution: "minimist@npm:1.2.5"

"ms@npm:2.1.2":
  version: 2.1.2
"""


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        (CLASSIC, ["minimist@^1.2.0", "minimist@~1.2.1"]),
        (BERRY, ["minimist@npm:^1.2.0", "minimist@npm:~1.2.1"]),
    ],
)
def test_entries_of_yarn(text: str, asks: list[str]) -> None:
    gone = up("minimist", "1.2.5", "1.2.6")
    assert descriptors(text, gone) == asks
    assert forget(text, [up("minimist", "1.2.4", "1.2.6")]) == text
    left = forget(text, [gone])
    assert "minimist" not in left
    assert left.splitlines()[0] == text.splitlines()[0]
    assert "ms@" in left
