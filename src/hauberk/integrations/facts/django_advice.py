"""Django's own deployment check: `manage.py check --deploy --tag security`, asked in this process."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core import checks

from hauberk.check.facts import Advice
from hauberk.core.finding import Severity
from hauberk.integrations.facts.reading import Reading

LONGEST = 400
"""Characters of a message; more is no message."""
NAME = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\bDEBUG\b|\bMIDDLEWARE\b")
SETTING_OF = {"security.E101": "CSRF_FAILURE_VIEW", "security.E102": "CSRF_FAILURE_VIEW"}
"""Messages that do not name their setting."""


def asked(reading: Reading, hidden: Iterable[str]) -> tuple[Advice, ...]:
    """Every message of every check with the tag `security`, those of packages and of the project's own among them.

    Each is asked by itself, so that one that raises is a gap and takes nothing with it. What
    SILENCED_SYSTEM_CHECKS names is left out: somebody decided. `hidden` are values that no message may repeat.
    """
    secrets = [value for value in hidden if value]
    found: list[Advice] = []
    for check in sorted(checks.registry.registry.get_checks(include_deployment_checks=True), key=_name):
        if checks.Tags.security in getattr(check, "tags", ()):
            found += reading.part(f"The check {_name(check)}", _asking(reading, check, secrets)) or ()
    return tuple(dict.fromkeys(found))


def _asking(reading: Reading, check: Any, secrets: list[str]) -> Callable[[], list[Advice]]:
    return lambda: list(_said(reading, check(app_configs=None, databases=None), secrets))


def _name(check: Any) -> str:
    return f"{getattr(check, '__module__', '')}.{getattr(check, '__qualname__', type(check).__name__)}"


def _said(reading: Reading, messages: Iterable[checks.CheckMessage], secrets: list[str]) -> Iterator[Advice]:
    for message in messages:
        if message.level <= checks.DEBUG or message.is_silenced():
            continue
        code, text, hint = message.id or "", _plain(message.msg, secrets), _plain(message.hint or "", secrets)
        name = SETTING_OF.get(code) or next((n for n in NAME.findall(text) if hasattr(settings, n)), None)
        where = reading.locate((name, None), value=getattr(settings, name)) if name else reading.where
        yield Advice(code=code, text=text, hint=hint, severity=_severity(message.level), where=where)


def _severity(level: int) -> Severity:
    if level >= checks.ERROR:
        return "medium"
    return "low" if level >= checks.WARNING else "info"


def _plain(text: object, secrets: list[str]) -> str:
    """One line, without the secrets that it may repeat."""
    line = " ".join(str(text).split())
    for secret in secrets:
        line = line.replace(secret, "…")
    return line[:LONGEST]
