"""Hosts that are known to give an attacker a script of his own, as data: `csp_bypasses.json` says of which kinds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Bypasses:
    """The hosts by kind. Those of `uploads_below` mean every name below them."""

    jsonp: frozenset[str]
    eval: frozenset[str]
    """Of those with JSONP, the ones whose way needs 'unsafe-eval' as well."""
    angular: frozenset[str]
    uploads: frozenset[str]
    uploads_below: frozenset[str]


@cache
def csp_bypasses() -> Bypasses:
    """The table, read once."""
    data = json.loads((files(__package__) / "csp_bypasses.json").read_text(encoding="utf-8"))
    return Bypasses(**{kind: frozenset(hosts) for kind, hosts in data.items() if kind != "about"})
