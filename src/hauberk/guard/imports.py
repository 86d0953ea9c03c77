"""Patches for modules that may be imported later: run right after the import, or at once where it is already done.

A driver is never imported for the guard's sake. What a patch did, or why it failed, is kept for the coverage report.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from threading import RLock
from types import ModuleType
from typing import Any

Patch = Callable[[ModuleType], list[str]]
"""Hooks a module that is imported, and names what it hooked. Must bear to be called again."""

_PATCHES: dict[str, list[Patch]] = {}
_LOCK = RLock()
HOOKED: dict[str, tuple[str, ...]] = {}
"""What was hooked, by module."""
FAILED: dict[str, str] = {}
"""Why a module could not be hooked."""


def when_imported(name: str, patch: Patch) -> list[str]:
    """Have the patch run once `name` is imported, now if it is; what is hooked by now."""
    with _LOCK:
        if patch not in _PATCHES.setdefault(name, []):
            _PATCHES[name].append(patch)
        if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
            sys.meta_path.insert(0, _FINDER)
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    if module is not None and not getattr(spec, "_initializing", False):
        _run(name, module)
    return list(HOOKED.get(name, ()))


def _run(name: str, module: ModuleType) -> None:
    hooked: dict[str, None] = {}
    try:
        for patch in _PATCHES[name]:
            hooked.update(dict.fromkeys(patch(module)))
    except Exception as error:  # Said aloud and kept as a finding: the user must not believe that he is protected.
        FAILED[name] = f"{type(error).__name__}: {error}"
        warnings.warn(f"hauberk could not hook {name}: {FAILED[name]}", RuntimeWarning, stacklevel=2)
    else:
        FAILED.pop(name, None)
        HOOKED[name] = tuple(hooked)


def waiting() -> tuple[str, ...]:
    """Modules that are hooked once they are imported, and are not yet."""
    return tuple(name for name in list(_PATCHES) if name not in sys.modules)


class _Loader(Loader):
    """Another loader, with the patches after it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._inner.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        # From here on the module is as if nobody had been in between: `inspect` and `pkgutil` ask its loader things.
        module.__loader__ = self._inner
        if module.__spec__ is not None:
            module.__spec__.loader = self._inner
        self._inner.exec_module(module)
        _run(module.__name__, module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Finder(MetaPathFinder):
    """Finds what the others find, and has it loaded with its patches."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _PATCHES:
            return None
        for finder in sys.meta_path:
            if finder is self:
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = _Loader(spec.loader)
                return spec
        return None


_FINDER = _Finder()
