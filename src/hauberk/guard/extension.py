"""Methods of classes that are written in C: such a class takes no assignment, but its dictionary can be reached.

Only for methods that no slot of the class stands for (`xpath`, not `__call__`). CPython alone; elsewhere the hook
fails, and says so.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from typing import Any

from hauberk.core.errors import HauberkError


def replace_method(kind: type, name: str, replacement: Callable[..., Any]) -> None:
    """Put another function in the place of a method. Raises HauberkError where the class gives no way to."""
    names = gc.get_referents(vars(kind))
    if not names or type(names[0]) is not dict or names[0].get(name) is not vars(kind).get(name):
        raise HauberkError(f"{kind.__module__}.{kind.__qualname__}.{name} cannot be replaced on this interpreter")
    names[0][name] = replacement
    # Python remembers where it found a method; this makes it look again.
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
