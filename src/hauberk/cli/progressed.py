"""`hauberk scan --resume FILE` and `--rollback MODULE:FUNCTION`: where an earlier scan stopped, and what undoes."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hauberk._version import __version__
from hauberk.core.errors import ConfigurationError, InputError
from hauberk.scan import RULES
from hauberk.scan.extent import Reached

FIX = "name the file of a scan of the same target, or one that does not exist yet"


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a scan of one target is, as a file."""

    path: Path
    target: str

    def load(self) -> Reached:
        """Where it stopped; the beginning if there is no file. Raises InputError for another's, or a broken one."""
        from hauberk.report.json import loads

        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Reached()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(str(self.path), f"cannot be read: {error}", FIX) from error
        try:
            document: dict[str, Any] = json.loads(text)
            held = document["reached"]
            sent = {str(word): (str(point), str(template)) for word, (point, template) in held["sent"].items()}
            points, attacked = frozenset(map(str, held["points"])), frozenset(map(str, held["attacked"]))
            operations = frozenset(map(str, held["operations"]))
            tried = {str(rule): int(count) for rule, count in held["tried"].items()}
            reads, asked = _reads(held.get("reads", ())), _asked(held.get("asked", ()))  # older files have neither
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(str(self.path), "is no file of --resume", FIX) from error
        if document.get("target") != self.target:
            raise InputError(str(self.path), f"is of {document.get('target')}, not of {self.target}", FIX)
        found = loads(json.dumps({**document, "findings": held["findings"]}), source=str(self.path), rules=RULES)
        return Reached(
            points=points,
            attacked=attacked,
            operations=operations,
            findings=found.findings,
            sent=sent,
            tried=tried,
            reads=reads,
            asked=asked,
        )

    def save(self, reached: Reached) -> None:
        """Write it beside, then put it in place: a scan that is killed leaves a whole file. Raises InputError."""
        head = {"hauberk": __version__, "command": "scan", "target": self.target, "complete": False, "stats": {}}
        beside = self.path.with_name(self.path.name + ".new")
        try:
            beside.touch(mode=0o600)
            beside.write_text(json.dumps({**head, "reached": reached.as_json()}, default=str), encoding="utf-8")
            beside.replace(self.path)
        except OSError as error:
            raise InputError(str(self.path), f"cannot be written: {error.strerror}", "name another file") from error


def _reads(rows: Iterable[tuple[str, str, str, str]]) -> dict[str, dict[tuple[str, str], str]]:
    """What handlers asked for, by path. Raises ValueError for what is no such list."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    for path, place, name, line in rows:
        found.setdefault(str(path), {})[str(place), str(name)] = str(line)
    return found


def _asked(rows: Iterable[tuple[str, ...]]) -> dict[str, dict[str, frozenset[str]]]:
    """In which lines, by path and method. Raises ValueError for what is no such list."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for path, method, *lines in rows:
        found.setdefault(str(path), {})[str(method)] = frozenset(map(str, lines))
    return found


def rollback(name: str) -> Callable[[], object]:
    """The function that puts the data back. Raises ConfigurationError and InputError."""
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise ConfigurationError("--rollback", name, "is not of the form module:function")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(name, f"cannot be imported: {error}", "write it as module:function") from error
    if not callable(found):
        raise ConfigurationError("--rollback", name, "is no function")
    return found  # type: ignore[no-any-return]
