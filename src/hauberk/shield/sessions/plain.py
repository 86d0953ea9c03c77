"""Session cookies over plain http: on this machine while developing, and nowhere else."""

from __future__ import annotations

from hauberk.core.errors import ConfigurationError
from hauberk.core.log import LOGGER
from hauberk.wire.origin import Origin, OriginError


def refuse_plain_http(feature: str, host: str, *, allowed: bool, said: set[str]) -> None:
    """Raise ConfigurationError unless the host is this machine or plain http is allowed; say once that it is used."""
    if not allowed and not _loopback(host):
        raise ConfigurationError(
            f"{feature}.insecure_http",
            False,
            f"forbids a session over plain http on {host[:100]!r}",
            "use https (behind a proxy: HTTPS(proxies=...); in a test client: an https base_url), or localhost while "
            "developing",
        )
    if not said:
        said.add(feature)
        LOGGER.warning("a session cookie is sent over plain http, without Secure: for development only")


def _loopback(host: str) -> bool:
    try:
        return Origin.parse("http://" + host.lower().removesuffix(":80")).loopback
    except OriginError:
        return False
