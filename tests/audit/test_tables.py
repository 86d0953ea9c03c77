"""Reading TOML by statements: the same as the TOML parser says, or left to it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.audit.readers.tables import load_tables
from hauberk.core.errors import InputError

READ = [
    'version = 1\nrequires-python = ">=3.9"\n',
    '[[package]]\nname = "a"\nversion = "1.0"\nsource = { registry = "https://index.example/simple" }\n',
    '[[package]]\nname = "a"\n\n[[package]]\nname = "b"\n\n[package.dependencies]\nc = "*"\n\n[metadata]\nx = true\n',
    '[[package]]\ndependencies = [\n    { name = "b" },\n    { name = "c", marker = "os_name == \'nt\'" },\n]\n',
    '[package.extras]\nall = ["x (>=1)", "y"]\nempty = []\n',
    'markers = "python_version < \\"3.8\\" and \\"\\\\\\\\\\""\n',
    'groups = ["main", "dev"]\noptional = false\nsize = 12\nzero = 0\n',
    '"quoted key" = "x"\n\n# a comment\nplain = "y" # another\n',
    "[a.b]\nx = 1\n[a.c]\ny = 2\n[[a.d]]\nz = 3\n[[a.d]]\nz = 4\n[a.d.e]\n",
    "last = 1",
    "\ufefffirst = 1\n",
    "",
]
LEFT = [
    'a.b = "dotted"\n',
    'a = """\nseveral\n"""\n',
    "a = 'literal'\n",
    'a = "\\u00e9"\n',
    "a = 1.5\n",
    "a = 1979-05-27T07:32:00Z\n",
    "a = [[1], [2]]\n",
    'a = "x"\r\nb = "y"\r\n',
    '["quoted header"]\n',
    "[a]\n[a.b]\n[b.c]\n[b]\n",
    'a = { "quoted" = 1 }\n',
    "a = [1] # x\nb = [ # inner\n1]\n",
    " indented = 1\n",
]
WRONG = [
    'a = "x"\na = "y"\n',
    "[a]\n[a]\n",
    "a = []\n[[a]]\n",
    'a = { b = "x" }\n[a.c]\n',
    "a = { b = 1, b = 2 }\n",
    "a = { b = 1, }\n",
    "a = [1 2]\n",
    "a = [,]\n",
    'a = "x" b = "y"\n',
    "[[a]]\n[a]\n",
    "a = 01\n",
    'a = "\x00"\n',
    "a =\n",
]


@pytest.mark.parametrize("text", READ)
def test_read_by_statements(text: str) -> None:
    found = load_tables(text, "x.lock")
    assert found.document == tomllib.loads(text.removeprefix("\ufeff"))
    assert found.headers is not None


@pytest.mark.parametrize("text", LEFT)
def test_left_to_the_parser(text: str) -> None:
    found = load_tables(text, "x.lock")
    assert found.headers is None
    assert found.document == tomllib.loads(text)


@pytest.mark.parametrize("text", WRONG)
def test_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"x\.lock"):
        load_tables(text, "x.lock")


def test_lines_of_headers() -> None:
    text = 'version = 1\n\n[[package]]\nname = "a"\n# [[package]]\n\n[[package]]\nname = "b"\n'
    assert load_tables(text, "x.lock").lines("package", 2) == [3, 7]
    assert load_tables(text, "x.lock").lines("package", 3) == [None, None, None]
    assert load_tables(text + "a.b = 1\n", "x.lock").lines("package", 2) == [3, 7]


def test_what_is_passed_over_hides_nothing() -> None:
    text = (
        '[[package]]\nname = "a"\nfiles = [\n    {file = "a.whl", hash = "sha256:]"},\n]\n'
        'wheels = { url = "}", hashes = { sha256 = "[" } }\n\n[[package]]\nname = "b"\nfiles = []\n'
        '\n[metadata.files]\n"a 1.0" = [\n    {file = "x"},\n]\nb = []\n\n[[package]]\nname = "c"\n'
    )
    found = load_tables(text, "x.lock", skip=("files", "wheels"))
    assert [one["name"] for one in found.document["package"]] == ["a", "b", "c"]
    assert found.headers is not None
    assert found.document["package"][0] == {"name": "a"}


LINES = st.sampled_from(
    [
        "[[package]]", "[package.x]", "[metadata.files]", " [[package]]", 'name = "a"', 'version = "1"', "files = [",
        '    {file = "x", hash = "y"},', "]", "files = []", "files = {", "}", "files = { a = 1 }", 'b = "]"', 'c = "',
        '"', "[", "x = [", '    "y",', "# c", "", "[metadata]", 'files = "z"', "files.a = 1", "files = [ # [", "'''",
        '"""', "x = '''", "y = { z = [1, 2] }",
    ]
)  # fmt: skip


@given(st.lists(LINES, max_size=14).map("\n".join))
def test_never_something_else(text: str) -> None:
    try:
        expected: dict[str, Any] | None = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        expected = None
    try:
        found = load_tables(text, "x.lock").document
    except InputError:
        assert expected is None
    else:
        assert found == expected
    if expected is not None:
        assert _kept(load_tables(text, "x.lock", skip=("files",)).document) == _kept(expected)


def _kept(found: Any) -> Any:
    """Everything but what is passed over, and `metadata`, which is empty without it."""
    if isinstance(found, list):
        return [_kept(item) for item in found]
    if isinstance(found, dict):
        passed = {k for k, v in found.items() if k == "metadata" or (k == "files" and isinstance(v, list | dict))}
        return {k: _kept(v) for k, v in found.items() if k not in passed}
    return found
