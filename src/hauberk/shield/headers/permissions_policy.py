"""Permissions-Policy (W3C Permissions Policy; structured field, RFC 9651)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import did_you_mean, words
from hauberk.core.plan import Steps

FEATURES = frozenset(
    "accelerometer all-screens-capture ambient-light-sensor aria-notify attribution-reporting autoplay bluetooth "
    "browsing-topics camera captured-surface-control compute-pressure cross-origin-isolated deferred-fetch "
    "deferred-fetch-minimal digital-credentials-get display-capture encrypted-media fullscreen gamepad geolocation "
    "gyroscope hid identity-credentials-get idle-detection interest-cohort keyboard-map language-detector local-fonts "
    "local-network-access magnetometer microphone midi on-device-speech-recognition otp-credentials payment "
    "picture-in-picture private-state-token-issuance private-state-token-redemption publickey-credentials-create "
    "publickey-credentials-get rewriter screen-wake-lock serial speaker-selection storage-access summarizer sync-xhr "
    "translator unload usb web-share window-management writer xr-spatial-tracking".split()
)
"""Names that a browser knows or knew (W3C registry and Chromium, 2026)."""
ORIGIN = re.compile(r"https?://[a-z0-9*.\-]+(:\d{1,5})?\Z")
DENIED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    dict.fromkeys(
        ("browsing-topics", "camera", "display-capture", "geolocation", "microphone", "payment", "serial", "usb"), ()
    )
)
"""Powers that a site names when it needs them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionsPolicy:
    """Which powers of a browser this page and the frames in it may ask for: camera, position, payment."""

    features: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DENIED)
    """Feature to those allowed: `()` nobody, `("self",)`, `("*",)`, or origins."""

    def __post_init__(self) -> None:
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

    @property
    def value(self) -> str:
        """The field's value: a dictionary of inner lists."""
        return ", ".join(f"{name}={_allow_list(allowed)}" for name, allowed in self.features.items())

    def steps(self) -> Steps:
        """One constant field."""
        return Steps(headers=(("permissions-policy", self.value),))


def _allow_list(allowed: tuple[str, ...]) -> str:
    if "*" in allowed:
        return "*"
    return "(" + " ".join(item if item == "self" else f'"{item}"' for item in allowed) + ")"
