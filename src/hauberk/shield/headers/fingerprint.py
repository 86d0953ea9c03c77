"""Fields that tell an attacker what runs here (CWE-200)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import words
from hauberk.core.plan import Steps

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+\Z")
USUAL = frozenset({"x-powered-by", "x-aspnet-version", "x-runtime", "x-version"})
TELLING = frozenset(
    "$wsep host-header k-proxy-request liferay-portal oraclecommercecloud-version pega-host powered-by product "
    "server sourcemap x-aspnet-version x-aspnetmvc-version x-atmosphere-error x-atmosphere-first-request "
    "x-atmosphere-tracking-id x-b3-parentspanid x-b3-sampled x-b3-spanid x-b3-traceid x-backside-transport "
    "x-beserver x-calculatedbetarget x-cf-powered-by x-cms x-cocoon-version x-content-encoded-by x-datadog-origin "
    "x-datadog-parent-id x-datadog-sampling-priority x-datadog-tags x-datadog-trace-id x-diaginfo x-dtagentid "
    "x-dthealthcheck x-dtinjectedservlet x-envoy-attempt-count x-envoy-external-address x-envoy-internal "
    "x-envoy-original-dst-host x-envoy-upstream-service-time x-feserver x-framework x-generated-by x-generator "
    "x-gitlab-meta x-jitsi-release x-joomla-version x-kong-admin-latency x-kong-client-latency "
    "x-kong-proxy-latency x-kong-request-id x-kong-response-latency x-kong-third-party-latency "
    "x-kong-total-latency x-kong-upstream-latency x-kong-upstream-status x-kubernetes-pf-flowschema-ui "
    "x-kubernetes-pf-prioritylevel-uid x-litespeed-cache x-litespeed-cache-control x-litespeed-purge "
    "x-litespeed-tag x-litespeed-vary x-mod-pagespeed x-nextjs-cache x-nextjs-matched-path x-nextjs-page "
    "x-nextjs-redirect x-old-content-length x-oneagent-js-injection x-owa-version x-page-speed x-php-version "
    "x-powered-by x-powered-by-plesk x-powered-cms x-redirect-by x-ruxit-js-agent x-server-powered-by "
    "x-sourcefiles x-sourcemap x-turbo-charged-by x-tyk-trace-id x-umbraco-version x-varnish-backend "
    "x-varnish-server x-woodpecker-version".split()
)
"""What the OWASP Secure Headers Project advises to remove (its list of 2026-07-19)."""
OBSOLETE = frozenset({"expect-ct", "feature-policy", "public-key-pins", "x-xss-protection"})
"""What its validator wants absent, as no browser minds it or as it does harm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Takes fields such as X-Powered-By away.

    Of `Server` only what the application itself sends: the server adds its own below, where only the server's own flag
    takes it away (uvicorn: `--no-server-header`). `hauberk scan` says so when it sees one.
    """

    remove: frozenset[str] = USUAL
    """Names in lower case."""

    def __post_init__(self) -> None:
        for name in words("Fingerprint.remove", self.remove):
            if not NAME.match(name):
                raise ConfigurationError("Fingerprint.remove", name, "is not a lower-case field name")

    @classmethod
    def oshp(cls) -> Self:
        """Everything that the OWASP Secure Headers Project advises to remove, tracing fields among them."""
        return cls(remove=USUAL | TELLING | OBSOLETE)

    def steps(self) -> Steps:
        """Names to take away."""
        return Steps(remove=frozenset(self.remove))
