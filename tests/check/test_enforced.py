"""What a policy makes true: it passes where the feature is on, and says nothing where it is off."""

from __future__ import annotations

import pytest

from hauberk import CORS, HSTS, HTTPS, CookieSessions, Guard, Limits, Policy, Sessions
from hauberk.check import check
from hauberk.check.facts import Facts
from hauberk.check.rules.enforced import ENFORCEMENTS
from hauberk.integrations.facts.enforcing import enforcing
from hauberk.report.evidence import asvs_evidence
from hauberk.standards import asvs, automation

RECOMMENDED = Policy.recommended()
ROWS = [
    ("3.4.1", RECOMMENDED, True),
    ("3.4.1", RECOMMENDED.replace(hsts=None), False),
    ("3.4.1", RECOMMENDED.replace(hsts=HSTS(max_age=3600)), False),
    ("3.4.1", RECOMMENDED.replace(hsts=HSTS(include_subdomains=False)), False),
    ("3.4.3", RECOMMENDED, True),
    ("3.4.3", RECOMMENDED.replace(csp=None), False),
    ("3.4.4", RECOMMENDED.replace(content_type_options=None), False),
    ("3.4.2", RECOMMENDED.replace(cors=CORS(origins=("https://app.example",))), True),
    ("3.4.2", RECOMMENDED.replace(cors=CORS(insecure_allow_any_origin=True)), False),
    ("3.3.2", RECOMMENDED, True),
    ("3.3.2", RECOMMENDED.replace(cookies=None), False),
    ("3.5.1", RECOMMENDED, True),
    ("3.5.1", RECOMMENDED.replace(csrf=None), False),
    ("4.4.2", RECOMMENDED.replace(csrf=None), False),
    ("12.2.1", RECOMMENDED.replace(https=HTTPS(hosts=("app.example",))), True),
    ("12.2.1", RECOMMENDED.replace(https=HTTPS(redirect=False)), False),
    ("4.1.3", RECOMMENDED.replace(https=HTTPS(hosts=("app.example",), proxies=("10.0.0.0/8",))), True),
    ("4.1.3", RECOMMENDED.replace(https=HTTPS(hosts=("app.example",))), False),
    ("16.5.4", RECOMMENDED.replace(failures=None), False),
    ("5.2.1", RECOMMENDED.replace(limits=Limits(body=None)), False),
    ("7.2.3", RECOMMENDED.replace(sessions=Sessions()), True),
    ("7.2.3", RECOMMENDED.replace(sessions=CookieSessions(insecure_http=True)), False),
    ("7.3.2", RECOMMENDED.replace(sessions=Sessions()), True),
    ("1.2.4", RECOMMENDED.replace(guard=Guard(mode="block")), True),
    ("1.2.4", RECOMMENDED, False),  # it observes
    ("1.2.4", RECOMMENDED.replace(guard=Guard(mode="block", sql="observe")), False),
    ("1.2.5", RECOMMENDED.replace(guard=Guard(mode="block", sql="observe")), True),
]


def judged(policy: Policy | None) -> Facts:
    on = frozenset() if policy is None else enforcing(policy)
    return Facts(name="a:app", framework="fastapi", protected=policy is not None, enforcing=on)


@pytest.mark.parametrize(("number", "policy", "enforced"), ROWS)
def test_a_requirement_is_enforced_by_the_feature_that_does_so(number: str, policy: Policy, enforced: bool) -> None:
    one = asvs_evidence(check(judged(policy)))[f"v5.0.0-{number}"]
    assert (one.state == "enforced") == enforced
    assert not enforced or one.why.startswith("By Policy.")


def test_nothing_is_enforced_without_protection() -> None:
    states = {one.state for one in asvs_evidence(check(judged(None))).values()}
    assert "enforced" not in states


def test_the_requirements_are_those_that_something_can_enforce() -> None:
    for one in ENFORCEMENTS:
        for number in one.asvs:
            assert automation()[f"v5.0.0-{number}"].mode == "enforce", (
                one.id,
                number,
                asvs()[f"v5.0.0-{number}"].title,
            )
