"""A rule that reads code: what it looks for, and how that becomes findings."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from hauberk.check.facts import Facts
from hauberk.check.module import Module
from hauberk.check.verdict import Check, fail, not_applicable, passed, review
from hauberk.core.finding import Finding, Rule, Severity


@dataclass(frozen=True, slots=True)
class Hit:
    """A place, and what is wrong there in one sentence."""

    node: ast.AST
    said: str
    sure: bool = True
    """False where a person has to look."""


Look = Callable[[Module], Iterator[Hit]]


def code_rule(
    name: str,
    title: str,
    severity: Severity,
    *,
    why: str,
    fix: str,
    cwe: tuple[int, ...],
    asvs: str,
    top10: str = "",
    docs: str = "https://cheatsheetseries.owasp.org/",
) -> Rule:
    """A rule about code; requirements and categories without their editions."""
    return Rule(
        id=f"check.code-{name}",
        title=title,
        severity=severity,
        why=why,
        fix=fix,
        cwe=cwe,
        asvs=tuple(f"v5.0.0-{number}" for number in asvs.split()),
        top10=tuple(f"{number}:2025" for number in top10.split()),
        docs=docs,
    )


def check_code(
    rule: Rule,
    look: Look,
    *,
    found: Literal["fail", "review"] = "fail",
    of: Callable[[Module], int] | None = None,
    what: str = "",
) -> Check:
    """Look through all modules of the application's own.

    `of` counts the places that the rule is about, and `what` calls them in the plural: where there is none, the rule
    does not apply, and a pass says how many were looked at.
    """

    def judge(facts: Facts) -> Iterator[Finding]:
        if not facts.modules:
            yield not_applicable(rule, "None of the application's own code could be read.")
            return
        concerned = None if of is None else sum(map(of, facts.modules))
        if concerned == 0:
            yield not_applicable(rule, f"There are no {what} in {len(facts.modules)} modules.")
            return
        clean, seen = True, set[int]()
        for module in facts.modules:
            for hit in look(module):
                if id(hit.node) in seen:
                    continue  # a function in a function is looked through twice
                clean = False
                seen.add(id(hit.node))
                where, key = module.at(hit.node), ast.unparse(hit.node)[:80]
                if found == "fail" and hit.sure:
                    yield fail(rule, where, hit.said, key=key, confidence="firm")
                else:
                    yield review(rule, where, hit.said, key=key)
        if clean and concerned:
            yield passed(rule, f"{concerned} {what} were looked at; none is wrong.", confidence="firm")
        elif clean:
            yield passed(rule, f"Nothing of the kind in {len(facts.modules)} modules.", confidence="firm")

    return Check(rule, judge)
