"""Modules that are imported by a name out of a request (CWE-470): reported, for what importing one does, it decides.

`importlib.import_module` comes through `_gcd_import`, whoever took a name of it before. `__import__` and import
statements raise an audit event where they load what was not loaded yet: a statement's name stands in its code.
"""

from __future__ import annotations

import dis
import importlib
import sys
from collections.abc import Callable, Iterator
from functools import partial, wraps
from typing import Any

from hauberk.core.exchange import Exchange
from hauberk.guard.carry import MARK, listened
from hauberk.guard.frames import is_among_constants, is_constant
from hauberk.guard.hook import handle
from hauberk.guard.inputs import Inputs, every
from hauberk.guard.listeners import recorder
from hauberk.guard.sensor import sense_found
from hauberk.guard.verdict import Judgement

_BOOTSTRAP: Any = vars(importlib)["_bootstrap"]
TARGET = "importlib.import_module"
EVENT = "import"
_IMPORT_NAME = dis.opmap["IMPORT_NAME"]
_CHOSEN = Judgement("unknown", "the input is the name of the module that is imported", reported=True)


def install() -> list[str]:
    """Watch the function behind `import_module`, and handle the event; their public names."""
    handle({EVENT: _on_import})
    original = _BOOTSTRAP._gcd_import
    if not getattr(original, MARK, False):
        _BOOTSTRAP._gcd_import = _watched(original)
    return [TARGET, f"audit:{EVENT}"]


def _watched(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def import_named(name: Any, *args: Any, **options: Any) -> Any:
        # Who records judges the text as source, and a name is none.
        if isinstance(name, str) and listened() and recorder() is None:
            sense_found("eval", TARGET, name, partial(_chosen, name), dialect="module", stops=False)
        return original(name, *args, **options)

    setattr(import_named, MARK, True)
    return import_named


def _on_import(args: tuple[Any, ...]) -> None:
    name = args[0]
    if isinstance(name, str) and recorder() is None and not _named():
        sense_found("eval", "__import__", name, partial(_chosen, name), dialect="module", stops=False)


def _named() -> bool:
    """Whether it is an import statement that loads a module: then its name stands in the code.

    Nothing may be imported to tell: 0 is here, 1 the handler, 2 the hook, 3 who imports.
    """
    frame = sys._getframe(3)
    return frame.f_code.co_code[frame.f_lasti] == _IMPORT_NAME


def _chosen(module: str, ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
    for name, value in every(ex):
        if value.strip() == module:
            if not (is_constant(module) or is_among_constants(module)):
                yield name, value, _CHOSEN
            return
