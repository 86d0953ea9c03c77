"""What a policy does, in the short words that `check.rules.enforced` asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

from hauberk.guard.feature import CLASSES

YEAR = 365 * 24 * 3600


def enforcing(policy: Any) -> frozenset[str]:
    """`field` for each feature that is on, and `field.option` for what its options do. Nothing of an unknown policy."""
    if not is_dataclass(policy):
        return frozenset()
    on = {field.name: value for field in fields(policy) if (value := getattr(policy, field.name)) is not None}
    done = {f"{name}.{what}" for name, what, does in _OPTIONS if name in on and does(on[name])}
    return frozenset(on) | done | {f"guard.{name}" for name in CLASSES if "guard" in on and _blocks(on["guard"], name)}


def _seconds(value: timedelta | int) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else value


def _blocks(guard: Any, name: str) -> bool:
    return all(guard.mode_of(kind) in {"block", "escape"} for kind in CLASSES[name])


_OPTIONS: tuple[tuple[str, str, Callable[[Any], object]], ...] = (
    ("hsts", "year", lambda hsts: _seconds(hsts.max_age) >= YEAR and hsts.include_subdomains),
    ("csp", "frame-ancestors", lambda csp: csp.frame_ancestors),
    ("csp", "reports", lambda csp: csp.report_to or csp.report_uri),
    ("cors", "listed", lambda cors: not cors.insecure_allow_any_origin and cors.decide is None),
    ("https", "redirect", lambda https: https.redirect and https.unsafe == "refuse"),
    ("https", "proxies", lambda https: https.proxies and not https.insecure_trust_every_proxy),
    ("limits", "body", lambda limits: limits.body),
    ("limits", "rates", lambda limits: limits.rates),
    ("sessions", "server", lambda sessions: type(sessions).__name__ == "Sessions"),
    ("sessions", "lifetime", lambda sessions: sessions.idle and sessions.absolute),
    ("tokens", "required", lambda tokens: tokens.required),
)
"""Field, word, and whether the feature does that."""
