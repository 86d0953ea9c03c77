"""The application's own header wins where it says as much or more, and gives way where it says less."""

from __future__ import annotations

import pytest

from hauberk import (
    COEP,
    COOP,
    CORP,
    HSTS,
    ContentTypeOptions,
    CrossDomainPolicies,
    FrameOptions,
    OriginAgentCluster,
    PermissionsPolicy,
    Policy,
    ReferrerPolicy,
)
from hauberk.core.plan import Feature, Plan
from tests.drivers import Answer, Serve

YEAR = "max-age=31536000; includeSubDomains"
# feature, its header, what the application sends, what leaves
ROWS: list[tuple[Feature, str, str, str]] = [
    (FrameOptions(), "x-frame-options", "DENY", "DENY"),
    (FrameOptions(), "x-frame-options", "sameorigin", "sameorigin"),
    (FrameOptions(action="DENY"), "x-frame-options", "SAMEORIGIN", "DENY"),
    (FrameOptions(), "x-frame-options", "ALLOW-FROM https://a.example", "SAMEORIGIN"),
    (ContentTypeOptions(), "x-content-type-options", "NoSniff", "NoSniff"),
    (ContentTypeOptions(), "x-content-type-options", "sniff", "nosniff"),
    (
        HSTS(),
        "strict-transport-security",
        "max-age=63072000; includeSubDomains; preload",
        "max-age=63072000; includeSubDomains; preload",
    ),
    (
        HSTS(),
        "strict-transport-security",
        'max-age="31536000";includesubdomains',
        'max-age="31536000";includesubdomains',
    ),
    (HSTS(), "strict-transport-security", "max-age=31536000", YEAR),
    (HSTS(include_subdomains=False), "strict-transport-security", "max-age=31536000", "max-age=31536000"),
    (HSTS(), "strict-transport-security", "max-age=0; includeSubDomains", YEAR),
    (HSTS(), "strict-transport-security", "includeSubDomains", YEAR),
    (HSTS(), "strict-transport-security", "max-age=63072000; max-age=1; includeSubDomains", YEAR),
    (COOP(), "cross-origin-opener-policy", 'same-origin; report-to="a"', 'same-origin; report-to="a"'),
    (COOP(), "cross-origin-opener-policy", "same-origin-allow-popups", "same-origin"),
    (COOP(policy="same-origin-allow-popups"), "cross-origin-opener-policy", "same-origin", "same-origin"),
    (COOP(), "cross-origin-opener-policy", "Same-Origin", "same-origin"),
    (COOP(), "cross-origin-opener-policy", "same-origin, same-origin", "same-origin"),
    (COEP(), "cross-origin-embedder-policy", "credentialless", "credentialless"),
    (COEP(), "cross-origin-embedder-policy", "unsafe-none", "require-corp"),
    (CORP(policy="same-site"), "cross-origin-resource-policy", "same-origin", "same-origin"),
    (CORP(), "cross-origin-resource-policy", "cross-origin", "same-origin"),
    (CORP(policy="cross-origin"), "cross-origin-resource-policy", "same-site", "same-site"),
    (ReferrerPolicy(), "referrer-policy", "no-referrer", "no-referrer"),
    (ReferrerPolicy(), "referrer-policy", "unsafe-url, strict-origin", "unsafe-url, strict-origin"),
    (ReferrerPolicy(), "referrer-policy", "no-referrer, unsafe-url", "strict-origin-when-cross-origin"),
    (ReferrerPolicy(), "referrer-policy", "nothing-known", "strict-origin-when-cross-origin"),
    (ReferrerPolicy(policy=("unsafe-url",)), "referrer-policy", "origin", "origin"),
    (OriginAgentCluster(), "origin-agent-cluster", "?0", "?1"),
    (CrossDomainPolicies(), "x-permitted-cross-domain-policies", "all", "none"),
    (CrossDomainPolicies(policy="all"), "x-permitted-cross-domain-policies", "none", "none"),
    # No order among these: what the application says counts.
    (PermissionsPolicy(), "permissions-policy", "camera=(self)", "camera=(self)"),
    (COOP(report_only=True), "cross-origin-opener-policy-report-only", "unsafe-none", "unsafe-none"),
]


@pytest.mark.parametrize(("feature", "name", "own", "left"), ROWS, ids=[f"{r[1]} {r[2]}" for r in ROWS])
def test_what_leaves(serve: Serve, feature: Feature, name: str, own: str, left: str) -> None:
    assert serve(Plan.of([feature]), lambda ex: Answer(headers=[(name, own)])).one(name) == left


def test_a_weaker_header_is_told_to_the_log(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "hauberk.decisions")
    serve(Plan.of([CORP()]), lambda ex: Answer(headers=[("cross-origin-resource-policy", "cross-origin")]), path="/a")
    assert '"event": "header-strengthened"' in caplog.text
    assert '"name": "cross-origin-resource-policy"' in caplog.text
    caplog.clear()
    serve(Plan.of([CORP()]), lambda ex: Answer(headers=[("cross-origin-resource-policy", "same-origin")]))
    assert not caplog.text


def test_the_policy_says_what_is_meant(serve: Serve) -> None:
    plan = Policy.recommended().replace(csrf=None, guard=None, corp=CORP(policy="cross-origin")).plan()
    got = serve(plan, lambda ex: Answer(headers=[("cross-origin-resource-policy", "cross-origin")]))
    assert got.one("cross-origin-resource-policy") == "cross-origin"
