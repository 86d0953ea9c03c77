"""Applications written to a folder, imported as a user's would be, and judged."""

from __future__ import annotations

import importlib
import itertools
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hauberk.check import check
from hauberk.check.facts import Facts
from hauberk.core.finding import Finding, Result
from hauberk.integrations.facts import facts
from hauberk.integrations.target import Target, detect

NUMBERS = itertools.count()


@dataclass(frozen=True)
class Judged:
    """An application with everything that was said of it."""

    facts: Facts
    result: Result
    target: Target

    def of(self, rule: str) -> list[Finding]:
        return [finding for finding in self.result.findings if finding.rule.id == f"check.{rule}"]

    @property
    def outcomes(self) -> dict[str, set[str]]:
        """Of the rules about configuration; those about code have tests of their own."""
        found: dict[str, set[str]] = defaultdict(set)
        for finding in self.result.findings:
            if finding.rule.id.startswith("check.code-"):
                continue
            found[finding.rule.id.removeprefix("check.")].add(finding.outcome)
        return found

    @property
    def failed(self) -> set[str]:
        return {rule for rule, outcomes in self.outcomes.items() if "fail" in outcomes}

    @property
    def passed(self) -> set[str]:
        """Rules that were judged, and only right things were found."""
        return {rule for rule, outcomes in self.outcomes.items() if outcomes == {"pass"}}


Judge = Callable[..., Judged]


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    """`judge(source)`: write a module that makes `app`, import it, read and check it."""
    before = set(sys.modules)

    def forget() -> None:
        """Modules of one application are no part of the next."""
        for name in set(sys.modules) - before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
                del sys.modules[name]

    monkeypatch.syspath_prepend(str(tmp_path))

    def run(source: str, attribute: str = "app", **others: str) -> Judged:
        forget()
        name = f"judged_{next(NUMBERS)}"
        for other, text in others.items():
            (tmp_path / f"{other}.py").write_text(text)
        (tmp_path / f"{name}.py").write_text(source)
        importlib.invalidate_caches()
        app: Any = getattr(importlib.import_module(name), attribute)
        framework, protocol = detect(app)
        target = Target(
            name=f"{name}:{attribute}", app=app, framework=framework, protocol=protocol, root=tmp_path, module=name
        )
        found = facts(target)
        return Judged(found, check(found), target)

    yield run
    forget()
