"""Schemes at costs that their own options refuse, for tests that are about everything but the cost."""

from __future__ import annotations

from typing import TypeVar

from hauberk.auth.passwords.schemes import Scheme

AnyScheme = TypeVar("AnyScheme", bound=Scheme)


def cheap(scheme: AnyScheme, **costs: int) -> AnyScheme:
    for name, value in costs.items():
        object.__setattr__(scheme, name, value)
    return scheme
