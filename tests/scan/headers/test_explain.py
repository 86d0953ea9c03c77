"""Every field in a sentence: what it says, and what it says of values that browsers do not know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.scan import Response
from hauberk.scan.headers.explain import SPECIAL, explain, one
from hauberk.scan.headers.explain_plain import OBSOLETE, PLAIN


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("cache-control", "no-store", "Nobody may keep this answer."),
        ("cache-control", "public, max-age=3600", "Everybody may keep this answer, shared caches too."),
        ("age", "90", "A cache has had this copy for 1.5 minutes."),
        ("vary", "Cookie", "On which request fields the answer depends: caches keep one answer for each value."),
        (
            "accept-ranges",
            "bytes",
            "Whether a download may be resumed or fetched in parts: `bytes` says yes, `none` no.",
        ),
        (
            "etag",
            'W/"a"',
            "A mark of this version, by which a browser asks later whether it is still the same; a weak one.",
        ),
        ("server", "uvicorn", "It tells everybody which software answers."),
        ("server", "nginx/1.25.1", "It tells everybody which software answers, and which version."),
        ("x-frame-options", "deny", "Nobody may show the page in a frame."),
        ("x-content-type-options", "nosniff", "Browsers believe the Content-Type and guess nothing."),
        (
            "cross-origin-opener-policy",
            "same-origin",
            "Windows of other sites get no handle on ours, and ours none on theirs.",
        ),
        (
            "cross-origin-opener-policy-report-only",
            "unsafe-none",
            "Only reported, not enforced: windows of other sites keep their handle on ours.",
        ),
        ("referrer-policy", "unsafe-url, no-referrer", "Nobody is told where a visitor comes from."),
        ("clear-site-data", '"cache","cookies"', "The browser forgets cache, cookies of this site."),
        ("access-control-allow-origin", "*", "Every site may read the answer, without credentials."),
        ("strict-transport-security", "max-age=0", "Browsers forget that they were to come by https."),
        ("expires", "0", "The copy is stale at once."),
        ("content-type", "text/html", "The body is text/html; in which charset is not said."),
    ],
)
def test_sentences(name: str, value: str, words: str) -> None:
    found = one(name, value)
    assert found.sentence == words
    assert found.known
    assert not found.problem


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("x-frame-options", "ALLOW-FROM https://a.example", "no value that browsers know"),
        ("strict-transport-security", "includeSubDomains", "no max-age"),
        ("strict-transport-security", "max-age=1, max-age=2", "no max-age"),
        ("permissions-policy", "camera 'none'", "cannot be read"),
        ("reporting-endpoints", "csp=/reports", "cannot be read"),
        ("feature-policy", "camera 'none'", "does nothing"),
        ("x-xss-protection", "1; mode=block", "no value that browsers know"),
        ("clear-site-data", "cookies", "double quotes"),
        ("cross-origin-embedder-policy", "REQUIRE-CORP", "no value that browsers know"),
        ("set-cookie", "__Host-a=b; Secure", "__Host- asks for Secure, Path=/ and no Domain"),
        ("set-cookie", "a=b; SameSite=None", "SameSite=None asks for Secure"),
    ],
)
def test_problems(name: str, value: str, problem: str) -> None:
    assert problem in one(name, value).problem


def test_a_field_that_nobody_knows_is_called_so() -> None:
    assert not one("x-acme-shard", "7").known
    assert "no standard" in one("x-acme-shard", "7").sentence
    assert "Not a field that we know" in one("acme", "7").sentence


def test_a_field_that_may_come_once_only() -> None:
    answer = Response(
        status=200, headers=(("x-frame-options", "DENY"), ("vary", "a"), ("x-frame-options", "DENY"), ("vary", "b"))
    )
    assert [found.problem for found in explain(answer)] == ["", "", "x-frame-options came more than once", ""]


def test_a_cookie_attribute_by_attribute() -> None:
    found = one(
        "set-cookie", "session=0123456789abcdef; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Domain=a.example; X=1"
    )
    assert "0123456789abcdef" not in found.value, "what may be a credential is not shown"
    said = {part.name: part.sentence for part in found.parts}
    assert list(said) == [
        "Path=/",
        "Max-Age=3600",
        "HttpOnly",
        "SameSite=Lax",
        "Domain=a.example",
        "X=1",
        "(no Secure)",
    ]
    assert said["Max-Age=3600"] == "The browser keeps it 1 hour."
    assert "Every host below" in said["Domain=a.example"]
    assert "over http" in said["(no Secure)"]


def test_a_policy_directive_by_directive() -> None:
    found = one("content-security-policy", "default-src 'none'; script-src 'nonce-a' 'strict-dynamic'; sandbox; x-y a")
    assert [part.sentence for part in found.parts] == [
        "For everything that is loaded and not named otherwise: nothing.",
        "Scripts: what has this answer's nonce, what a trusted script loads.",
        "The page is treated as a foreign one.",
        "No directive that browsers know: a.",
    ]


def test_powers_one_by_one() -> None:
    found = one("permissions-policy", 'camera=(), geolocation=(self "https://maps.example"), fullscreen=*')
    assert [(part.name, part.sentence) for part in found.parts] == [
        ("camera", "Nobody may use it."),
        ("geolocation", "Allowed to this origin, https://maps.example."),
        ("fullscreen", "Everybody may use it."),
    ]


@given(st.sampled_from([*SPECIAL, *PLAIN, *OBSOLETE, "x-other"]), st.text(max_size=60))
def test_any_value_gives_a_sentence(name: str, value: str) -> None:
    found = one(name, value)
    assert found.sentence.endswith((".", ")"))
    assert all(part.sentence.endswith(".") for part in found.parts)
