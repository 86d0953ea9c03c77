"""Content-Security-Policy: what is refused, what comes out."""

from __future__ import annotations

import re

import pytest

from hauberk import CSP, NONCE, ConfigurationError
from hauberk.core.plan import Plan
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
