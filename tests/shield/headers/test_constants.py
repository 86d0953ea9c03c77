"""The headers with one value: a row each, what is sent and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hauberk import (
    COEP,
    COOP,
    CORP,
    HSTS,
    ConfigurationError,
    ContentTypeOptions,
    CrossDomainPolicies,
    DNSPrefetchControl,
    DownloadOptions,
    Fingerprint,
    FrameOptions,
    OriginAgentCluster,
    PermissionsPolicy,
    ReferrerPolicy,
    Reporting,
    XSSProtection,
)
from hauberk.core.plan import Feature, Plan
from hauberk.shield.headers import NEL
from tests.drivers import Serve

ROWS: list[tuple[Feature, str, str]] = [
    (HSTS(), "strict-transport-security", "max-age=31536000; includeSubDomains"),
    (HSTS(max_age=0), "strict-transport-security", "max-age=0; includeSubDomains"),
    (HSTS(max_age=timedelta(days=1), include_subdomains=False), "strict-transport-security", "max-age=86400"),
    (HSTS(preload=True), "strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
    (HSTS.ramp("minutes"), "strict-transport-security", "max-age=300; includeSubDomains"),
    (HSTS.ramp("week", include_subdomains=False), "strict-transport-security", "max-age=604800"),
    (HSTS.ramp("year"), "strict-transport-security", "max-age=31536000; includeSubDomains"),
    (HSTS.ramp("preload"), "strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
    (FrameOptions(), "x-frame-options", "SAMEORIGIN"),
    (FrameOptions(action="DENY"), "x-frame-options", "DENY"),
    (ContentTypeOptions(), "x-content-type-options", "nosniff"),
    (ReferrerPolicy(), "referrer-policy", "strict-origin-when-cross-origin"),
    (ReferrerPolicy(policy=("no-referrer", "origin")), "referrer-policy", "no-referrer,origin"),
    (COOP(), "cross-origin-opener-policy", "same-origin"),
    (COOP(policy="same-origin-allow-popups"), "cross-origin-opener-policy", "same-origin-allow-popups"),
    (COOP(report_only=True), "cross-origin-opener-policy-report-only", "same-origin"),
    (COEP(), "cross-origin-embedder-policy", "require-corp"),
    (COEP(policy="credentialless"), "cross-origin-embedder-policy", "credentialless"),
    (COOP(report_to="coop"), "cross-origin-opener-policy", 'same-origin; report-to="coop"'),
    (COEP(report_only=True, report_to="a"), "cross-origin-embedder-policy-report-only", 'require-corp; report-to="a"'),
    (CORP(), "cross-origin-resource-policy", "same-origin"),
    (CORP(report_only=True), "cross-origin-resource-policy-report-only", "same-origin"),
    (PermissionsPolicy(features={"usb": ()}, report_only=True), "permissions-policy-report-only", "usb=()"),
    (NEL(endpoint="https://n.example/"), "nel", '{"report_to":"network-errors","max_age":2592000}'),
    (
        NEL(endpoint="https://n.example/", max_age=60, include_subdomains=True, success_fraction=0.1),
        "nel",
        '{"report_to":"network-errors","max_age":60,"include_subdomains":true,"success_fraction":0.1}',
    ),
    (
        NEL(endpoint="https://n.example/"),
        "report-to",
        '{"group":"network-errors","max_age":2592000,"endpoints":[{"url":"https://n.example/"}]}',
    ),
    (OriginAgentCluster(), "origin-agent-cluster", "?1"),
    (DNSPrefetchControl(), "x-dns-prefetch-control", "off"),
    (DNSPrefetchControl(allow=True), "x-dns-prefetch-control", "on"),
    (DownloadOptions(), "x-download-options", "noopen"),
    (CrossDomainPolicies(), "x-permitted-cross-domain-policies", "none"),
    (XSSProtection(), "x-xss-protection", "0"),
    (
        PermissionsPolicy(
            features={"camera": (), "geolocation": ("self", "https://maps.example"), "fullscreen": ("*",)}
        ),
        "permissions-policy",
        'camera=(), geolocation=(self "https://maps.example"), fullscreen=*',
    ),
    (
        Reporting(endpoints={"csp": "https://reports.example/csp", "own": "/reports"}),
        "reporting-endpoints",
        'csp="https://reports.example/csp", own="/reports"',
    ),
]


@pytest.mark.parametrize(("feature", "name", "value"), ROWS, ids=lambda x: str(x)[:50])
def test_sent(serve: Serve, feature: Feature, name: str, value: str) -> None:
    assert serve(Plan.of([feature])).one(name) == value
    assert serve(Plan.of([])).one(name) is None


REFUSED: list[tuple[type[Any], dict[str, Any], str]] = [
    (HSTS, {"max_age": -1}, "negative"),
    (HSTS, {"max_age": "1 year"}, "not a number of seconds"),
    (HSTS, {"max_age": 1.5}, "not a number of seconds"),
    (HSTS, {"max_age": True}, "not a number of seconds"),
    (HSTS, {"preload": True, "max_age": 300}, "preload list"),
    (HSTS, {"preload": True, "include_subdomains": False}, "preload list"),
    (FrameOptions, {"action": "deny"}, "'DENY'"),
    (COOP, {"report_to": 'a"; x'}, "not the name of an endpoint"),
    (CORP, {"report_only": "yes"}, "neither True nor False"),
    (NEL, {"endpoint": "http://n.example/"}, "no https address"),
    (NEL, {"endpoint": "/reports"}, "no https address"),
    (NEL, {"endpoint": "https://n.example/", "failure_fraction": 1.5}, "between 0 and 1"),
    (NEL, {"endpoint": "https://n.example/", "max_age": -1}, "negative"),
    (FrameOptions, {"action": "ALLOW-FROM https://a.example"}, "'DENY'"),
    (ReferrerPolicy, {"policy": ()}, "empty"),
    (ReferrerPolicy, {"policy": ("sameorigin",)}, "did you mean 'same-origin'"),
    (ReferrerPolicy, {"policy": "origin"}, "write ('origin',)"),
    (ReferrerPolicy, {"policy": ("origin", "origin")}, "twice"),
    (COOP, {"policy": "same-site"}, "'same-origin'"),
    (COEP, {"policy": "require-crop"}, "did you mean 'require-corp'"),
    (CORP, {"policy": "cross-site"}, "COR"),
    (CrossDomainPolicies, {"policy": "never"}, "'none'"),
    (DNSPrefetchControl, {"allow": "off"}, "neither True nor False"),
    (PermissionsPolicy, {"features": {}}, "empty"),
    (PermissionsPolicy, {"features": {"camra": ()}}, "did you mean 'camera'"),
    (PermissionsPolicy, {"features": {"camera": ("maps.example",)}}, "nor an origin"),
    (PermissionsPolicy, {"features": {"camera": ('https://a.example" x',)}}, "nor an origin"),
    (Reporting, {"endpoints": {}}, "empty"),
    (Reporting, {"endpoints": {"csp": "http://reports.example"}}, "https"),
    (Reporting, {"endpoints": {"CSP": "/r"}}, "lower-case"),
    (Fingerprint, {"remove": frozenset({"X-Powered-By"})}, "lower-case"),
]


@pytest.mark.parametrize(("kind", "options", "problem"), REFUSED, ids=lambda x: str(x)[:50])
def test_refused(kind: type[Any], options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        kind(**options)
    assert problem in str(caught.value)
    assert caught.value.field.startswith(kind.__name__)


def test_the_ramp_leads_up_and_ends() -> None:
    stages = []
    stage: Any = "minutes"
    while stage is not None:
        stages.append(stage)
        stage = HSTS.ramp(stage).next_stage
    assert stages == ["minutes", "week", "year", "preload"]
    assert HSTS(max_age=86_400).next_stage == "week"
    with pytest.raises(ConfigurationError, match="did you mean 'week'"):
        HSTS.ramp("weak")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="preload list"):
        HSTS.ramp("preload", include_subdomains=False)


def test_the_fingerprints_of_the_secure_headers_project_are_taken_away(serve: Serve) -> None:
    from tests.drivers import Answer

    plan = Plan.of([Fingerprint.oshp()])
    sent = [("x-kong-proxy-latency", "3"), ("server", "acme"), ("x-xss-protection", "1"), ("x-request-id", "7")]
    got = serve(plan, lambda ex: Answer(headers=sent))
    assert [name.lower() for name, _ in got.headers if name.lower().startswith("x-")] == ["x-request-id"]
    assert got.one("server") is None
