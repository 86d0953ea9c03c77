"""Permissions-Policy (W3C Permissions Policy; structured field, RFC 9651)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import did_you_mean, flag, words
from hauberk.core.plan import Steps

FEATURES = frozenset(
    "accelerometer all-screens-capture ambient-light-sensor aria-notify attribution-reporting autoplay battery "
    "bluetooth browsing-topics camera captured-surface-control clipboard-read clipboard-write compute-pressure "
    "controlled-frame cross-origin-isolated deferred-fetch deferred-fetch-minimal digital-credentials-create "
    "digital-credentials-get direct-sockets direct-sockets-private display-capture document-domain encrypted-media "
    "execution-while-not-rendered execution-while-out-of-viewport fullscreen gamepad geolocation gyroscope hid "
    "identity-credentials-get idle-detection interest-cohort join-ad-interest-group keyboard-map language-detector "
    "language-model local-fonts local-network-access loopback-network magnetometer "
    "mediasession microphone midi monetization navigation-override on-device-speech-recognition otp-credentials "
    "payment picture-in-picture private-aggregation private-state-token-issuance private-state-token-redemption "
    "proofreader publickey-credentials-create publickey-credentials-get rewriter run-ad-auction screen-wake-lock "
    "serial shared-storage shared-storage-select-url smart-card speaker-selection storage-access sub-apps summarizer "
    "sync-xhr translator unload usb usb-unrestricted vertical-scroll web-app-installation "
    "web-printing web-share window-management window-placement writer xr-spatial-tracking".split()
)
"""Names that a browser knows or knew (W3C registry and Chromium, 2026)."""
ORIGIN = re.compile(r"https?://[a-z0-9*.\-]+(:\d{1,5})?\Z")
DENIED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    dict.fromkeys(
        ("browsing-topics", "camera", "display-capture", "geolocation", "microphone", "payment", "serial", "usb"), ()
    )
)
"""Powers that a site names when it needs them."""
OSHP = (
    "accelerometer autoplay camera cross-origin-isolated display-capture encrypted-media fullscreen geolocation "
    "gyroscope keyboard-map magnetometer microphone midi payment picture-in-picture publickey-credentials-get "
    "screen-wake-lock usb web-share xr-spatial-tracking clipboard-read clipboard-write gamepad hid idle-detection "
    "interest-cohort serial unload"
).split()
"""What the OWASP Secure Headers Project denies to every page (its list of 2026-07-19)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionsPolicy:
    """Which powers of a browser this page and the frames in it may ask for: camera, position, payment."""

    features: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DENIED)
    """Feature to those allowed: `()` nobody, `("self",)`, `("*",)`, or origins."""
    report_only: bool = False
    """Browsers report and do not enforce (Chromium)."""

    def __post_init__(self) -> None:
        flag("PermissionsPolicy.report_only", self.report_only)
        if not self.features:
            raise ConfigurationError("PermissionsPolicy.features", self.features, "is empty", "turn it off with None")
        for name, allowed in self.features.items():
            if name not in FEATURES:
                hint = did_you_mean(name, sorted(FEATURES)) if len(str(name)) > 3 else ""
                raise ConfigurationError("PermissionsPolicy.features", name, "is not a feature a browser knows", hint)
            for origin in words(f"PermissionsPolicy.features[{name!r}]", allowed):
                if origin not in {"self", "*"} and not ORIGIN.match(origin):
                    raise ConfigurationError(
                        f"PermissionsPolicy.features[{name!r}]",
                        origin,
                        "is neither 'self', '*' nor an origin",
                        "write it as 'https://host.example'",
                    )

    @classmethod
    def oshp(cls) -> Self:
        """What the OWASP Secure Headers Project advises: nearly every power denied."""
        return cls(features={**dict.fromkeys(OSHP, ()), "sync-xhr": ("self",)})

    @property
    def value(self) -> str:
        """The field's value: a dictionary of inner lists."""
        return ", ".join(f"{name}={_allow_list(allowed)}" for name, allowed in self.features.items())

    def steps(self) -> Steps:
        """One constant field."""
        return Steps(headers=(("permissions-policy" + "-report-only" * self.report_only, self.value),))


def _allow_list(allowed: tuple[str, ...]) -> str:
    if "*" in allowed:
        return "*"
    return "(" + " ".join(item if item == "self" else f'"{item}"' for item in allowed) + ")"
