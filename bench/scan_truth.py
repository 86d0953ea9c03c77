"""Findings against ground truth: what was found of what is there, and what was reported that is not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

CLASSES: dict[str, tuple[str, ...]] = {
    "pathtraver": ("path-traversal",),
    "path-traversal": ("path-traversal",),
    "sqli": ("sql-injection",),
    "xss": ("reflected-xss", "stored-xss"),
    "xss-reflected": ("reflected-xss",),
    "xss-stored": ("stored-xss",),
    "xss-jsonp": ("jsonp",),
    "xss-dom": ("dom-xss",),
    "cmdi": ("command-injection",),
    "command-injection": ("command-injection",),
    "codeinj": ("code-injection",),
    "code-inclusion": ("code-inclusion",),
    "ldapi": ("ldap-injection",),
    "xpathi": ("xpath-injection",),
    "xpath-injection": ("xpath-injection",),
    "redirect": ("open-redirect",),
    "open-redirect": ("open-redirect",),
    "deserialization": ("deserialisation",),
    "xxe": ("xxe",),
    "ssrf": ("ssrf",),
    "crlf-injection": ("header-injection",),
    "csrf": ("state-change-by-get", "csrf"),
    "clickjacking": ("clickjacking",),
    "info-leak-traceback": ("traceback", "debugger"),
    "debug-mode": ("debugger", "traceback"),
    "bola": ("bola",),
    "bfla-password-change": ("bola",),
    "mass-assignment": ("mass-assignment",),
    "excessive-data-exposure": ("excessive-data",),
    "user-enumeration": ("user-enumeration",),
    "no-rate-limit": ("no-rate-limit",),
    "jwt-weak-secret": ("weak-jwt",),
    "securecookie": ("cookie-secure",),
}
"""Which rules, without `scan.`, stand for a class of the ground truth."""
INJECTIONS = ("sqli", "xss", "cmdi", "redirect", "xpathi", "codeinj", "ldapi", "pathtraver")
"""The categories of the published comparison; the rest is scored beside them."""
ALSO = ("deserialization", "xxe")
ACTIVE = frozenset(rule for name in (*INJECTIONS, *ALSO) for rule in CLASSES[name]) | {
    *("jsonp", "ssrf", "header-injection", "code-inclusion", "template-injection", "nosql-injection", "bola"),
    *("mass-assignment", "missing-authentication", "upload", "session-fixation", "cache-poisoning"),
}
"""What a finding outside of the ground truth would be a false positive of."""
TEST = re.compile(r"BenchmarkTest\d{5}")


def failures(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What fails a build: tentative findings do not."""
    return [f for f in result["findings"] if f["outcome"] == "fail" and f["confidence"] != "tentative"]


def rule(finding: Mapping[str, Any]) -> str:
    """Its name without the command."""
    return str(finding["rule"]).removeprefix("scan.")


def catalogue(truth: Mapping[str, Any], results: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A catalogue of numbered tests, each of one category: hits by test and category."""
    hits: dict[str, set[str]] = {}
    for finding in (f for result in results for f in failures(result)):
        named = TEST.search(finding["location"].get("path", ""))
        if named:
            hits.setdefault(named[0], set()).add(rule(finding))
    scores: dict[str, dict[str, Any]] = {}
    for test in truth["tests"]:
        category = test["category"]
        if category not in (*INJECTIONS, *ALSO) or test.get("label_suspect"):
            continue
        score = scores.setdefault(category, {"true": 0, "of": 0, "false": 0, "clean": 0, "missed": [], "wrong": []})
        hit = bool(hits.get(test["id"], set()) & set(CLASSES[category]))
        if test["vulnerable"]:
            score["of"] += 1
            score["true"] += hit
            score["missed"] += [] if hit else [test["id"]]
        else:
            score["clean"] += 1
            score["false"] += hit
            score["wrong"] += [test["id"]] if hit else []
    return {
        "injections": _sum([scores[name] for name in INJECTIONS if name in scores]),
        "without_pathtraver": _sum([scores[n] for n in INJECTIONS if n in scores and n != "pathtraver"]),
        "categories": scores,
    }


def _sum(scores: list[dict[str, Any]]) -> dict[str, Any]:
    true, of = sum(score["true"] for score in scores), sum(score["of"] for score in scores)
    return {"true": true, "of": of, "share": round(true / max(of, 1), 3), "false": sum(s["false"] for s in scores)}


def listed(truth: Mapping[str, Any], result: Mapping[str, Any], *, off: bool = False) -> dict[str, Any]:
    """An application with a list of holes. `off`: only those that stay count, and the others must not be found."""
    found, missed, gone = [], [], []
    left = failures(result)
    matched: set[str] = set()
    for hole in truth["vulnerabilities"]:
        hits = [f for f in left if _is(f, hole)]
        matched |= {f["fingerprint"] for f in hits}
        if off and not hole.get("stays_when_off"):
            gone += [hole["id"]] if hits else []
        elif hits:
            found.append(hole["id"])
        elif hole.get("active_test") is not False:
            missed.append(hole["id"])
    extra = [f"{rule(f)} {_place(f)}" for f in left if f["fingerprint"] not in matched and rule(f) in ACTIVE]
    clean = [f"{rule(f)} {_place(f)}" for f in left for c in truth["clean"] if _contradicts(f, c)]
    return {
        "true": len(found),
        "of": len(found) + len(missed),
        "false": len(gone) + len(set(clean)) + (len(set(extra)) if off else 0),
        "found": found,
        "missed": missed,
        "reported_though_off": gone,
        "not_listed": sorted(set(extra)),
        "reported_though_clean": sorted(set(clean)),
        "rules": dict(Counter(rule(f) for f in left)),
    }


def _is(finding: Mapping[str, Any], hole: Mapping[str, Any]) -> bool:
    if rule(finding) not in CLASSES.get(hole["class"], ()):
        return False
    where = finding["location"]
    if where.get("path") == "*":  # one finding an application
        return True
    if _shape(where.get("path", "")) != _shape(hole["path"]) or where.get("method") != hole["method"]:
        return hole["class"] in {"jwt-weak-secret", "debug-mode", "info-leak-traceback"}
    return hole.get("param") in (None, where.get("parameter")) or where.get("parameter") is None


def _contradicts(finding: Mapping[str, Any], clean: Mapping[str, Any]) -> bool:
    method, path = clean["operation"].split(" ", 1) if "operation" in clean else (clean["method"], clean["path"])
    where = finding["location"]
    same = where.get("method") == method and _shape(where.get("path", "")) == _shape(path)
    rules = {name for kind in clean["not_vulnerable_to"] for name in CLASSES.get(kind, ())}
    return same and rule(finding) in rules and clean.get("param") in (None, where.get("parameter"))


def _shape(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", path)


def _place(finding: Mapping[str, Any]) -> str:
    where = finding["location"]
    return " ".join(str(where[name]) for name in ("method", "path", "in", "parameter") if where.get(name))
