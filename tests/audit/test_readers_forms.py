"""Forms that older and newer versions of the tools write."""

from __future__ import annotations

import json

import pytest

from hauberk.audit.readers import reader
from hauberk.core.errors import InputError

SHRINKWRAP = {"name": "x", "version": "1.0.0", "dependencies": {"a": {"version": "1.0.0", "from": "a@1"}}}

READ = [
    ("pnpm 6, a registry that is not the default", "pnpm",
     "lockfileVersion: '6.1'\npackages:\n  npm.example/@s/p@1.0.0:\n    resolution: {integrity: x}\n"
     "  npm.example/q@2.0.0(react@18.0.0):\n    resolution: {integrity: x}\n"
     "  git.example/o/r/abcdef:\n    resolution: {tarball: https://git.example/o/r/tar.gz/abcdef}\n",
     ["@s/p@1.0.0", "q@2.0.0"], ["git.example/o/r/abcdef url"]),
    ("pnpm before its lock files had a version", "pnpm",
     "shrinkwrapVersion: 3\npackages:\n  /a/1.0.0:\n    resolution:\n      integrity: x\n", ["a@1.0.0"], []),
    ("npm before its lock files had a version", "package-lock", json.dumps(SHRINKWRAP), ["a@1.0.0"], []),
    ("uv before packages were called so", "uv",
     'version = 1\n[[distribution]]\nname = "a"\nversion = "1.0"\nsource = "registry+https://index.example/simple"\n',
     ["a@1.0"], []),
    ("pipenv, a mere version", "pipfile-lock", '{"_meta": {}, "default": {"a": "==1.0", "b": "*"}, "develop": {}}',
     ["a@1.0"], ["b unpinned"]),
    ("pylock without a version", "pylock",
     'lock-version = "1.0"\n[[packages]]\nname = "a"\nwheels = [{ name = "a-2.0-py3-none-any.whl" }]\n'
     '[[packages]]\nname = "b"\nsdist = { name = "b-1.tar.gz" }\n[[packages]]\nname = "c"\nversion = "3"\n',
     ["a@2.0", "c@3"], ["b other"]),
    ("poetry 1.0", "poetry",
     '[[package]]\ncategory = "dev"\nname = "a"\nversion = "1.0"\n\n[metadata]\ncontent-hash = "x"\n\n'
     '[metadata.files]\na = [\n    {file = "a-1.0.tar.gz", hash = "sha256:x"},\n]\n', ["a@1.0"], []),
    ("carriage returns", "poetry", '[[package]]\r\nname = "a"\r\nversion = "1.0"\r\n', ["a@1.0"], []),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "packages", "left"), [r[1:] for r in READ], ids=[r[0] for r in READ])
def test_read(kind: str, text: str, packages: list[str], left: list[str]) -> None:
    found = reader(kind)(text, "the file")
    assert [f"{one.name}@{one.version}" for one in found.packages] == packages
    assert [f"{one.what} {one.why}" for one in found.not_judged] == left


def test_a_lock_without_its_list_is_no_empty_one() -> None:
    with pytest.raises(InputError, match="packages"):
        reader("pylock")('lock-version = "1.0"\n', "pylock.toml")
    with pytest.raises(InputError, match="lockfileVersion"):
        reader("package-lock")('{"name": "x"}', "package-lock.json")
