"""The statement of ownership in DNS: a TXT record at `_hauberk-scan.HOST` (RFC 1035, section 3.3.14; RFC 8552).

For hosts that serve no file of their own, such as an API behind a gateway. dnspython asks, as the standard library
knows addresses alone. The answer need not be authentic: what it holds is signed, and for this host.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address

from hauberk.core.errors import MissingExtraError

PREFIX = "_hauberk-scan."
SECONDS = 5.0
"""How long DNS is asked."""
MOST = 20
"""Records that are read."""

Lookup = Callable[[str], Sequence[str]]
"""The texts of the TXT records at a name. Raises NoStatementError."""


class NoStatementError(Exception):
    """Why there is none, in words."""


def texts(host: str, lookup: Lookup | None = None) -> Sequence[str]:
    """The texts at a host's name. Raises NoStatementError, without dnspython and for all that fails too."""
    try:
        ip_address(host)
    except ValueError:
        return (lookup or system())(PREFIX + host)
    raise NoStatementError("an address has no such record")


def system() -> Lookup:
    """Asks the resolvers that the system is set up with."""
    return asking(())


def asking(servers: Sequence[str], port: int = 53) -> Lookup:
    """Asks these resolvers; without any, those of the system."""

    def lookup(name: str) -> Sequence[str]:
        try:
            import dns.exception
            import dns.name
            import dns.resolver
        except ImportError:
            raise NoStatementError(str(MissingExtraError("dnspython", "dns", "asking for it"))) from None
        try:
            resolver = dns.resolver.Resolver(configure=not servers)
            if servers:
                resolver.nameservers, resolver.port = list(servers), port
            found = resolver.resolve(dns.name.from_text(name), "TXT", lifetime=SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            raise NoStatementError("there is no such record") from None
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise NoStatementError(f"DNS could not be asked: {error}") from error
        # A record is one or more strings of up to 255 octets, which belong together (RFC 7208, section 3.3).
        return [b"".join(record.strings).decode("utf-8", "replace") for record in list(found)[:MOST]]

    return lookup
