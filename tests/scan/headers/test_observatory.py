"""The Observatory's corners that no vector shows, each beside the twin that is judged otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk import ConfigurationError
from hauberk.scan import Response
from hauberk.scan.headers import Hop, Visit, observatory
from hauberk.scan.headers.visit import PREFLIGHT_ORIGIN

HOST = "shop.example"


def visit(*fields: tuple[str, str], html: str = "<p>hi", **facts: Any) -> Visit:
    headers = fields if any(name == "content-type" for name, _ in fields) else (("content-type", "text/html"), *fields)
    page = Response(status=200, headers=headers, body=html.encode())
    given = {"host": HOST, "https": page, "set_cookies": page.all("set-cookie"), **facts}
    return Visit(**given)


def result(test: str, *fields: tuple[str, str], algorithm: int = 6, **facts: Any) -> str:
    return observatory(visit(*fields, **facts), algorithm=algorithm)[test].result


CSP = "content-security-policy"


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        ("default-src 'none'", "csp-implemented-with-no-unsafe-default-src-none"),
        ("DEFAULT-SRC 'NONE'", "csp-implemented-with-no-unsafe-default-src-none"),
        ("default-src", "csp-implemented-with-no-unsafe-default-src-none"),
        ("default-src 'none' 'self'", "csp-implemented-with-no-unsafe"),
        ("img-src 'self'", "csp-implemented-with-unsafe-inline"),
        ("script-src 'self'", "csp-implemented-with-unsafe-inline"),
        ("script-src 'self'; object-src 'none'", "csp-implemented-with-unsafe-inline-in-style-src-only"),
        ("default-src 'self'; script-src data:", "csp-implemented-with-unsafe-inline"),
        ("default-src 'self'; img-src data:", "csp-implemented-with-no-unsafe"),
        ("default-src 'self'; style-src 'unsafe-inline' 'sha256-abc='", "csp-implemented-with-no-unsafe"),
        ("default-src 'self'; report-uri http://a.example", "csp-implemented-with-insecure-scheme"),
        (
            "default-src 'self'; media-src http://a.example",
            "csp-implemented-with-insecure-scheme-in-passive-content-only",
        ),
        ("default-src 'self'; report-uri /a; report-uri /b", "csp-implemented-but-duplicate-directives"),
        ("default-src 'self'; img-src *; img-src 'self'", "csp-header-invalid"),
        ("default-src 'self', default-src 'none'", "csp-implemented-with-no-unsafe-default-src-none"),
        ("default-src 'self',", "csp-header-invalid"),
        ("", "csp-header-invalid"),
        (";;;;;;", "csp-not-implemented"),
    ],
)
def test_policies(policy: str, wanted: str) -> None:
    assert result(CSP, (CSP, policy)) == wanted


def test_commas_part_policies_since_version_6() -> None:
    two = (CSP, "script-src 'self'; object-src 'none', frame-ancestors 'none'")
    assert result("x-frame-options", two) == "x-frame-options-implemented-via-csp"
    assert result("x-frame-options", two, algorithm=4) == "x-frame-options-not-implemented"


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        (
            "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">",
            "csp-implemented-with-no-unsafe-default-src-none",
        ),
        ("<meta http-equiv=content-security-policy content=\"frame-ancestors 'none'\">", "csp-not-implemented"),
        ("<!-- <meta http-equiv=content-security-policy content=\"default-src 'none'\"> -->", "csp-not-implemented"),
        ("<meta name=content-security-policy content=\"default-src 'none'\">", "csp-not-implemented"),
    ],
)
def test_policies_in_the_page(html: str, wanted: str) -> None:
    assert result(CSP, html=html) == wanted
    assert result(CSP, ("content-type", "application/json"), html=html) == "csp-not-implemented"


@pytest.mark.parametrize(
    ("cookies", "wanted"),
    [
        (["a=b; Secure; SameSite=Lax"], "cookies-secure-with-httponly-sessions-and-samesite"),
        (["a=b; Secure"], "cookies-secure-with-httponly-sessions"),
        (["a=b; Secure; SameSite=Lax", "mylogin=b; Secure; SameSite=Lax"], "cookies-session-without-httponly-flag"),
        (["a=b; Secure; SameSite=Sometimes"], "cookies-samesite-flag-invalid"),
        (["a=b; SameSite=None"], "cookies-samesite-flag-invalid"),
        (["xcsrf=b; Secure"], "cookies-anticsrf-without-samesite-flag"),
        (["a=b; SameSite=Lax"], "cookies-without-secure-flag"),
        (["sessionid=b; HttpOnly; SameSite=Lax"], "cookies-session-without-secure-flag"),
        (["__Host-session=b"], "cookies-not-found"),
        (["heroku-session-affinity=b"], "cookies-not-found"),
        ([], "cookies-not-found"),
    ],
)
def test_cookies(cookies: list[str], wanted: str) -> None:
    fields = [("set-cookie", line) for line in cookies]
    assert result("cookies", *fields) == wanted
    if "without-secure" in wanted:
        protected = (*fields, ("strict-transport-security", "max-age=31536000"))
        assert result("cookies", *protected) == f"{wanted}-but-protected-by-hsts"


@pytest.mark.parametrize(
    ("chain", "wanted"),
    [
        (None, "redirection-not-needed-no-http"),
        (["http://shop.example/"], "redirection-missing"),
        (["http://shop.example/", "https://shop.example/"], "redirection-to-https"),
        (["http://shop.example/", "https://www.shop.example/"], "redirection-off-host-from-http"),
        (
            ["http://shop.example/", "http://shop.example/a", "https://shop.example/"],
            "redirection-not-to-https-on-initial-redirection",
        ),
        (["http://shop.example/", "https://shop.example/", "http://shop.example/b"], "redirection-not-to-https"),
    ],
)
def test_the_way_from_http(chain: list[str] | None, wanted: str) -> None:
    hops = tuple(Hop(url=url, status=301) for url in chain) if chain else None
    assert result("redirection", http=hops) == wanted


def test_a_bad_certificate() -> None:
    hops = (Hop(url="http://shop.example/"), Hop(url="https://shop.example/"))
    hsts = ("strict-transport-security", "max-age=31536000")
    assert result("redirection", http=hops, certificate_verified=False) == "redirection-invalid-cert"
    assert result("strict-transport-security", hsts, certificate_verified=False) == "hsts-invalid-cert"


def test_hosts_that_browsers_know() -> None:
    known = frozenset({HOST})
    assert result("strict-transport-security", preloaded=known) == "hsts-preloaded"
    assert result("redirection", http=(Hop(url="http://shop.example/"),), preloaded=known) == (
        "redirection-all-redirects-preloaded"
    )


def test_no_https_at_all() -> None:
    page = Response(status=200, headers=(("strict-transport-security", "max-age=31536000"),))
    seen = Visit(host=HOST, http=(Hop(url="http://shop.example/"),), http_answer=page)
    assert observatory(seen)["strict-transport-security"].result == "hsts-not-implemented-no-https"
    # Over http, sources with http are no step down.
    policy = Response(status=200, headers=((CSP, "default-src http://a.example"),))
    assert observatory(replace(seen, http_answer=policy))[CSP].result == "csp-implemented-with-no-unsafe"


@pytest.mark.parametrize(
    ("allowed", "credentials", "wanted"),
    [
        (None, None, "not-implemented"),
        ("*", "true", "implemented-with-public-access"),
        (PREFLIGHT_ORIGIN, "true", "implemented-with-universal-access"),
        (PREFLIGHT_ORIGIN, None, "implemented-with-restricted-access"),
        ("https://app.example", "true", "implemented-with-restricted-access"),
    ],
)
def test_cors(allowed: str | None, credentials: str | None, wanted: str) -> None:
    pairs = (("access-control-allow-origin", allowed), ("access-control-allow-credentials", credentials))
    answer = Response(status=204, headers=tuple((name, value) for name, value in pairs if value is not None))
    assert result("cross-origin-resource-sharing", preflight=answer) == f"cross-origin-resource-sharing-{wanted}"


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        (
            '<script src="https://static.shop.example/a.js">',
            "not-implemented-but-all-scripts-loaded-from-secure-origin",
        ),
        ('<script src="https://cdn.example.net/a.js">', "not-implemented-but-external-scripts-loaded-securely"),
        ('<script src="//cdn.example.net/a.js">', "not-implemented-and-external-scripts-not-loaded-securely"),
        ('<script src="//cdn.example.net/a.js" integrity="x">', "implemented-but-external-scripts-not-loaded-securely"),
        (
            '<script src="https://cdn.example.net/a.js" integrity="x">',
            "implemented-and-external-scripts-loaded-securely",
        ),
        ('<script src="/a.js" integrity="x">', "implemented-and-all-scripts-loaded-securely"),
        ("<script>1</script>", "not-implemented-but-all-scripts-loaded-from-secure-origin"),
    ],
)
def test_scripts(script: str, wanted: str) -> None:
    assert result("subresource-integrity", html=script) == f"sri-{wanted}"


@pytest.mark.parametrize(
    ("test", "field", "value", "wanted"),
    [
        ("cross-origin-opener-policy", "", 'same-origin; report-to="a"', "coop-implemented-with-same-origin"),
        ("cross-origin-opener-policy", "", '"same-origin"', "coop-header-invalid"),
        ("cross-origin-opener-policy", "", "same-origin, same-origin", "coop-header-invalid"),
        ("cross-origin-embedder-policy", "", "Require-Corp", "coep-header-invalid"),
        ("cross-origin-resource-policy", "", "Same-Origin", "corp-implemented-with-same-origin"),
        ("referrer-policy", "", "origin, bad", "referrer-policy-unsafe"),
        ("referrer-policy", "", "", "referrer-policy-header-invalid"),
        ("strict-transport-security", "", "includeSubDomains", "hsts-header-invalid"),
        ("x-frame-options", "", "ALLOW-FROM https://a.example", "x-frame-options-allow-from-origin"),
    ],
)
def test_single_fields(test: str, field: str, value: str, wanted: str) -> None:
    assert result(test, (field or test, value)) == wanted


def test_bonus_counts_only_where_little_was_taken_away() -> None:
    bad = observatory(visit(("cross-origin-resource-policy", "same-origin")))
    assert (bad.score, bad.bonus_withheld) == (30, True)
    assert observatory(visit()).score == 30


def test_a_version_that_is_not_known() -> None:
    with pytest.raises(ConfigurationError, match="use 4 or 6"):
        observatory(visit(), algorithm=5)


NAMES = st.sampled_from(
    (
        "content-security-policy strict-transport-security referrer-policy set-cookie content-type x-frame-options "
        "cross-origin-opener-policy cross-origin-embedder-policy cross-origin-resource-policy"
    ).split()
)


@given(st.lists(st.tuples(NAMES, st.text(max_size=40)), max_size=5), st.text(max_size=200))
def test_any_answer_gives_a_score(fields: list[tuple[str, str]], html: str) -> None:
    for algorithm in (4, 6):
        card = observatory(visit(*fields, html=html), algorithm=algorithm)
        assert 0 <= card.score <= 165
