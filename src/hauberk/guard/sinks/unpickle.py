"""pickle and everything on top of it (shelve, joblib, numpy, pandas, dill), and marshal, by audit event.

A global that a pickle names is loaded through `pickle.find_class`, whoever unpickles: references that a module took
before are no way around it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

from hauberk.core.exchange import Exchange
from hauberk.guard.blobs import blobs
from hauberk.guard.hook import handle
from hauberk.guard.inputs import Inputs
from hauberk.guard.pickles import ANY, ATTACK, harmless, named
from hauberk.guard.request import RequestGuard
from hauberk.guard.sensor import sense_found
from hauberk.guard.verdict import Judgement

_CODE = Judgement("attack", "octets of the request are unmarshalled, and hold code")
_VALUES = Judgement("unknown", "octets of the request are unmarshalled")
_CODE_OBJECT = re.compile(rb"[c\xe3][\x00-\xff]\x00\x00\x00", re.DOTALL)
"""The type's octet, with or without the flag, and the number of arguments (Python/marshal.c)."""
_SHORTEST = 5
"""Octets of marshalled data that mean anything: fewer are found everywhere."""


def install() -> list[str]:
    """Handle the events; their names."""
    handle({"pickle.find_class": _on_find_class, "marshal.loads": _on_loads, "marshal.load": _on_load})
    return ["audit:pickle.find_class", "audit:marshal.loads", "audit:marshal.load"]


def _on_find_class(args: tuple[Any, ...]) -> None:
    module, name = str(args[0]), str(args[1])
    if not harmless(module, name):
        search = partial(_search, module, name)
        sense_found("unpickle", "pickle.loads", f"{module}.{name}", search, dialect="pickle")


def _search(module: str, name: str, ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
    guard: RequestGuard = ex.guard
    for origin, globals_named in guard.once(ex, "pickles", _pickles):
        if (module, name) in globals_named or ANY in globals_named:
            yield origin, "", ATTACK


def _pickles(ex: Exchange) -> list[tuple[str, set[tuple[str, str]]]]:
    found = ((origin, named(blob)) for origin, blob in blobs(ex))
    return [(origin, globals_named) for origin, globals_named in found if globals_named]


def _on_loads(args: tuple[Any, ...]) -> None:
    # 0 is here, 1 the hook, 2 who called: the import of a compiled file does it all the time.
    if sys._getframe(2).f_globals.get("__name__") != "importlib._bootstrap_external":
        octets = bytes(args[0]) if isinstance(args[0], bytes | bytearray | memoryview) else b""
        if len(octets) >= _SHORTEST:
            sense_found("unpickle", "marshal.loads", "marshal", partial(_marshalled, octets), dialect="marshal")


def _marshalled(octets: bytes, ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
    for origin, blob in blobs(ex):
        if len(blob) >= _SHORTEST and (octets in blob or octets.startswith(blob)):
            yield origin, "", _CODE if _CODE_OBJECT.search(octets) else _VALUES


def _on_load(args: tuple[Any, ...]) -> None:
    if sys._getframe(2).f_globals.get("__name__") != "importlib._bootstrap_external":
        sense_found("unpickle", "marshal.load", "marshal", _streamed, dialect="marshal")


def _streamed(ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
    """What is read from a file is not told; only whether the request holds marshalled code (its first octet)."""
    for origin, blob in blobs(ex):
        if _CODE_OBJECT.match(blob):
            yield origin, "", _CODE
