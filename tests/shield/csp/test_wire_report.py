"""Violation reports as they come over the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk import CSP
from hauberk.shield.csp.noise import noise
from hauberk.shield.csp.table import Entry, Table
from hauberk.wire.csp_report import LONGEST, MOST, ReportError, Violation, address, origin, parse, text

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
FIELDS = (
    "document-uri effective-directive violated-directive blocked-uri source-file line-number script-sample type body "
    "csp-report documentURL effectiveDirective blockedURL sourceFile lineNumber sample disposition url"
).split()
bodies = st.dictionaries(st.sampled_from(FIELDS), json_values | st.text())


@given(
    st.binary()
    | bodies.map(lambda b: json.dumps({"csp-report": b}).encode())
    | bodies.map(lambda b: json.dumps([{"type": "csp-violation", "body": b}]).encode())
)
def test_any_bytes_give_violations_or_our_own_error(body: bytes) -> None:
    try:
        found = parse(body)
    except ReportError:
        return
    for violation in found:
        for value in (violation.document, violation.blocked, violation.source, violation.sample, violation.directive):
            assert value.isprintable()
            assert len(value) <= LONGEST + 8
        assert not {"?", "#", "@"} & set(origin(violation.document))
        noise(violation)
        entry = Entry.of(violation)
        again = Entry.from_record(json.loads(json.dumps(entry.record())))
        assert again is not None
        assert (again.directive, again.count, again.report_only) == (entry.directive, 1, entry.report_only)


@given(st.text())
def test_addresses_lose_what_may_be_secret_and_stay_as_they_are_then(url: str) -> None:
    once = address(text(url))
    assert "?" not in once
    assert "#" not in once
    assert address(once) == once


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://user:pass@Shop.Example:8443/a/b?token=1#x", "https://shop.example:8443/a/b"),
        ("https://[2001:db8::1]:443/a", "https://[2001:db8::1]:443/a"),
        ("inline", "inline"),
        ("data", "data"),
        ("data:image/png;base64,AAAA", "data"),
        ("blob", "blob"),
        ("trusted-types-sink", "trusted-types-sink"),
        ("", ""),
        ("https://shop.example:99999/", ""),
        ("<script>", ""),
    ],
)
def test_addresses(url: str, kept: str) -> None:
    assert address(url) == kept


def report(**fields: Any) -> bytes:
    base = {"document-uri": "https://shop.example/", "effective-directive": "img-src", "blocked-uri": "inline"}
    return json.dumps({"csp-report": base | {k.replace("_", "-"): v for k, v in fields.items()}}).encode()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"effective_directive": "", "violated_directive": "script-src 'self' a.example"}, {"directive": "script-src"}),
        ({"effective_directive": "Script-Src-Elem"}, {"directive": "script-src-elem"}),
        ({"disposition": "report"}, {"report_only": True}),
        ({"disposition": "enforce"}, {"report_only": False}),
        ({"line_number": 7, "column_number": -1}, {"line": 7, "column": 0}),
        ({"line_number": True, "column_number": "7"}, {"line": 0, "column": 0}),
        ({"script_sample": "go()"}, {"sample": "go()", "hash": CSP.hash_of("go()")}),
        ({"script_sample": "x" * 40}, {"sample": "x" * 40, "hash": ""}),
        ({"script_sample": "\n go()\n"}, {"sample": "go()", "hash": CSP.hash_of("\n go()\n")}),
    ],
)
def test_fields(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    (found,) = parse(report(**fields))
    assert {name: getattr(found, name) for name in expected} == expected


def test_no_list_is_read_without_end() -> None:
    one = {"type": "csp-violation", "body": {"documentURL": "https://shop.example/", "effectiveDirective": "img-src"}}
    assert len(parse(json.dumps([one] * (MOST * 3)).encode())) == MOST


def test_a_table_keeps_no_address_of_clients() -> None:
    table = Table(10)
    violation = Violation(document="https://shop.example/", directive="img-src", blocked="https://a.example/x")
    for sender in ("192.0.2.1", "192.0.2.2", "192.0.2.1"):
        entry = table.add(violation, sender)
    assert entry is not None
    assert (entry.count, entry.senders) == (3, 2)
    assert "192.0.2" not in repr(vars(table))
