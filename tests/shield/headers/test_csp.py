"""Content-Security-Policy: what is refused, what comes out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk import CSP, NONCE, ConfigurationError
from hauberk.core.plan import Plan
from hauberk.shield.headers.csp import DIRECTIVES
from hauberk.wire import csp_terms as terms
from tests.drivers import Answer, Serve


@pytest.mark.parametrize(
    ("directives", "problem"),
    [
        ({"script_src": ("self",)}, "without its quotes"),
        ({"script_src": ("unsafe-inline",)}, "without its quotes"),
        ({"script_src": ("nonce-abc",)}, "without its quotes"),
        ({"script_src": ("sha256-abc",)}, "without its quotes"),
        ({"script_src": ("'slef'",)}, "did you mean \"'self'\""),
        ({"script_src": ("'sha1-abc'",)}, "not a keyword"),
        ({"script_src": ("a b",)}, "a text of its own"),
        ({"script_src": ("a;b",)}, "a text of its own"),
        ({"script_src": ("a,b",)}, "a text of its own"),
        ({"script_src": ("a\r\nSet-Cookie: x=1",)}, "a text of its own"),
        ({"script_src": ("bücher.example",)}, "outside ASCII"),
        ({"script_src": ("",)}, "empty"),
        ({"script_src": ()}, "write (\"'none'\",)"),
        ({"script_src": "'self'"}, "write (\"'self'\",)"),
        ({"script_src": ("'none'", "a.example")}, "beside other sources"),
        ({"script_src": ("a.example", "a.example")}, "twice"),
        ({"default_src": None}, "leaves every fetch that is not named open"),
        ({"sandbox": ("allow-everything",)}, "not a sandbox token"),
        ({"upgrade_insecure_requests": "yes"}, "neither True nor False"),
        ({"script_src": ("'sha256-YWJj'",)}, "take CSP.hash_of"),
        ({"script_src": ("'sha384-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='",)}, "sha384 makes 48"),
        ({"script_src": ("https://[2001:db8::1]",)}, "IPv6"),
        ({"script_src": ("https://a.example/?x",)}, "query"),
        ({"script_src": ("https://a.example:port",)}, "neither a scheme"),
        ({"script_src": ("a.*.example",)}, "neither a scheme"),
        ({"img_src": ("'strict-dynamic'",)}, "means nothing in img-src"),
        ({"img_src": (NONCE,)}, "means nothing in img-src"),
        ({"style_src": ("'unsafe-eval'",)}, "means nothing in style-src"),
        ({"frame_ancestors": ("'unsafe-inline'",)}, "means nothing in frame-ancestors"),
        ({"base_uri": (CSP.hash_of("x"),)}, "means nothing in base-uri"),
        ({"require_trusted_types_for": ("script",)}, "did you mean"),
        ({"require_trusted_types_for": ("'style'",)}, "CSP.require_trusted_types_for"),
        ({"trusted_types": ("a policy",)}, "a text of its own"),
        ({"trusted_types": ("dom!purify",)}, "no policy name"),
        ({"trusted_types": ("'none'", "x")}, "beside other"),
        ({"report_uri": ("'self'",)}, "CSP.report_uri"),
        ({"report_to": "Main"}, "not a name of Reporting-Endpoints"),
        ({"report_to": 'a"'}, "not a name of Reporting-Endpoints"),
        ({"webrtc": "deny"}, "neither 'allow' nor 'block'"),
    ],
)
def test_refused(directives: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        CSP(**directives)  # type: ignore[arg-type]
    assert problem in str(caught.value)
    assert caught.value.field.startswith("CSP")


@pytest.mark.parametrize(
    "sources",
    [
        ("'self'",),
        ("https:",),
        ("*.example.com",),
        ("https://cdn.example:8443/path/",),
        ("'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='",),
        ("'wasm-unsafe-eval'", "blob:"),
        (NONCE, "'strict-dynamic'"),
        ("wss://live.example:*", "*", "127.0.0.1:8000", "localhost"),
        ("'unsafe-hashes'", CSP.hash_of("go()", "sha384"), CSP.hash_of(b"go()", "sha512")),
        ("'report-sample'", "'trusted-types-eval'", "'inline-speculation-rules'"),
    ],
)
def test_taken(sources: tuple[str, ...]) -> None:
    assert CSP(script_src=sources).directives(nonced=True)["script-src"] == sources


def test_of_has_no_defaults_and_knows_misspelt_directives() -> None:
    assert CSP.of(default_src=("'self'",)).value(nonced=False) == "default-src 'self'"
    with pytest.raises(ConfigurationError, match="did you mean 'script_src'"):
        CSP.of(default_src=("'self'",), scirpt_src=("'self'",))


def test_a_bare_sandbox() -> None:
    assert CSP.of(default_src=("'self'",), sandbox=()).value(nonced=False) == "default-src 'self';sandbox"


def test_a_directive_that_was_nonce_only_becomes_none_without_one() -> None:
    policy = CSP(script_src=(NONCE, "'strict-dynamic'"))
    assert policy.directives(nonced=False)["script-src"] == ("'none'",)


def test_the_nonce_stands_wherever_it_is_named(serve: Serve) -> None:
    got = serve(Plan.of([CSP()]), lambda ex: Answer(body=ex.read_nonce().encode()))
    policy = got.one("content-security-policy") or ""
    nonces = re.findall(r"'nonce-([^']+)'", policy)
    assert len(nonces) == 2, "script-src and style-src"
    assert set(nonces) == {got.body.decode()}
    assert len(nonces[0]) == 24, "128 bits in base64"


@pytest.mark.parametrize("profile", [CSP(), CSP.strict(), CSP.api(), CSP.helmet()])
def test_profiles_never_allow_inline_scripts(profile: CSP) -> None:
    for nonced in (True, False):
        directives = profile.directives(nonced=nonced)
        scripts = directives.get("script-src", directives["default-src"])
        assert not {"'unsafe-inline'", "'unsafe-eval'", "data:", "https:", "*"} & set(scripts)


@pytest.mark.parametrize(
    ("directives", "value"),
    [
        (
            {"trusted_types": ("default", "dompurify", "'allow-duplicates'")},
            "trusted-types default dompurify 'allow-dup",
        ),
        ({"trusted_types": ()}, "trusted-types"),
        ({"require_trusted_types_for": ("'script'",)}, "require-trusted-types-for 'script'"),
        ({"webrtc": "block"}, "webrtc 'block'"),
        ({"sandbox": ("allow-scripts", "allow-same-origin")}, "sandbox allow-scripts allow-same-origin"),
        (
            {"report_uri": ("/r", "https://r.example/x"), "report_to": "main"},
            "report-to main;report-uri /r https://r.example/x",
        ),
        (
            {"frame_ancestors": ("'self'", "https://*.partner.example")},
            "frame-ancestors 'self' https://*.partner.example",
        ),
        (
            {"connect_src": ("'self'", "wss:", "'unsafe-webtransport-hashes'")},
            "connect-src 'self' wss: 'unsafe-webtrans",
        ),
        ({"fenced_frame_src": ("https:",)}, "fenced-frame-src https:"),
        ({"worker_src": ("'self'", "blob:")}, "worker-src 'self' blob:"),
    ],
)
def test_every_directive(directives: dict[str, Any], value: str) -> None:
    made = CSP.of(insecure_without_default_src=True, **directives).value(nonced=False)
    assert made.startswith(value)


def test_all_directives_of_the_standard_are_known() -> None:
    ours = {name.replace("_", "-") for name in (*DIRECTIVES, "report_to", "webrtc", "upgrade_insecure_requests")}
    assert ours - {"prefetch-src"} == terms.KNOWN - terms.OBSOLETE


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("", "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"),
        ("alert('Hello, world.');", "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"),  # CSP3, section 2.3.1
        ("a\r\nb", CSP.hash_of("a\nb")),
        ("a\rb", CSP.hash_of(b"a\nb")),
    ],
)
def test_hashes(text: str, source: str) -> None:
    assert CSP.hash_of(text) == source
    assert CSP(script_src=(source,)).script_src == (source,)


def test_unknown_algorithms() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'sha"):
        CSP.hash_of("x", "sha1")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "directive", "sources"),
    [
        ({"img-src": "https://a.example"}, "img-src", ("'self'", "data:", "https://a.example")),
        ({"img_src": ("https://a.example", "data:")}, "img-src", ("'self'", "data:", "https://a.example")),
        ({"object-src": "https://a.example"}, "object-src", ("https://a.example",)),
        (
            {"script-src-elem": "https://a.example"},
            "script-src-elem",
            ("'self'", NONCE, "'strict-dynamic'", "https://a.example"),
        ),
        ({"report-uri": "/r"}, "report-uri", ("/r",)),
    ],
)
def test_adding(more: dict[str, Any], directive: str, sources: tuple[str, ...]) -> None:
    assert CSP().adding(more).directives(nonced=True)[directive] == sources


@pytest.mark.parametrize(
    ("policy", "more", "said"),
    [
        (CSP(), {"imgsrc": "https://a.example"}, "did you mean 'img-src'"),
        (CSP(), {"img-src": "unsafe-inline"}, "without its quotes"),
        (CSP(), {"sandbox": "allow-scripts"}, "allows everything"),
        (CSP.of(script_src=("'self'",), insecure_without_default_src=True), {"img-src": "data:"}, "allows everything"),
    ],
)
def test_adding_refused(policy: CSP, more: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        policy.adding(more)


def test_learning_reports_everything_and_blocks_nothing(serve: Serve) -> None:
    got = serve(Plan.of([CSP(), CSP.learn()]), lambda ex: Answer())
    learning = got.one("content-security-policy-report-only") or ""
    assert learning.startswith("default-src 'none';")
    assert "report-uri /.well-known/hauberk/csp" in learning
    assert got.one("content-security-policy") == CSP().value(nonced=False), "beside what is enforced"
    assert CSP.learn(endpoint="hauberk-csp").report_to == "hauberk-csp"


@pytest.mark.parametrize("policy", [CSP(), CSP.strict(), CSP.api(), CSP.helmet(), CSP.learn(endpoint="hauberk-csp")])
def test_what_is_written_is_read(policy: CSP) -> None:
    assert CSP.parse(policy.value(nonced=True)).directives(nonced=True) == policy.directives(nonced=True)


@pytest.mark.parametrize(
    "text", ["", "default-src self", "report-only", "insecure-without-default-src", "default-src 'self'; webrtc"]
)
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(ConfigurationError):
        CSP.parse(text)


@given(st.text() | st.lists(st.sampled_from([*terms.KNOWN, "'self'", "*", ";", "report-only"])).map(" ".join))
def test_any_text_is_a_policy_or_our_own_error(text: str) -> None:
    try:
        made = CSP.parse(text)
    except ConfigurationError:
        return
    assert CSP.parse(made.value(nonced=True)) == made
