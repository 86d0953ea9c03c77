"""Reports: pure functions of a `Result`, each format one module."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from hauberk.core.errors import ConfigurationError
from hauberk.core.finding import Result
from hauberk.core.options import did_you_mean
from hauberk.report import github, html, json, junit, markdown, sarif, text
from hauberk.report.meta import Meta

__all__ = ["FORMATS", "Format", "Meta", "render"]


class Format(Protocol):
    """What a format's module offers: the whole report as one text."""

    def __call__(self, result: Result, *, meta: Meta) -> str:
        """Render it."""


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "text": text.render,
        "json": json.render,
        "sarif": sarif.render,
        "html": html.render,
        "junit": junit.render,
        "github": github.render,
        "markdown": markdown.render,
    }
)
"""By the names that `--format` takes."""


def render(name: str, result: Result, meta: Meta) -> str:
    """The result in a format of `FORMATS`. Raises ConfigurationError for another name."""
    if name not in FORMATS:
        raise ConfigurationError("format", name, "is not a format of reports", did_you_mean(name, FORMATS))
    return FORMATS[name](result, meta=meta)
