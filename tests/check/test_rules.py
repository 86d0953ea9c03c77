"""Every rule from both sides: facts that it refuses, facts that it accepts, and facts that are not known."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hauberk.check import RULES as ALL_RULES
from hauberk.check import check
from hauberk.check.facts import (
    CookieFacts,
    CORSFacts,
    CSRFFacts,
    Facts,
    HeaderFacts,
    LogFacts,
    MarkupFacts,
    MountFacts,
    ProxyFacts,
    Secret,
    SessionFacts,
    Setting,
    Strength,
    TemplateFacts,
)
from hauberk.core.finding import Location

WHERE = Location(file="shop/app.py", line=7)
RULES = tuple(rule for rule in ALL_RULES if not rule.id.startswith("check.code-") and rule.id != "check.django-deploy")
"""Those about configuration; those about code are in code/, and what Django says of itself is in test_django.py."""
LINE = Location(file="shop/app.py", line=30)
STRONG = Strength(length=43, bits=200, known=False)


def facts(**known: Any) -> Facts:
    return Facts(name="shop.app:app", framework="flask", where=WHERE, **known)


def on(value: Any, name: str = "SETTING") -> Setting[Any]:
    return Setting(value=value, name=name, where=LINE)


def cookie(**more: Any) -> dict[str, Any]:
    right = {"name": "__Host-s", "secure": True, "httponly": True, "samesite": "lax"}
    return {"cookies": (CookieFacts(**{**right, **more}),)}


def cors(*origins: str, **more: Any) -> dict[str, Any]:
    return {"cors": (CORSFacts(origins=origins, **more),)}


def header(name: str, value: str | None, **more: Any) -> dict[str, Any]:
    return {"headers": {name: HeaderFacts(sent=value is not None, value=value, by="X", **more)}}


def key(**more: Any) -> dict[str, Any]:
    return {"secrets": (Secret(**{"name": "SECRET_KEY", "strength": STRONG, **more}),)}


def log(line: str) -> dict[str, Any]:
    return {"log": (LogFacts(name="handler", line=line, where=LINE),)}


def page(text: str) -> dict[str, Any]:
    return {"markup": (MarkupFacts(name="page.html", text=text, where=LINE),)}


def session(**more: Any) -> dict[str, Any]:
    return {"session": SessionFacts(**{"kind": "server", "engine": "db", **more})}


def mount(**more: Any) -> dict[str, Any]:
    return {"mounts": (MountFacts(path="/static", directory="static", **more),)}


def engine(**more: Any) -> dict[str, Any]:
    return {"templates": (TemplateFacts(name="jinja", **more),)}


CSP, XFO, HSTS = "content-security-policy", "x-frame-options", "strict-transport-security"
ROWS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("debug", {"debug": on(True)}, {"debug": on(False)}),
    ("testing", {"testing": on(True)}, {"testing": on(False)}),
    ("errors-propagate", {"propagates": on(True)}, {"propagates": on(False)}),
    ("development-tools", {"tools": (on("a debugger"),)}, {"tools": ()}),
    ("sensitive-log", {"logged": (on("SQL"),)}, {"logged": ()}),
    ("hosts", {"hosts": on(("*",))}, {"hosts": on(("shop.example.com", ".example.com"))}),
    ("hosts", {"hosts": on(None)}, {"hosts": on(("localhost",))}),
    ("hosts", {"hosts": on((".com",))}, {"hosts": on((".localhost",))}),
    ("cors-any-origin", cors("*"), cors("https://a.example")),
    ("cors-credentials", cors("*", credentials=True), cors("https://a.example", credentials=True)),
    ("cors-credentials", cors(patterns=(".*",), credentials=True), cors("*")),
    ("cors-null", cors("null"), cors("https://null.example")),
    ("cors-null", cors(patterns=(r"https://a\.example|null",)), cors(patterns=(r"https://a\.example",))),
    ("cors-http", cors("http://a.example"), cors("http://localhost:3000", "https://a.example")),
    ("cors-pattern", cors(patterns=(r"https://.*example\.com",)), cors(patterns=(r"https://.*\.example\.com",))),
    ("cors-pattern", cors(patterns=("https://app.example.com",)), cors(patterns=(r"https://app\.example\.com",))),
    ("cors-pattern", cors(patterns=(r"https://.*\.com",)), cors(patterns=(r"https://(.*\.)?example\.com",))),
    (
        "cors-pattern",
        cors(patterns=(r"^https://a\.example",), anchored=False),
        cors(patterns=(r"^https://a\.example$",), anchored=False),
    ),
    ("cors-pattern", cors(patterns=("(",)), cors(patterns=(r"https://[a-z]+staging\.eu\.example\.com",))),
    ("secret-weak", key(strength=Strength(length=3, bits=4, known=True)), key()),
    ("secret-weak", key(strength=Strength(length=20, bits=90, known=False)), key()),
    ("secret-weak", key(strength=Strength(length=40, bits=9, known=False)), key()),
    (
        "secret-weak",
        key(use="cipher", strength=Strength(length=8, bits=24, known=False)),
        key(use="cipher", strength=Strength(length=16, bits=64, known=False)),
    ),
    ("secret-in-source", key(literal=LINE), key()),
    ("session-cookie-secure", cookie(secure=False), cookie()),
    ("session-cookie-secure", cookie(secure=False), cookie(secure=False, hardened=("secure",))),
    ("session-cookie-httponly", cookie(httponly=False), cookie()),
    ("session-cookie-httponly", cookie(httponly=False), cookie(httponly=False, hardened=("httponly",))),
    ("session-cookie-samesite", cookie(samesite="none"), cookie(samesite="strict")),
    # hauberk adds what is missing and leaves what was said.
    ("session-cookie-samesite", cookie(samesite="none", hardened=("samesite",)), cookie(hardened=("samesite",))),
    ("session-cookie-samesite", cookie(samesite=None), cookie(samesite=None, hardened=("samesite",))),
    ("session-cookie-domain", cookie(domain=".example.com"), cookie()),
    ("session-cookie-prefix", cookie(name="session"), cookie(name="__Secure-session", domain="example.com")),
    ("session-cookie-prefix", cookie(domain="example.com"), cookie()),
    ("csrf-cookie", cookie(role="csrf", secure=False), cookie(role="csrf", httponly=False)),
    ("csrf-cookie", cookie(role="csrf", samesite="none"), cookie(role="csrf")),
    ("csrf-off", {"csrf": CSRFFacts(state="absent"), **cookie()}, {"csrf": CSRFFacts(state="on", name="X")}),
    ("csrf-off", {"csrf": CSRFFacts(state="off", name="X")}, {"csrf": CSRFFacts(state="on", name="X")}),
    (
        "csrf-exempt",
        {"csrf": CSRFFacts(state="on", exempt=(on("the view hook"),))},
        {"csrf": CSRFFacts(state="on")},
    ),
    ("session-lifetime", session(lifetime=on(90 * 86400)), session(lifetime=on(14 * 86400))),
    ("session-lifetime", session(lifetime=on(None)), session(lifetime=on(3600))),
    ("session-serializer", session(serializer="PickleSerializer"), session(serializer="JSONSerializer")),
    ("session-absolute", session(absolute=on(None)), session(absolute=on(3600))),
    ("session-client-side", session(kind="client"), session(kind="server")),
    ("template-autoescape", engine(autoescape=False), engine(autoescape=True)),
    ("template-autoescape", engine(autoescape=None, open_templates=("a.jinja",)), engine(autoescape=None)),
    ("template-autoescape", engine(autoescape=False, pages=3), engine(autoescape=False, pages=0)),
    ("docs-exposed", {"docs": (on("/docs"),)}, {"docs": ()}),
    ("admin-url", {"admin": (on("/admin/"),)}, {"admin": (on("/7c1f-office/"),)}),
    ("open-by-default", {"open_by_default": on(True)}, {"open_by_default": on(False)}),
    ("directory-listing", mount(listing=True), mount()),
    ("static-symlinks", mount(symlinks=True), mount(symlinks=False)),
    ("static-contents", mount(exposes=(".git",)), mount()),
    ("https-redirect", {"https_redirect": on(False)}, {"https_redirect": on(True)}),
    ("hsts", header(HSTS, None), header(HSTS, "max-age=31536000; includeSubDomains")),
    ("hsts", header(HSTS, "max-age=3600; includeSubDomains"), header(HSTS, "max-age=63072000; includeSubDomains")),
    ("hsts", header(HSTS, "max-age=31536000"), header(HSTS, "max-age=31536000;INCLUDESUBDOMAINS")),
    (
        "proxy-trust",
        {"proxies": (ProxyFacts(name="P", everybody=True),)},
        {"proxies": (ProxyFacts(name="P", everybody=False, named=True),)},
    ),
    ("csp", header(CSP, None), header(CSP, "default-src 'self'")),
    ("csp", header(CSP, " "), header(CSP, "default-src 'self'")),
    ("framing", header(XFO, None), header(XFO, "DENY")),
    ("framing", header(XFO, "ALLOWALL"), header(XFO, "sameorigin")),
    ("framing", header(XFO, None), header(CSP, "frame-ancestors 'self'")),
    ("nosniff", header("x-content-type-options", None), header("x-content-type-options", "nosniff")),
    ("nosniff", header("x-content-type-options", "sniff"), header("x-content-type-options", "NoSniff")),
    ("referrer-policy", header("referrer-policy", None), header("referrer-policy", "no-referrer")),
    ("referrer-policy", header("referrer-policy", "unsafe-url"), header("referrer-policy", "unsafe-url, origin")),
    (
        "opener-policy",
        header("cross-origin-opener-policy", "unsafe-none"),
        header("cross-origin-opener-policy", "same-origin"),
    ),
    ("body-limit", {"body_limit": on(None)}, {"body_limit": on(1_000_000)}),
    ("no-deadlines", {"deadlines": on({})}, {"deadlines": on({"critical": 7})}),
    ("rate-limit", {"rates": on("")}, {"rates": on("Limiter")}),
    ("framing-exempt", {"framing_exempt": (on("the view widget"),)}, {"framing_exempt": ()}),
    (
        "websocket-plain",
        {"websockets": 1, "https_redirect": on(False)},
        {"websockets": 1, "https_redirect": on(True)},
    ),
    ("https-redirect-blanket", {"https_redirect": on(True, "Any")}, {"https_redirect": on(True, "Policy.https")}),
    ("log-metadata", log("first"), log("12:00:00 WARNING hauberk.probe first")),
    ("log-time-zone", log("12:00:00 first"), log("2026-09-21T12:00:00+0000 first")),
    ("log-time-zone", log("12:00:00,250 first"), log('{"ts": 1790000000.25}')),
    ("log-injection", log("first\nsecond"), log("first\\nsecond\n")),
    ("script-insert", page("<script>a = '{{ q }}'</script>"), page("<script>a = {{ q|tojson }}</script>")),
    ("attribute-unquoted", page("<a href={{ q }}>"), page('<a href="{{ q }}">')),
    ("password-field", page('<input name="password">'), page('<input name="password" type="password">')),
    (
        "password-paste",
        page('<input type="password" autocomplete="off">'),
        page('<input type="password" autocomplete="current-password">'),
    ),
    ("plugin", page("<html><applet code=a></applet>"), page("<html><video></video>")),
    ("script-sink", page("a.innerHTML = text;"), page("a.textContent = text; a.innerHTML = '';")),
    ("script-message", page("onmessage = e => go(e.data);"), page("onmessage = e => e.origin === A && go(e.data);")),
    ("script-storage", page("localStorage.password = p;"), page("localStorage.setItem('theme', t);")),
    ("script-websocket", page("new WebSocket('ws://a.example')"), page("new WebSocket('ws://localhost:1')")),
    (
        "tracker",
        page('<form><input type="password"><script src="https://www.google-analytics.com/a.js">'),
        page('<form><input type="password">'),
    ),
    ("form-limit", {"fields_limit": on(None)}, {"fields_limit": on(1_000)}),
    ("password-hasher", {"hashers": on(("x.MD5PasswordHasher",))}, {"hashers": on(("x.PBKDF2SHA1PasswordHasher",))}),
    ("password-hasher", {"hashers": on(())}, {"hashers": on(("x.BCryptSHA256PasswordHasher", "x.MD5PasswordHasher"))}),
    ("password-rules", {"validators": on(())}, {"validators": on(("CommonPasswordValidator",))}),
    (
        "password-rules",
        {"validators": on(("MinimumLengthValidator",)), "shortest_password": on(4)},
        {"validators": on(("MinimumLengthValidator",)), "shortest_password": on(15)},
    ),
]


def outcomes(rule: str, given: Facts) -> list[str]:
    return [f.outcome for f in check(given).findings if f.rule.id == f"check.{rule}"]


@pytest.mark.parametrize(("rule", "bad", "good"), ROWS, ids=[f"{row[0]}-{n}" for n, row in enumerate(ROWS)])
def test_both_sides(rule: str, bad: dict[str, Any], good: dict[str, Any]) -> None:
    assert "fail" in outcomes(rule, facts(**bad))
    assert outcomes(rule, facts(**good)) == ["pass"]


def test_no_rule_has_one_side_only() -> None:
    # What is enforced has no faulty side: test_enforced.py has features that are on and off.
    judging = {rule.id for rule in RULES if not rule.id.startswith("check.enforced-")}
    assert {f"check.{row[0]}" for row in ROWS} == judging
    assert len({rule.id for rule in ALL_RULES}) == len(ALL_RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_what_is_not_known_does_not_pass(rule: Any) -> None:
    assert outcomes(rule.id.removeprefix("check."), facts()) == ["not-applicable"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rules_are_mapped(rule: Any) -> None:
    assert rule.cwe
    assert rule.asvs
    assert all(re.fullmatch(r"v5\.0\.0-\d+\.\d+\.\d+", one) for one in rule.asvs)
    assert rule.top10
    assert all(re.fullmatch(r"A(0[1-9]|10):2025", one) for one in rule.top10)
    assert rule.why.endswith(".")
    assert rule.fix
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")


@pytest.mark.parametrize("rows", [[row[1] for row in ROWS], [row[2] for row in ROWS]], ids=["bad", "good"])
def test_every_finding_has_a_file(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        for finding in check(facts(**row)).findings:
            assert finding.location.file == "shop/app.py"
            assert finding.message.endswith((".", "test."))


def test_a_setting_is_found_at_its_line() -> None:
    failed = check(facts(debug=on(True))).failures
    assert [finding.location for finding in failed] == [LINE]


def test_absent_features_do_not_apply() -> None:
    empty = facts(cookies=(), cors=(), secrets=(), templates=(), mounts=(), admin=(), csrf=CSRFFacts(state="absent"))
    for rule in ("session-cookie-secure", "cors-credentials", "secret-weak", "template-autoescape", "static-contents",
                 "admin-url", "csrf-off", "csrf-exempt", "session-lifetime"):  # fmt: skip
        assert outcomes(rule, empty) == ["not-applicable"], rule


def test_a_header_is_not_judged_by_a_value_that_is_not_known() -> None:
    guessed = {"headers": {HSTS: HeaderFacts(sent=True, by="Headers", guessed=True)}}
    findings = [f for f in check(facts(**guessed)).findings if f.rule.id == "check.hsts"]
    assert [(f.outcome, f.confidence) for f in findings] == [("pass", "firm")]


def test_two_faults_of_one_rule_have_two_fingerprints() -> None:
    twice = facts(docs=(on("/docs"), on("/redoc")))
    prints = [f.fingerprint for f in check(twice).findings if f.rule.id == "check.docs-exposed"]
    assert len(set(prints)) == 2


def test_whoever_connects_is_for_a_person() -> None:
    assert outcomes("proxy-trust", facts(proxies=(ProxyFacts(name="ProxyFix", everybody=False),))) == ["review"]


def test_broken_parts_make_the_result_incomplete() -> None:
    result = check(facts(broken=("routes could not be read: ImportError.",), gaps=("a wrapper",)))
    assert not result.complete
    assert result.gaps == ("routes could not be read: ImportError.", "a wrapper")
    assert check(facts(gaps=("a wrapper",))).complete
