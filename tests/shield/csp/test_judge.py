"""Ways around a policy: each with its benign twin, and against Google's csp_evaluator on the same policies."""

from __future__ import annotations

import pytest

from hauberk import CSP
from hauberk.shield.csp.weaknesses import Weakness, weaknesses
from hauberk.wire.csp import parse
from tests.judges.conftest import Ask, ask, installed  # noqa: F401 - fixtures
from tests.shield.csp.policies import POLICIES

STRICT_CSP = 45
"""What the judge advises for old browsers: 'unsafe-inline' and https: beside a nonce, which new ones ignore."""
REMARK = 60
SOUND = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; report-uri /r"


def judged(policy: str) -> list[Weakness]:
    return [weakness for one in parse(policy) for weakness in weaknesses(one)]


ROWS = [
    # policy, (severity, directive, source) of it, the same without
    ("script-src 'unsafe-inline'", "high script-src 'unsafe-inline'", "script-src 'unsafe-inline' 'nonce-{n}'"),
    ("script-src * ", "high script-src *", "script-src * 'nonce-{n}' 'strict-dynamic'"),
    ("script-src https://*", "high script-src https://*", "script-src https://a.example"),
    ("script-src data:", "high script-src data:", "img-src data:; script-src 'none'"),
    ("script-src blob:", "medium script-src blob:", "worker-src blob:; script-src 'none'"),
    ("script-src 'unsafe-eval'", "medium script-src 'unsafe-eval'", "script-src 'wasm-unsafe-eval'"),
    ("script-src https://unpkg.com", "high script-src https://unpkg.com", "style-src https://unpkg.com"),
    ("script-src *.s3.amazonaws.com", "high script-src *.s3.amazonaws.com", "img-src *.s3.amazonaws.com"),
    ("script-src *.github.io", "high script-src *.github.io", "script-src *.github.example"),
    (
        "script-src HTTPS://UNPKG.COM:443/x/",
        "high script-src https://unpkg.com:443/x/",
        "script-src https://unpkg.example",
    ),
    ("default-src 'unsafe-inline'", "high default-src 'unsafe-inline'", "default-src 'self'"),
    ("script-src 'nonce-short'", "medium script-src 'nonce-short'", "script-src 'nonce-{n}'"),
    ("script-src http://a.example", "medium script-src http://a.example", "script-src https://a.example"),
    ("script-src unsafe-inline", "medium script-src unsafe-inline", "script-src 'report-sample'"),
    ("script-src 'sha256-YWJj'", "medium script-src 'sha256-YWJj'", f"script-src {CSP.hash_of('abc')}"),
    ("script-src 'none' a.example", "medium script-src 'none'", "script-src 'none'"),
    ("scripts-src 'none'", "medium scripts-src ", "script-src 'none'"),
    ("style-src 'unsafe-inline'", "low style-src 'unsafe-inline'", "style-src 'self'"),
]


@pytest.mark.parametrize(("policy", "way", "twin"), ROWS)
def test_a_way_around_and_its_twin(policy: str, way: str, twin: str) -> None:
    nonce = "A" * 22
    ways = {f"{w.severity} {w.directive} {w.source}" for w in judged(f"{policy}; {SOUND}")}
    assert way in ways
    assert way not in {f"{w.severity} {w.directive} {w.source}" for w in judged(f"{twin.format(n=nonce)}; {SOUND}")}


@pytest.mark.parametrize(
    ("policy", "missing"),
    [
        ("img-src 'self'", {"script-src", "object-src", "frame-ancestors", "form-action", "base-uri", "report-uri"}),
        ("default-src 'self'", {"frame-ancestors", "form-action", "base-uri", "report-uri"}),
        (f"script-src 'self'; {SOUND}", set()),
    ],
)
def test_what_is_missing(policy: str, missing: set[str]) -> None:
    found = {w.directive for w in judged(policy) if "is missing" in w.problem} - {"require-trusted-types-for"}
    assert found == missing


@pytest.mark.parametrize("profile", [CSP(), CSP.strict(), CSP.api()])
def test_our_own_have_none_worth_a_word(profile: CSP) -> None:
    value = profile.value(nonced=True).replace("{nonce}", "A" * 22)
    assert [w for w in judged(value) if w.severity != "info"] == []


@pytest.mark.slow
def test_the_judge_finds_nothing_that_is_not_found_here(ask: Ask) -> None:  # noqa: F811
    assert len(POLICIES) >= 20
    for policy, theirs in zip(POLICIES, ask("csp_evaluator.mjs", given=list(POLICIES)), strict=True):
        ours = {(w.directive, w.source.lower()) for w in judged(policy)}
        for one in theirs:
            if one["severity"] < REMARK and one["severity"] != STRICT_CSP:
                assert (one["directive"], (one.get("value") or "").lower()) in ours, (policy, one)
