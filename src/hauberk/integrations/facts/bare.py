"""Any other ASGI or WSGI callable: what its wrappers tell, and nothing else."""

from __future__ import annotations

from typing import Any

from hauberk.check.facts import Facts
from hauberk.integrations.facts import middleware as of
from hauberk.integrations.facts.reading import Reading


def read(reading: Reading, app: Any) -> Facts:
    """Only what is known to be there: an application without a framework may do everything itself."""
    cookies, session, secrets = of.sessions(reading)
    hosts, redirect = of.hosts(reading, ""), of.https_redirect(reading, "")
    limit, csrf = of.body_limit(reading, None, ""), of.csrf(reading, "")
    sent = {name: header for name, header in reading.mentions([app], {}).items() if header.sent}
    kind = reading.target.protocol.upper()
    unseen = "" if reading.protection else " None of them is hauberk's; what it answers, `hauberk scan` sees."
    return Facts(
        name=reading.target.name,
        framework=reading.target.framework,
        where=reading.where,
        tools=of.tools(reading) or None,
        hosts=hosts if hosts and hosts.value else None,
        secrets=secrets or None,
        cookies=cookies or None,
        cors=of.cors(reading) or None,
        csrf=csrf if csrf.state == "on" else None,
        https_redirect=redirect if redirect.value else None,
        headers=(reading.protection.headers() if reading.protection else {}) | sent,
        body_limit=limit if limit and limit.value is not None else None,
        session=session,
        proxies=of.proxies(reading) or None,
        middleware=tuple(layer.name for layer in reading.layers),
        protected=reading.protection is not None,
        gaps=(f"{reading.target.name} is a bare {kind} callable: only wrappers can be read.{unseen}",),
    )
