"""LDAP: ldap3 and python-ldap, their search filters and distinguished names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import ModuleType
from typing import Any

from hauberk.core.exchange import Exchange
from hauberk.guard.imports import when_imported
from hauberk.guard.inputs import Inputs, decodings, every
from hauberk.guard.ldap import WILDCARD, any_value, judge_filter, judge_name
from hauberk.guard.likeness import judge_changed
from hauberk.guard.request import RequestGuard
from hauberk.guard.seen import SEEN
from hauberk.guard.sensor import sense, sense_found
from hauberk.guard.sinks.methods import Before, watch
from hauberk.guard.verdict import Judgement


def look_at_filter(target: str, text: Any) -> None:
    """Say which filter is about to be searched with. Raises BlockedError."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    if not isinstance(text, str) or not text:
        return
    altered = judge_changed(text, judge_filter)
    sense("ldap", target, text, partial(judge_filter, text), dialect="rfc4515", altered=altered)
    if names := any_value(text):
        sense_found("ldap", target, text, partial(_wildcards, names), dialect="rfc4515")


def look_at_name(target: str, text: Any) -> None:
    """Say which distinguished name is about to be used. Raises BlockedError."""
    if isinstance(text, str) and "=" in text:
        altered = judge_changed(text, judge_name)
        sense("ldap", target, text, partial(judge_name, text), dialect="rfc4514", altered=altered)


def _wildcards(names: tuple[str, ...], ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
    """Inputs that are a wildcard and nothing else: too short to be looked for in a text that has its own."""
    guard: RequestGuard = ex.guard
    stars, key = guard.once(ex, "stars", _stars), " ".join(names)
    if not stars:
        SEEN.add("ldap", "any value: " + key)
    elif not SEEN.knows("ldap", "any value: " + key):
        yield stars[0], "", WILDCARD


def _stars(ex: Exchange) -> list[str]:
    return [name for name, value in every(ex) if any(form and not form.strip("* ") for form in decodings(value))]


def _search(target: str, connection: Any, search_base: Any, search_filter: Any, *args: Any, **options: Any) -> None:
    look_at_name(target, search_base)
    look_at_filter(target, search_filter)


def _named(target: str, connection: Any, dn: Any, *args: Any, **options: Any) -> None:
    look_at_name(target, dn)
    look_at_name(target, options.get("relative_dn", args[0] if args and target.endswith("modify_dn") else None))


def _bound(target: str, connection: Any, *args: Any, **options: Any) -> None:
    look_at_name(target, connection.user)


def _patch_ldap3(module: ModuleType) -> list[str]:
    kind = module.Connection
    hooks: dict[str, Before] = {"search": _search, "bind": _bound}
    hooks |= dict.fromkeys(("add", "delete", "modify", "modify_dn", "compare"), _named)
    for name, hook in hooks.items():
        watch(kind, name, partial(hook, f"ldap3.Connection.{name}"))
    return [f"ldap3.Connection.{name}" for name in hooks]


def _search_ext(
    target: str, connection: Any, base: Any, scope: Any = None, filterstr: Any = None, *args: Any, **options: Any
) -> None:
    look_at_name(target, base)
    look_at_filter(target, filterstr)


def _patch_python_ldap(module: ModuleType) -> list[str]:
    kind = module.SimpleLDAPObject
    hooks: dict[str, Before] = {"search_ext": _search_ext}
    hooks |= dict.fromkeys(("add_ext", "delete_ext", "modify_ext", "rename", "compare_ext", "simple_bind"), _named)
    for name, hook in hooks.items():
        watch(kind, name, partial(hook, f"ldap.{name}"))
    return [f"ldap.{name}" for name in hooks]


def install() -> list[str]:
    """Watch both where they are imported, now or later; what is hooked."""
    return [
        *when_imported("ldap3.core.connection", _patch_ldap3),
        *when_imported("ldap.ldapobject", _patch_python_ldap),
    ]
