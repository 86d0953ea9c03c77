"""The whole run, without a network: what it refuses, what it leaves, and how files are put in place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hauberk.audit.fix import Fixes, FixOptions, fix
from hauberk.audit.fix.state import downgrades
from hauberk.audit.fix.workspace import Workspace, replace_whole
from hauberk.audit.index import Index
from hauberk.core.errors import ConfigurationError, InputError, NothingToTestError

UvThat = Callable[[str], Path]
# What `uv pip compile` prints for the two files that this test writes; uv itself is not asked here.
ANSWERS = "cat <<'END'\nidna==3.7\nEND"


def run(folder: Path, index: Index, *, dry_run: bool = False) -> Fixes:
    return fix([folder], index=index, root=folder, dry_run=dry_run)


def test_nothing_vulnerable_asks_nobody(tmp_path: Path, index: Index, uv_that: UvThat) -> None:
    uv_that("exit 9")
    (tmp_path / "requirements.txt").write_text("idna==3.7\n")
    assert run(tmp_path, index).status == 0


def test_no_fix_is_told_with_its_reason(tmp_path: Path, index: Index, uv_that: UvThat) -> None:
    uv_that("exit 9")
    (tmp_path / "requirements.txt").write_text("abandoned==1.0\n")
    fixes = run(tmp_path, index)
    assert fixes.status == 1
    assert [(one.package, one.reason) for one in fixes.no_fix] == [
        ("abandoned", "PY-3 names no fixed version above 1.0")
    ]


def test_dry_run_shows_and_changes_nothing(tmp_path: Path, index: Index, uv_that: UvThat) -> None:
    uv_that(ANSWERS)
    path = tmp_path / "requirements.txt"
    path.write_text("idna==2.8  # old\n")
    fixes = run(tmp_path, index, dry_run=True)
    assert fixes.diff == (
        "--- a/requirements.txt", "+++ b/requirements.txt", "@@ -1 +1 @@", "-idna==2.8  # old", "+idna==3.7  # old",
    )  # fmt: skip
    assert path.read_text() == "idna==2.8  # old\n"
    assert fixes.status == 0
    assert sorted(os.listdir(tmp_path)) == ["requirements.txt"]


def test_the_file_is_replaced_with_its_rights(tmp_path: Path, index: Index, uv_that: UvThat) -> None:
    uv_that(ANSWERS)
    path = tmp_path / "requirements.txt"
    path.write_text("idna==2.8\n")
    path.chmod(0o640)
    (change,) = run(tmp_path, index).changed
    assert (change.before, change.after, change.advisories) == (("2.8",), ("3.7",), ("PY-1",))
    assert path.read_text() == "idna==3.7\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["requirements.txt"]


@pytest.mark.parametrize(
    ("script", "status", "says"),
    [
        ("echo 'No solution found: x needs idna<3' >&2; exit 1", 1, "x needs idna<3"),
        ("echo 'dns error' >&2; exit 2", 2, "uv failed: dns error"),
        ("printf '\\033[31mNo solution found\\033[0m\\n::error::x' >&2; exit 1", 1, "\\x1b[31m"),
        ("kill -9 $$", 2, "failed without a word"),
        ("echo 'idna==2.7'", 1, "would go down with idna 2.8 -> 2.7"),
        ("echo 'idna==3.6'", 1, "the resolver kept it"),
        ("true", 1, "the resolver kept it"),
    ],
)
def test_a_resolver_that_fails_leaves_the_file(
    tmp_path: Path, index: Index, uv_that: UvThat, script: str, status: int, says: str
) -> None:
    uv_that(script)
    path = tmp_path / "requirements.txt"
    path.write_text("idna==2.8\n")
    fixes = run(tmp_path, index)
    assert fixes.status == status
    told = [one.reason for one in fixes.left] + [one.problem for one in fixes.failed]
    assert says in " ".join(told)
    assert "\x1b" not in " ".join(told)
    if "3.6" not in script:
        assert path.read_text() == "idna==2.8\n"


def test_one_refusal_does_not_hold_back_the_others(tmp_path: Path, index: Index, uv_that: UvThat) -> None:
    uv_that("grep -q 'jinja2>=2.11.3' .hauberk-fix.in && { echo 'No solution found' >&2; exit 1; }; " + ANSWERS)
    (tmp_path / "requirements.txt").write_text("idna==2.8\njinja2==2.10\n")
    fixes = run(tmp_path, index)
    assert (tmp_path / "requirements.txt").read_text() == "idna==3.7\njinja2==2.10\n"
    assert [(one.package, one.safe) for one in fixes.left] == [("jinja2", "2.11.3")]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("requirements.txt", "idna==2.8\n", 'needs the package uv: pip install "hauberk[fix]"'),
        (
            "package-lock.json",
            '{"lockfileVersion": 1, "dependencies": {"minimist": {"version": "1.2.0"}}}',
            "npm is not",
        ),
        ("poetry.lock", '[[package]]\nname = "idna"\nversion = "2.8"\n[metadata]\n', "pipx install poetry"),
        ("pdm.lock", '[[package]]\nname = "idna"\nversion = "2.8"\n', "pipx install pdm"),
        ("Pipfile.lock", '{"_meta": {}, "default": {"idna": {"version": "==2.8", "index": "pypi"}}}', "pipenv is not"),
        ("yarn.lock", '# yarn lockfile v1\n\nminimist@^1.2.0:\n  version "1.2.0"\n', "npm install --global yarn"),
        (
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\n\npackages:\n\n  minimist@1.2.0:\n    resolution: {integrity: sha512-x}\n",
            "npm install --global pnpm",
        ),
    ],
)
def test_a_missing_tool_is_named_with_what_to_install(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch, name: str, content: str, says: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    monkeypatch.setitem(__import__("sys").modules, "uv", None)
    (tmp_path / name).write_text(content)
    fixes = run(tmp_path, index)
    assert fixes.status == 2
    assert says in fixes.failed[0].problem
    assert (tmp_path / name).read_text() == content


def test_a_format_that_nothing_rewrites_is_left_and_said(tmp_path: Path, index: Index) -> None:
    (tmp_path / "pylock.toml").write_text(
        'lock-version = "1.0"\n[[packages]]\nname = "idna"\nversion = "2.8"\nindex = "https://index.example/simple"\n'
    )
    fixes = run(tmp_path, index)
    assert (fixes.status, fixes.left[0].safe) == (1, "3.7")
    assert "let its own tool do it" in fixes.left[0].reason


def test_a_name_that_the_tool_does_not_find_is_refused(tmp_path: Path, index: Index) -> None:
    (tmp_path / "old.package-lock.json").write_text(
        '{"lockfileVersion": 1, "dependencies": {"minimist": {"version": "1.2.0"}}}'
    )
    assert "name it package-lock.json" in run(tmp_path, index).failed[0].problem


def test_a_broken_file_does_not_keep_the_others_from_being_mended(
    tmp_path: Path, index: Index, uv_that: UvThat
) -> None:
    uv_that(ANSWERS)
    (tmp_path / "requirements.txt").write_text("idna==2.8\n")
    (tmp_path / "poetry.lock").write_text("[[[")
    fixes = run(tmp_path, index)
    assert fixes.status == 2
    assert [one.file for one in fixes.failed] == ["poetry.lock"]
    assert (tmp_path / "requirements.txt").read_text() == "idna==3.7\n"


def test_a_project_without_a_lock_gets_its_lower_bounds_raised(tmp_path: Path, index: Index) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text('[project]\nname = "x"\ndependencies = ["idna>=2.8,<4", "flask"]  # ours\n')
    assert run(tmp_path, index).status == 0
    assert path.read_text() == '[project]\nname = "x"\ndependencies = ["idna>=3.7,<4", "flask"]  # ours\n'


def test_nothing_there_is_never_clean(tmp_path: Path, index: Index) -> None:
    with pytest.raises(NothingToTestError):
        run(tmp_path, index)
    with pytest.raises(InputError, match="does not exist"):
        run(tmp_path / "none", index)


def test_a_link_out_of_the_project_is_not_followed(tmp_path: Path, index: Index, uv_that: UvThat) -> None:
    uv_that(ANSWERS)
    outside = tmp_path / "outside.txt"
    outside.write_text("idna==2.8\n")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "requirements.txt").symlink_to(outside)
    assert run(tmp_path / "project", index).status == 2
    assert outside.read_text() == "idna==2.8\n"


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    one, two = tmp_path / "requirements.txt", tmp_path / "uv.lock"
    one.write_text("a\n")
    two.write_text("a\n")
    with Workspace() as space:
        for path in (one, two):
            space.take(path).write_text("b\n")
        two.write_text("someone else's\n")
        with pytest.raises(InputError, match="was changed while it was worked on"):
            space.commit()
    assert (one.read_text(), two.read_text()) == ("a\n", "someone else's\n")


def test_a_write_that_fails_puts_the_earlier_ones_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "a.txt", tmp_path / "b.txt"
    one.write_text("a\n")
    two.write_text("a\n")
    real = os.replace

    def full(source: str, target: Path) -> None:
        if target == two.resolve():
            raise OSError(28, "No space left on device")
        real(source, target)

    with Workspace() as space:
        for path in (one, two):
            space.take(path).write_text("b\n")
        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(InputError, match="No space left on device; nothing was changed"):
            space.commit()
    assert (one.read_text(), two.read_text()) == ("a\n", "a\n")
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b.txt"]


def test_an_interrupted_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        replace_whole(path, b"new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_copy_is_ours_alone_and_goes_away(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text("token")
    with Workspace() as space:
        space.take_around(tmp_path, tmp_path)
        folder = space.folder
        assert folder.stat().st_mode & 0o077 == 0
        assert space.of(tmp_path / ".npmrc").read_text() == "token"
    assert not folder.exists()


@pytest.mark.parametrize(
    ("before", "after", "down"),
    [
        ({"2.0"}, {"1.0"}, ["x 2.0 -> 1.0"]),
        ({"2.0"}, {"3.0"}, []),
        ({"2.0", "1.0"}, {"2.0"}, []),
        ({"2.0"}, {"2.0", "1.0"}, []),  # a further copy, which npm allows
        ({"1.0", "3.0"}, {"2.0"}, []),
        ({"2.0"}, set(), []),
    ],
)
def test_downgrades(before: set[str], after: set[str], down: list[str]) -> None:
    assert downgrades({("npm", "x"): frozenset(before)}, {("npm", "x"): frozenset(after)}) == down


def test_options_are_checked() -> None:
    with pytest.raises(ConfigurationError, match=r"write it as 3\.11"):
        FixOptions(python="three")
    assert FixOptions(python="3.9").python == "3.9"
