"""Whether a server's certificate is one that strangers trust: chain, name and dates, by this machine's store."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Any

from hauberk.core.finding import Finding, HttpLocation, Rule

if TYPE_CHECKING:
    from hauberk.scan.site import Site

RULE = Rule(
    id="scan.untrusted-certificate",
    title="The certificate is not trusted by the public",
    severity="high",
    why="Visitors see a warning and learn to pass it, and then anybody on the way can be the server.",
    fix="Get a certificate of a public authority, renew it in time, and send the whole chain; ACME does all three.",
    cwe=(295, 296, 298),
    asvs=("v5.0.0-12.2.2",),
    top10=("A04:2025",),
    docs="https://wiki.mozilla.org/Security/Server_Side_TLS",
)


def judge(site: Site, timeout: float = 10.0) -> Finding:
    """One handshake. What `--ca` names is not asked: it is about what strangers trust."""
    where = HttpLocation(method="ANY", path="*")
    if site.scheme != "https":
        return Finding(rule=RULE, outcome="not-applicable", message="The address is http.", location=where)
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((site.address, site.port), timeout) as plain,
            context.wrap_socket(plain, server_hostname=site.host) as secured,
        ):
            presented: Any = secured.getpeercert() or {}
            issuer = dict(pair for part in presented.get("issuer", ()) for pair in part)
    except ssl.SSLCertVerificationError as error:
        message = f"The certificate of {site.host} is refused: {error.verify_message}."
        return Finding(
            rule=RULE, outcome="fail", message=message, location=where, evidence={"reason": error.verify_message}
        )
    except OSError as error:
        message = f"No handshake with {site.host}: {type(error).__name__}."
        return Finding(rule=RULE, outcome="not-applicable", message=message, location=where)
    name = issuer.get("commonName") or issuer.get("organizationName", "an authority of this machine's store")
    return Finding(rule=RULE, outcome="pass", message=f"{site.host} has a certificate of {name}.", location=where)
