"""Reports: pure functions of a `Result`, each format one module."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Protocol

from hauberk.core.errors import ConfigurationError
from hauberk.core.finding import Result
from hauberk.core.options import did_you_mean
from hauberk.report.meta import Meta

__all__ = ["FORMATS", "Format", "Meta", "render"]


class Format(Protocol):
    """What a format's module offers: the whole report as one text."""

    def __call__(self, result: Result, *, meta: Meta) -> str:
        """Render it."""


class _Module:
    """A format whose module is imported when it is wanted: rich alone takes longer than most audits."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, result: Result, *, meta: Meta) -> str:
        render: Format = import_module(f"{__name__}.{self._name}").render
        return render(result, meta=meta)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {name: _Module(name) for name in ("text", "json", "sarif", "html", "junit", "github", "markdown")}
)
"""By the names that `--format` takes."""


def render(name: str, result: Result, meta: Meta) -> str:
    """The result in a format of `FORMATS`. Raises ConfigurationError for another name."""
    if name not in FORMATS:
        raise ConfigurationError("format", name, "is not a format of reports", did_you_mean(name, FORMATS))
    return FORMATS[name](result, meta=meta)
