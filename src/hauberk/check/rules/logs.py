"""What a line of the log holds, and what it lets through: judged by a line that the effective handlers make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hauberk.check.facts import Facts, LogFacts
from hauberk.check.verdict import Check, fail, not_applicable, passed
from hauberk.core.finding import Finding, Rule

DOCS = "https://cheatsheetseries.owasp.org/cheatsheets/Logging_Cheat_Sheet.html"
METADATA = Rule(
    id="check.log-metadata",
    title="Lines of the log do not say when, how bad and where",
    severity="low",
    why="After an incident nobody can tell in which order things happened.",
    fix="Write time, level and logger with each line: %(asctime)s %(levelname)s %(name)s %(message)s, or JSON.",
    cwe=(778, 223),
    asvs=("v5.0.0-16.2.1",),
    top10=("A09:2025",),
    docs=DOCS,
)
ZONE = Rule(
    id="check.log-time-zone",
    title="Times in the log have no zone",
    severity="low",
    why="Lines of two machines, or of the night when the clock changes, cannot be put in order.",
    fix="Write UTC, or the offset: datefmt='%Y-%m-%dT%H:%M:%S%z'.",
    cwe=(778,),
    asvs=("v5.0.0-16.2.2",),
    top10=("A09:2025",),
    docs=DOCS,
)
INJECTION = Rule(
    id="check.log-injection",
    title="A line break in a value begins a new line of the log",
    severity="low",
    why="Whoever sends the value writes lines that never happened, or splits his own.",
    fix="Write JSON, or give the handler a formatter that escapes control characters.",
    cwe=(117,),
    asvs=("v5.0.0-16.4.1",),
    top10=("A09:2025",),
    docs=DOCS,
)

TIME = re.compile(r"\d{1,2}:\d{2}:\d{2}|\b1[6-9]\d{8}(\.\d+)?\b")
OFFSET = re.compile(r"\d{1,2}:\d{2}(:\d{2})?([.,]\d+)?\s?(Z|UTC|GMT|[+-]\d{2}:?\d{2})\b|\b1[6-9]\d{8}(\.\d+)?\b")


def _metadata(log: LogFacts) -> str:
    missing = [
        what
        for what, there in (
            ("time", TIME.search(log.line)),
            ("level", re.search(r"warn", log.line, re.IGNORECASE)),
            ("logger", "hauberk.probe" in log.line),
        )
        if not there
    ]
    return f"writes no {' and no '.join(missing)}" if missing else ""


def _zone(log: LogFacts) -> str:
    if not TIME.search(log.line):
        return "writes no time"
    return "" if OFFSET.search(log.line) else "writes times without UTC or an offset"


def _injection(log: LogFacts) -> str:
    return "writes a line break as it is" if "\n" in log.line.rstrip("\n") else ""


def _judge(rule: Rule, fault: Callable[[LogFacts], str]) -> Callable[[Facts], Iterator[Finding]]:
    def judge(facts: Facts) -> Iterator[Finding]:
        if facts.log is None:
            yield not_applicable(rule, "The handlers of the log could not be read.")
        elif not facts.log:
            yield not_applicable(rule, "The application sets up no log of its own; the server may.")
        for log in facts.log or ():
            if wrong := fault(log):
                yield fail(rule, log.where, f"{log.name} {wrong}.", key=log.name, evidence={"line": log.line})
            else:
                yield passed(rule, f"{log.name} is right: {log.line!r}.", log.where, key=log.name)

    return judge


CHECKS = (
    Check(METADATA, _judge(METADATA, _metadata)),
    Check(ZONE, _judge(ZONE, _zone)),
    Check(INJECTION, _judge(INJECTION, _injection)),
)
