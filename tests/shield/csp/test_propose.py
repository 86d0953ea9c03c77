"""From violations to a policy: what is allowed, what never is, and what is said of it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk import CSP, NONCE, Policy
from hauberk.shield.csp.propose import Inline, propose
from hauberk.shield.csp.reading import read
from hauberk.shield.csp.table import Entry
from hauberk.shield.csp.writing import as_python, as_toml, difference
from hauberk.wire import csp_terms as terms

PAGE = "https://shop.example/"
NEVER = {"'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:", "filesystem:"}


def entry(directive: str, blocked: str, **more: Any) -> Entry:
    given: dict[str, Any] = {"count": 1, "pages": [PAGE]} | more
    return Entry(directive=directive, blocked=blocked, **given)


@pytest.mark.parametrize(
    ("directive", "blocked", "inline", "name", "source"),
    [
        ("img-src", "self", "nonce", "img-src", "'self'"),
        ("img-src", "https://img.example", "nonce", "img-src", "https://img.example"),
        ("img-src", "data", "nonce", "img-src", "data:"),
        ("worker-src", "blob", "nonce", "worker-src", "blob:"),
        ("script-src-elem", "https://cdn.example:8443", "nonce", "script-src", "https://cdn.example:8443"),
        ("style-src-elem", "self", "nonce", "style-src", "'self'"),
        ("script-src-elem", "inline", "nonce", "script-src", NONCE),
        ("script-src-elem", "inline", "hash", "script-src", CSP.hash_of("go()")),
        ("style-src-elem", "inline", "nonce", "style-src", NONCE),
        ("style-src-attr", "inline", "hash", "style-src-attr", CSP.hash_of("go()")),
        ("connect-src", "wss://live.example", "nonce", "connect-src", "wss://live.example"),
        ("frame-src", "https://pay.example", "nonce", "frame-src", "https://pay.example"),
        ("base-uri", "self", "nonce", "base-uri", "'self'"),
        ("form-action", "https://pay.example", "nonce", "form-action", "https://pay.example"),
        ("script-src", "wasm-eval", "nonce", "script-src", "'wasm-unsafe-eval'"),
    ],
)
def test_allowed(directive: str, blocked: str, inline: Inline, name: str, source: str) -> None:
    made = propose([entry(directive, blocked, hash=CSP.hash_of("go()"))], inline=inline)
    assert source in made.policy.directives(nonced=True)[name]
    assert made.left_out == ()
    assert [r.count for r in made.reasons if (r.directive, r.source) == (name, source)] == [1]


@pytest.mark.parametrize(
    ("directive", "blocked", "why"),
    [
        ("script-src", "eval", "unsafe-eval"),
        ("script-src-attr", "inline", "addEventListener"),
        ("style-src-attr", "inline", "class"),
        ("script-src-elem", "data", "write that too"),
        ("script-src-elem", "blob", "write that too"),
        ("frame-src", "data", "write that too"),
        ("object-src", "https://plug.example", "plug-ins"),
        ("base-uri", "https://evil.example", "base elsewhere"),
        ("default-src", "https://a.example", "too old"),
        ("require-trusted-types-for", "trusted-types-sink", "no directive that takes sources"),
        ("prefetch-src", "https://a.example", "no directive that takes sources"),
        ("img-src", "filesystem", "names no address"),
        ("img-src", "", "names no address"),
    ],
)
def test_left_out_and_said(directive: str, blocked: str, why: str) -> None:
    made = propose([entry(directive, blocked)])
    (left,) = made.left_out
    assert why in left.why
    assert made.policy == propose([]).policy


def test_what_is_seldom_or_from_one_client_can_be_left_out() -> None:
    entries = [entry("img-src", "https://a.example", count=1, senders=1), entry("img-src", "self", count=9, senders=4)]
    for options in ({"min_count": 2}, {"min_senders": 2}):
        made = propose(entries, **options)  # type: ignore[arg-type]
        assert made.policy.img_src == ("'self'",)
        assert len(made.left_out) == 1


blocked = (
    st.sampled_from(
        [
            "self",
            "inline",
            "eval",
            "data",
            "blob",
            "wasm-eval",
            "",
            "https://a.example",
            "https://*",
            "https://*.a.example",
        ]
    )
    | st.text()
)
entries = st.builds(
    lambda d, b, h: Entry.from_record({"directive": d, "blocked": b, "hash": h, "pages": [PAGE]}),
    st.sampled_from(sorted(terms.KNOWN)) | st.text(min_size=1),
    blocked | st.text(min_size=1).map("https://".__add__),
    st.sampled_from(["", CSP.hash_of("x")]),
)


@given(st.lists(entries.filter(lambda e: e is not None)), st.sampled_from(["nonce", "hash"]))
def test_whatever_is_reported_the_proposal_is_a_policy_and_never_loose(found: list[Entry], inline: Inline) -> None:
    made = propose(found, inline=inline)
    for nonced in (True, False):
        for sources in made.policy.directives(nonced=nonced).values():
            assert not NEVER & set(sources)
            assert not any("*" in source for source in sources)
    assert made.policy.default_src == ("'none'",)


def test_hash_sources_of_a_file_are_not_believed() -> None:
    """A file can be edited, and a made-up hash would be the attacker's script."""
    made = Entry.from_record({"directive": "script-src-elem", "blocked": "inline", "hash": "'unsafe-inline'"})
    assert made is not None
    assert made.hash == ""


def test_every_way_of_writing_it_is_the_same_policy(tmp_path: Path) -> None:
    found = [entry("img-src", "https://img.example"), entry("script-src-elem", "inline"), entry("img-src", "self")]
    policy = propose(found).policy
    assert eval(as_python(policy), {"CSP": CSP, "NONCE": NONCE}) == policy
    file = tmp_path / "pyproject.toml"
    file.write_text(as_toml(policy))
    assert tomllib.loads(file.read_text())["tool"]["hauberk"]["csp"]["img_src"] == ["'self'", "https://img.example"]
    loaded = Policy.load(pyproject=file).csp
    assert loaded is not None
    for name in ("img-src", "script-src", "connect-src", "font-src", "worker-src", "style-src", "frame-ancestors"):
        known = policy.directives(nonced=True)
        deciding = terms.effective(known, name)
        assert deciding is not None
        assert loaded.directives(nonced=True)[name] == known[deciding], name


def test_what_changes() -> None:
    old = CSP.of(default_src=("'self'",), img_src=("'self'", "https://old.example"))
    new = CSP.of(default_src=("'self'",), img_src=("'self'",), font_src=("'self'",))
    assert difference(old, new) == ["+ font-src 'self'", "- img-src https://old.example"]
    assert difference(old, old) == []


RAW = {"document-uri": PAGE, "effective-directive": "img-src", "blocked-uri": "https://img.example/a.png"}


@pytest.mark.parametrize(
    ("text", "entries", "unreadable"),
    [
        (json.dumps({"csp-report": RAW}), 1, 0),
        (json.dumps({"csp-report": RAW}, indent=2), 1, 0),
        (json.dumps([{"type": "csp-violation", "body": {"documentURL": PAGE, "effectiveDirective": "img-src"}}]), 1, 0),
        ("\n".join([json.dumps({"csp-report": RAW})] * 3), 1, 0),
        ('{"directive": "img-src", "blocked": "self", "count": 3}\nnonsense\n[1]\n', 1, 2),
        ("", 0, 0),
        ("{}", 0, 1),
    ],
)
def test_files_of_every_kind(text: str, entries: int, unreadable: int) -> None:
    found = read(text)
    assert (len(found.entries), found.unreadable) == (entries, unreadable)


def test_extensions_in_a_file_are_counted_apart() -> None:
    noisy = {**RAW, "blocked-uri": "chrome-extension://abc/x.js"}
    found = read("\n".join(json.dumps({"csp-report": one}) for one in (RAW, noisy)))
    assert len(found.entries) == 1
    assert found.noise == {"an extension of the browser": 1}


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    read(text)
