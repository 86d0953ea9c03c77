"""Which Host header is believed."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.check.facts import Facts
from hauberk.check.verdict import Check, fail, passed, unknown
from hauberk.core.finding import Finding, Rule

HOSTS = Rule(
    id="check.hosts",
    title="Any Host header is believed",
    severity="medium",
    why="Links in password mails, redirects and cached pages can be made to point at an attacker's host.",
    fix="List the host names under which the application is reached.",
    cwe=(346, 644),
    asvs=("v5.0.0-4.1.3",),
    top10=("A07:2025", "A05:2025"),
    docs="https://portswigger.net/web-security/host-header",
)


def hosts(facts: Facts) -> Iterator[Finding]:
    """A wildcard is a decision against the check; no check at all is what most frameworks do by default."""
    if facts.hosts is None:
        yield unknown(HOSTS, facts, "whether the Host header is compared with anything")
        return
    names, setting = facts.hosts.value, facts.hosts
    if names is None:
        yield fail(
            HOSTS,
            setting.where,
            f"Nothing compares the Host header with a list of names; {setting.name} would.",
            severity="low",
            confidence="firm",
        )
        return
    open_ones = [name for name in names if name.strip() in {"*", "*.", "."} or _whole_suffix(name)]
    for name in open_ones:
        yield fail(
            HOSTS, setting.where, f"{setting.name} has {name!r}, which matches hosts of strangers.", key=name,
            evidence={"setting": setting.name, "host": name},
        )  # fmt: skip
    if not open_ones:
        yield passed(
            HOSTS, f"{setting.name} lists {len(names)} host names and no wildcard over strangers.", setting.where
        )


def _whole_suffix(name: str) -> bool:
    """`*.com` or `.com`: a suffix under which anybody can have a host."""
    return (
        name.startswith(("*.", "."))
        and "." not in name.lstrip("*.")
        and name.lstrip("*.") not in {"localhost", "test", "internal", "local"}
    )


CHECKS = (Check(HOSTS, hosts),)
