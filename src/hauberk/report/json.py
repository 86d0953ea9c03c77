"""The JSON of every judging command, written and read back. Its schema is `schema.json`, next to this file.

Reading back is in `recorded`, which needs more than writing does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hauberk.core.finding import Result, Rule
from hauberk.report.meta import Meta


def render(result: Result, *, meta: Meta) -> str:
    """The result as one JSON document, ASCII only, ending in a line feed."""
    document: dict[str, Any] = {
        "hauberk": meta.version,
        "command": result.command,
        "target": result.target,
        "complete": result.complete,
        "stats": dict(result.stats),
        "gaps": list(result.gaps),
        "findings": [finding.as_json() for finding in result.findings],
    }
    # A line a finding: with `indent` the standard library leaves its fast writer. ASCII, because findings quote what
    # attackers send, and a lone surrogate has no UTF-8. A value that is no JSON (a rule's mistake) is written as its
    # text rather than losing the whole report.
    findings = document.pop("findings")
    head = json.dumps(document, ensure_ascii=True, default=str)[:-1]
    lines = ",\n".join(json.dumps(finding, ensure_ascii=True, default=str) for finding in findings)
    return f'{head}, "findings": [\n{lines}\n]}}\n' if lines else f'{head}, "findings": []}}\n'


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of what `render` writes."""
    from importlib.resources import files

    read: dict[str, Any] = json.loads(files("hauberk.report").joinpath("schema.json").read_text("utf-8"))
    return read


def load(path: Path | str, rules: Iterable[Rule] = ()) -> Result:
    """Read back what `render` wrote.

    `rules` are those that this hauberk knows: they bring back what the file does not hold (why it matters, where to
    read on). Raises InputError when the file cannot be read or is no such document.
    """
    from hauberk.report import recorded

    return recorded.load(path, rules)


def loads(data: bytes | str, *, source: str = "report", rules: Iterable[Rule] = ()) -> Result:
    """Like `load`, from the document itself; `source` is how errors name it."""
    from hauberk.report import recorded

    return recorded.loads(data, source=source, rules=rules)
