"""What is decoded before a loader can be reached: heard while an application is scanned, and only then.

A pickle in base64 fails to decode, or to load, long before it names a global: what an audit event tells comes too late
to find out that an input is read so. The two functions are replaced by name, as they are nobody's methods, and put
back afterwards: a process that serves users is left as it is.
"""

from __future__ import annotations

import base64
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from types import ModuleType
from typing import Any

from hauberk.guard.sensor import note

FUNCTIONS: tuple[tuple[ModuleType, str, str], ...] = (
    (base64, "b64decode", "base64"),  # `urlsafe_b64decode` and `standard_b64decode` come by there
    (pickle, "loads", "pickle"),
)


@contextmanager
def decoding() -> Iterator[None]:
    """Note what is decoded meanwhile, wherever the functions were imported to before."""
    there = {id(vars(module)[name]): _heard(vars(module)[name], dialect) for module, name, dialect in FUNCTIONS}
    _exchange(there)
    try:
        yield
    finally:
        _exchange({id(heard): heard.__wrapped__ for heard in there.values()})


def _heard(original: Callable[..., Any], dialect: str) -> Any:
    target = f"{'pickle' if dialect == 'pickle' else original.__module__}.{original.__name__}"

    @wraps(original)
    def run(document: Any, *args: Any, **options: Any) -> Any:
        note(target, document, dialect)
        return original(document, *args, **options)

    return run


def _exchange(others: Mapping[int, Any]) -> None:
    for module in list(sys.modules.values()):
        if not issubclass(type(module), ModuleType) or module.__name__ == __name__:
            continue
        # Not `vars`: it would load a module that is to be loaded lazily.
        names: dict[str, Any] = object.__getattribute__(module, "__dict__")
        for name, value in list(names.items()):
            if id(value) in others:
                setattr(module, name, others[id(value)])
