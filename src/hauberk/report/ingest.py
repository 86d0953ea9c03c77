"""What other tools found, out of their SARIF 2.1.0 (ruff, bandit, semgrep, CodeQL, ZAP ...), as findings of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from hauberk.core.errors import InputError
from hauberk.core.finding import Confidence, Finding, HttpLocation, Location, Result, Rule, Severity
from hauberk.report.plain import clip, words

LARGEST = 64 << 20
"""Octets of a file."""
MOST = 20_000
"""Results that are taken of one file; more are counted as a gap."""
LEVELS: Mapping[str, Severity] = {"error": "high", "warning": "medium", "note": "low", "none": "info"}
SCORES: tuple[tuple[float, Severity], ...] = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
"""`security-severity` as code hosts read it."""
PRECISION: Mapping[str, Confidence] = {"very-high": "certain", "high": "firm", "medium": "firm", "low": "tentative"}
_CWE = re.compile(r"cwe[-/ :]*0*([0-9]{1,5})(?![0-9])", re.IGNORECASE)
_NAME = re.compile(r"[^a-z0-9]+")


def ingest(path: Path, *, root: Path | None = None) -> Result:
    """The results of every run in a file. Suppressed ones are left out; so is what the tool itself calls a pass.

    Raises InputError for a file that cannot be read or is no SARIF 2.1.0.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(str(path), f"is larger than {LARGEST >> 20} MiB", "split it")
        document = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise InputError(str(path), f"cannot be read: {error.strerror}", "name a SARIF file") from error
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputError(str(path), f"is no JSON object: {clip(str(error), 100)}", "name a SARIF file") from error
    if document.get("version") != "2.1.0" or not isinstance(document.get("runs"), list):
        raise InputError(str(path), "is no SARIF 2.1.0", "let the tool write that version")
    place = (root or Path.cwd()).resolve()
    findings: list[Finding] = []
    tools: list[str] = []
    dropped = 0
    for run in _maps(document["runs"]):
        driver = _map(_map(run.get("tool")).get("driver"))
        name = _slug(driver.get("name")) or "tool"
        tools.append(name)
        rules = _Rules(name, run)
        for result in _maps(run.get("results")):
            if len(findings) >= MOST:
                dropped += 1
            elif (made := _finding(result, rules, run, place)) is not None:
                findings.append(made)
    gaps = (f"{dropped} more results of {path.name} were left out.",) if dropped else ()
    return Result(
        command=f"ingest {path.name}",
        target=path.name,
        complete=not dropped,
        findings=tuple(findings),
        stats={"tools": sorted(set(tools)), "results": len(findings)},
        gaps=gaps,
    )


class _Rules:
    """The rules that a run describes, in its driver and its extensions."""

    def __init__(self, tool: str, run: Mapping[str, Any]) -> None:
        self.tool = tool
        described = _map(run.get("tool"))
        parts = [_map(described.get("driver")), *_maps(described.get("extensions"))]
        self._by_id = {str(rule.get("id")): rule for part in parts for rule in _maps(part.get("rules"))}
        self._first = list(_maps(parts[0].get("rules")))
        self._made: dict[str, Rule] = {}

    def of(self, result: Mapping[str, Any]) -> tuple[Rule, Mapping[str, Any]]:
        """Ours, and theirs."""
        index = result.get("ruleIndex")
        known = self._first[index] if isinstance(index, int) and 0 <= index < len(self._first) else {}
        id = str(result.get("ruleId") or _map(result.get("rule")).get("id") or known.get("id") or "unnamed")
        theirs = self._by_id.get(id, known)
        if id not in self._made:
            self._made[id] = self._make(id, theirs)
        return self._made[id], theirs

    def _make(self, id: str, theirs: Mapping[str, Any]) -> Rule:
        short, full = _text(theirs.get("shortDescription")), _text(theirs.get("fullDescription"))
        address = str(theirs.get("helpUri") or "")
        return Rule(
            id=f"{self.tool}.{_slug(id)}",
            title=clip(words(short or str(theirs.get("name") or id)), 120),
            severity=_severity(theirs, _map(theirs.get("defaultConfiguration")).get("level")),
            why=clip(words(full or short or f"{self.tool} reports it."), 400),
            fix=clip(words(_text(theirs.get("help")) or f"See what {self.tool} says of {id}."), 400),
            cwe=_weaknesses(theirs),
            docs=address if address.startswith("https://") else "",
        )


def _finding(result: Mapping[str, Any], rules: _Rules, run: Mapping[str, Any], root: Path) -> Finding | None:
    if result.get("kind", "fail") not in {"fail", "open", "review"} or result.get("suppressions"):
        return None
    rule, theirs = rules.of(result)
    precision = str(_map(theirs.get("properties")).get("precision", ""))
    own = _severity(result, result.get("level")) if result.get("level") or _score(result) is not None else None
    prints = _map(result.get("partialFingerprints")) or _map(result.get("fingerprints"))
    message = _text(result.get("message")) or rule.title
    return Finding(
        rule=rule,
        outcome="review" if result.get("kind") == "review" else "fail",
        message=clip(words(message), 500),
        location=_location(result, run, root),
        confidence=PRECISION.get(precision, "firm"),
        evidence={"tool": rules.tool, "rule": str(result.get("ruleId") or theirs.get("id") or "")},
        key=next((str(value) for _, value in sorted(prints.items())), message[:200]),
        own_severity=own,
    )


def _location(result: Mapping[str, Any], run: Mapping[str, Any], root: Path) -> Location:
    for location in _maps(result.get("locations")):
        physical = _map(location.get("physicalLocation"))
        artifact, line = _map(physical.get("artifactLocation")), _map(physical.get("region")).get("startLine")
        uri = str(artifact.get("uri") or "")
        base = _map(_map(run.get("originalUriBaseIds")).get(str(artifact.get("uriBaseId")))).get("uri")
        number = line if isinstance(line, int) and not isinstance(line, bool) and line > 0 else None
        if uri.startswith(("http://", "https://")):
            parts = urlsplit(uri)
            method = str(_map(result.get("webRequest")).get("method") or "GET")[:20]
            return HttpLocation(method=method, path=clip(unquote(parts.path) or "/", 300))
        if uri:
            return Location(file=_file(uri, str(base or ""), root), line=number)
    return Location()


def _file(uri: str, base: str, root: Path) -> str:
    """Relative to the project where it lies inside; nothing is opened."""
    path = unquote(urlsplit(uri).path) if uri.startswith("file:") else unquote(uri)
    if base.startswith("file:") and not path.startswith("/"):
        path = unquote(urlsplit(base).path).rstrip("/") + "/" + path
    if path.startswith(str(root) + "/"):
        path = path[len(str(root)) + 1 :]
    return clip(words(path.removeprefix("./")), 400)


def _severity(of: Mapping[str, Any], level: object) -> Severity:
    score = _score(of)
    if score is not None:
        return next((severity for least, severity in SCORES if score >= least), "info")
    return LEVELS.get(str(level or "warning"), "medium")


def _score(of: Mapping[str, Any]) -> float | None:
    value = _map(of.get("properties")).get("security-severity")
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None


def _weaknesses(theirs: Mapping[str, Any]) -> tuple[int, ...]:
    properties = _map(theirs.get("properties"))
    tags = [str(tag) for name in ("tags", "cwe") for tag in _list(properties.get(name))]
    targets = [str(_map(one.get("target")).get("id")) for one in _maps(theirs.get("relationships"))]
    components = [_map(_map(one.get("target")).get("toolComponent")) for one in _maps(theirs.get("relationships"))]
    tags += [f"CWE-{id}" for id, part in zip(targets, components, strict=True) if part.get("name") == "CWE"]
    return tuple(dict.fromkeys(int(found[1]) for tag in tags if (found := _CWE.search(tag))))


def _text(message: object) -> str:
    of = _map(message)
    return str(of.get("text") or of.get("markdown") or "")


def _slug(name: object) -> str:
    return _NAME.sub("-", str(name or "").lower()).strip("-")[:80]


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


def _maps(value: object) -> Iterator[Mapping[str, Any]]:
    items: Iterable[Any] = value if isinstance(value, list) else ()
    return (item for item in items if isinstance(item, dict))
