"""Lock files and advisories made to harm whoever reads them or their report."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk.audit import Index, audit
from hauberk.audit.readers import FORMATS, Manifest, detect, reader
from hauberk.audit.text import clean, enumerate_some, summary
from hauberk.core.errors import InputError

NASTY = "\x1b[2Jx\r\n::set-env name=A::b\x9b\u202e\u2028\x00<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("two\nlines\r", "two\\x0alines\\x0d"),
        ("::error::x", "\\::error::x"),
        ("  ##[group]x", "  \\##[group]x"),
        ("std::vector", "std::vector"),
        ("a\u202eb\u2066", "a\\u202eb\\u2066"),
        ("\ud800", "\\ud800"),
        ("x" * 300, "x" * 199 + "…"),
        ("ü ≤ 日本", "ü ≤ 日本"),
    ],
)
def test_clean(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=400))
def test_cleaned_text_is_one_printable_line(text: str) -> None:
    for shown in (clean(text), summary(text)):
        assert len(shown) <= 200
        assert len(shown.splitlines()) <= 1
        assert shown.isprintable()
        assert not shown.lstrip().startswith(("::", "##["))
        shown.encode()


def test_enumerations_are_bounded() -> None:
    assert enumerate_some(str(n) for n in range(12)) == "0, 1, 2, 3, 4 and 7 more"


def test_nothing_of_a_lock_file_or_advisory_reaches_a_report_raw(
    tmp_path: Path, make_index: Callable[..., Path], osv: Callable[..., dict[str, Any]]
) -> None:
    lock = {"lockfileVersion": 3, "packages": {
        "": {"name": NASTY, "dependencies": {NASTY: "1"}},
        f"node_modules/{NASTY}": {"version": "1.0.0"},
        "node_modules/b": {"version": f"1.0.0-{NASTY}"},
        "node_modules/g": {"version": "1.0.0", "resolved": f"git+{NASTY}"},
    }}  # fmt: skip
    records = [
        osv(NASTY, NASTY, "introduced:0 fixed:" + "2.0.0", ecosystem="npm", aliases=[NASTY], summary=NASTY),
        osv("X-2", "b", "introduced:0", ecosystem="npm"),
    ]
    name = "package-lock.json"
    (tmp_path / name).write_text(json.dumps(lock))
    with Index.open(make_index(records)) as index:
        result = audit([tmp_path / name], index=index, root=tmp_path)
    assert len(result.failures) == 1
    text = json.dumps([f.as_json() for f in result.findings] + list(result.gaps), ensure_ascii=False)
    lines = strings(json.loads(text))
    assert any("set-env" in line for line in lines)
    for line in lines:
        assert line.isprintable(), line
        assert not line.startswith("::")


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [s for member in value.values() for s in strings(member)]
    if isinstance(value, list):
        return [s for member in value for s in strings(member)]
    return [value] if isinstance(value, str) else []


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
HOSTILE = {
    "brackets": "[" * 500_000,
    "braces": "{" * 500_000,
    "json depth": '{"a":' * 500_000,
    "closed brackets": "[" * 100_000 + "]" * 100_000,
    "toml depth": "a = " + "[" * 250_000,
    "toml tables": "a = " + "{b = " * 200_000,
    "dotted key": "a." * 500_000 + "a = 1",
    "quoted key": "'a'." * 300_000 + "a = 1",
    "dotted table": "[" + "a." * 500_000 + "a]",
    "aliases": BOMB,
    "pnpm aliases": "lockfileVersion: '9.0'\n" + BOMB,
    "sequences": "- " * 250_000 + "x",
    "questions": "? " * 500_000 + "x",
    "indentation": "\n".join(" " * n + "a:" for n in range(3000)),
    "flow": "lockfileVersion: {" + "a: {" * 100_000,
    "one line": "x" * 1_500_000,
    "quotes": '"' * 250_000,
    "open quote": '"' + "a@1, " * 500_000,
    "backslashes": "\\" * 250_000,
    "continuations": "a\\\n" * 300_000,
    "spaces": "a" + " " * 500_000 + "b",
    "commas": "," * 250_000,
    "comments": "/*" * 500_000,
    "slashes": "/" * 250_000,
    "requirement": "a[" + "b," * 300_000,
    "clauses": "a" + "==1," * 200_000,
    "at signs": "@" * 250_000 + ":",
    "keys": "".join(f"a{n} :\n" for n in range(50_000)),
    "colons": "a:" * 500_000,
    "surrogates": "\ud800" * 1000,
    "controls": "\x00\x01\x1b" * 1000,
}


@pytest.mark.parametrize("kind", sorted(FORMATS))
@pytest.mark.parametrize("case", sorted(HOSTILE))
def test_hostile_text_is_read_or_refused_in_bounded_time(kind: str, case: str) -> None:
    before = time.process_time()
    error = None
    try:
        reader(kind)(HOSTILE[case], "the file")
    except InputError as refused:
        error = str(refused)
    assert error is None or (error.isprintable() and len(error) < 800)
    assert time.process_time() - before < 5, "not linear"


@pytest.mark.parametrize("case", sorted(HOSTILE))
def test_detection_takes_bounded_time(case: str) -> None:
    before = time.process_time()
    detect("some file", HOSTILE[case])
    assert time.process_time() - before < 2


def test_many_marks_do_not_make_detection_quadratic() -> None:
    before = time.process_time()
    for line in (
        "lock-version = 1\n",
        '"workspaces": {"": {} \n"packages": {\n',
        "package:\n",
        "[metadata]\n",
        "dependencies:\n",
    ):
        detect("some file", line * 100_000)
    assert time.process_time() - before < 5


words = st.sampled_from(
    ["a", "@s/p", "==1.0", "\t", "=", "@", "/", "node_modules/a", "null", "1", "true", "\ufeff", "é", "\x00",
     "-r x", "&a", "*a", "|", "?", "1.0.0", "npm:", "version", "resolution", ":", " ", "\n", "  ",
     "- ", '"', "'", "{", "}", "[", "]", ",",
     "[[package]]\n", "name = 'a'\n", "packages", "lockfileVersion: '9.0'\n", "__metadata:\n", "#", "\\"]
)  # fmt: skip
json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["1.0.0", "npm:a@1", "a@1.0.0"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["", "packages", "package", "dependencies", "default", "_meta", "lockfileVersion",
                         "node_modules/a", "version",
                         "resolved", "link", "name", "purl", "components", "bomFormat", "metadata", "workspaces",
                         "a", "source", "dev"]),
        inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(FORMATS)), st.text(max_size=200) | st.lists(words, max_size=40).map("".join))
def test_any_text_gives_a_manifest_or_our_own_error(kind: str, text: str) -> None:
    try:
        found: object = reader(kind)(text, "the file")
    except InputError as refused:
        found = refused
    assert isinstance(found, (Manifest, InputError))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["package-lock", "pipfile-lock", "bun", "cyclonedx", "conda-lock",
                       "environment", "pnpm", "yarn-berry"]),
       json_values, st.booleans())  # fmt: skip
def test_any_json_gives_a_manifest_or_our_own_error(kind: str, value: Any, known: bool) -> None:
    if known and isinstance(value, dict):
        value = {"lockfileVersion": 3, "bomFormat": "CycloneDX", "__metadata": {}} | value
    try:
        manifest = reader(kind)(json.dumps(value), "the file")
    except InputError:
        return
    for package in manifest.packages:
        assert isinstance(package.name, str)
        assert isinstance(package.version, str)
        assert package.version
