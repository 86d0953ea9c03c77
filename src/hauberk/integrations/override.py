"""`@hauberk.override(...)`: another policy for one route, said where the route is, and never weaker in silence."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from hauberk.core.equipment import Assembly, Equipped
from hauberk.core.errors import ConfigurationError
from hauberk.core.log import decision
from hauberk.core.options import did_you_mean, shown
from hauberk.core.plan import Plan
from hauberk.policy import FIELDS, Policy
from hauberk.shield.csp.compare import loosened

T = TypeVar("T")
MARK = "__hauberk_override__"
WHOLE = frozenset({"hosts", "https", "paths", "csp_reports"})
"""Fields that act before any route is chosen, or at an address of their own."""
OPENING = frozenset({"cors", "csp_report_only"})
"""Fields that allow more, or say nothing of strength, where they are turned on."""


@dataclass(frozen=True, slots=True, eq=False)
class Override:
    """What one decorator says."""

    changes: Mapping[str, Any]
    reason: str
    where: str
    """The handler's module and name."""

    def __deepcopy__(self, memo: object) -> Override:
        # Litestar copies its handlers, and it stays the same decorator.
        return self

    def __str__(self) -> str:
        return f"{self.where}: {', '.join(self.changes)} ({self.reason or 'no weaker'})"


def override(*, reason: str = "", **changes: Any) -> Callable[[T], T]:
    """Change the policy for one handler: a function, a class of views, or one of its methods.

        @app.post("/hooks/payments")
        @hauberk.override(csrf=None, reason="signed by the payment provider; no cookie is read")
        async def paid(request): ...

    Fields are those of `Policy`. `csp` takes a CSP, or a mapping of directive to sources that are added to the
    policy's own. Whatever turns a feature off, or cannot be shown to be as strict as the policy, needs a `reason`: it
    is logged when the application starts. Raises ConfigurationError for a field that does not exist, for a missing
    reason, and for fields that act before a route is chosen.

    The policy itself applies to HEAD and OPTIONS, to answers without a route, and wherever the route is in doubt.
    """
    for name, value in changes.items():
        _check(name, value, reason)
    if not changes:
        raise ConfigurationError("override", "", "changes nothing", "name a field: override(csrf=None, reason='...')")

    def mark(target: T) -> T:
        named = getattr(target, "fn", target)  # a handler of Litestar is named as its function
        where = f"{getattr(named, '__module__', '')}.{getattr(named, '__qualname__', type(named).__qualname__)}"
        made = Override(MappingProxyType(dict(changes)), reason.strip(), where)
        holder: Any = target.__func__ if isinstance(target, staticmethod | classmethod) else target
        opt = getattr(holder, "opt", None)
        if isinstance(opt, dict):  # a handler of Litestar, which is copied, and its `opt` with it
            opt[MARK] = (*opt.get(MARK, ()), made)
            return target
        try:
            setattr(holder, MARK, (*vars(holder).get(MARK, ()), made))
        except (AttributeError, TypeError):
            raise ConfigurationError(
                "override", where, "cannot be marked", "put @override below the decorator that makes the route"
            ) from None
        return target

    return mark


def _check(name: str, value: Any, reason: str) -> None:
    if name not in FIELDS:
        fix = did_you_mean(name, FIELDS)
        raise ConfigurationError(f"override.{name}", shown(name, value), "is not a field of Policy", fix)
    if name in WHOLE:
        raise ConfigurationError(
            f"override.{name}", value, "acts before a route is chosen", "set it in the policy of the application"
        )
    adds = name == "csp" and isinstance(value, Mapping)
    if value is not None and not adds and not isinstance(value, FIELDS[name]):
        kinds = FIELDS[name]
        first = kinds[0] if isinstance(kinds, tuple) else kinds
        raise ConfigurationError(
            f"override.{name}", shown(name, value), f"is not a {first.__name__}", "or None for off"
        )
    if (value is None or adds) and not reason.strip():
        raise ConfigurationError(
            f"override.{name}", value, "weakens the policy without a reason", "say why: reason='...'"
        )


def overrides_of(endpoint: Any, method: str) -> tuple[Override, ...]:
    """What stands on a handler for a request of that method; of a class, then of its method for the verb."""
    while isinstance(endpoint, functools.partial):
        endpoint = endpoint.func
    opt = getattr(endpoint, "opt", None)
    if isinstance(opt, dict):  # a handler of Litestar
        return (*opt.get(MARK, ()), *_marks(getattr(endpoint, "fn", None)))
    cls = endpoint if isinstance(endpoint, type) else getattr(endpoint, "view_class", getattr(endpoint, "cls", None))
    if not isinstance(cls, type):
        return _marks(endpoint)
    # Its own, not a base class's: a subclass is another view, and inherits no weakness.
    of_class = tuple(vars(cls).get(MARK, ()))
    of_view = () if endpoint is cls else tuple(one for one in _marks(endpoint) if one not in of_class)
    return (*of_class, *of_view, *_marks(getattr(cls, method.lower(), None)))


def _marks(function: Any) -> tuple[Override, ...]:
    return tuple(getattr(function, MARK, ()))


def verbs(endpoint: Any) -> tuple[str, ...]:
    """The methods for which a handler may be overridden in different ways."""
    cls = endpoint if isinstance(endpoint, type) else getattr(endpoint, "view_class", getattr(endpoint, "cls", None))
    known = ("GET", "POST", "PUT", "PATCH", "DELETE")
    return known if isinstance(cls, type) else known[:1]


def applied(policy: Policy, overrides: Iterable[Override]) -> Policy:
    """The policy with these changes. Raises ConfigurationError where one is weaker and says no reason."""
    for one in overrides:
        changes: dict[str, Any] = {}
        for name, value in one.changes.items():
            old = getattr(policy, name)
            # Where there is no policy to add to, everything is allowed already.
            new = (old and old.adding(value)) if isinstance(value, Mapping) else value
            problem = weaker(name, old, new)
            if problem and not one.reason:
                raise ConfigurationError(
                    f"override.{name}", one.where, f"{problem}, without a reason", "say why: reason='...'"
                )
            changes[name] = new
        policy = policy.replace(**changes)
    return policy


def weaker(name: str, old: Any, new: Any) -> str:
    """What makes a feature weaker than before; empty if it is plainly not."""
    if old == new:
        return ""
    if new is None:
        return "is turned off"
    if name == "csp" and old is not None:
        more = loosened(old, new)
        return f"allows more: {', '.join(more[:3])}" if more else ""
    if old is None:
        return "allows more than the policy" if name in OPENING else ""
    if isinstance(old, Equipped):  # it has steps when the policy has given it a store
        return "cannot be shown to be as strict"
    before, after = old.steps(), new.steps()
    values = dict(after.headers)
    if before.weaker and all(field in values and not judge([values[field]]) for field, judge in before.weaker.items()):
        return ""
    return "cannot be shown to be as strict"


class Variants:
    """The plans of an application's overrides, made when it starts."""

    def __init__(self, policy: Policy, assembly: Assembly, endpoints: Iterable[Any]) -> None:
        self._plans: dict[tuple[Override, ...], Plan] = {}
        told: dict[Override, None] = {}
        for endpoint in endpoints:
            for verb in verbs(endpoint):
                found = overrides_of(endpoint, verb)
                if found and found not in self._plans:
                    self._plans[found] = applied(policy, found).plan(assembly)
                    told.update(dict.fromkeys(found))
        for one in told:
            decision(
                "policy-overridden", level=logging.INFO, where=one.where, fields=list(one.changes), reason=one.reason
            )
        self.overrides = tuple(told)

    def __bool__(self) -> bool:
        return bool(self._plans)

    def plan(self, found: tuple[Override, ...]) -> Plan | None:
        """The plan of a handler with these, or None for the policy's own."""
        return self._plans.get(found)

    def plans(self) -> Mapping[tuple[Override, ...], Plan]:
        """By what stands on a handler."""
        return MappingProxyType(self._plans)
