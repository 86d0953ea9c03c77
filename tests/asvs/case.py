"""What a row of the table is: requirements, the rule that must tell, a violating application and its fixed twin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

By = Literal["check", "scan", "accounts", "audit", "url"]

HEAD = """
import os
from fastapi import FastAPI, Request

app = FastAPI(openapi_url=None)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Two sources that differ in what one rule is about."""

    ids: tuple[str, ...]
    """Numbers of ASVS 5.0.0, such as `1.2.4`."""
    rule: str
    """Its id; `check.` may be left out."""
    bad: str
    good: str
    by: By = "check"
    """The command that judges."""
    about: str = ""
    """What tells it from another case of the same rule and requirements."""

    @property
    def id(self) -> str:
        """The rule's whole id."""
        return self.rule if "." in self.rule else f"check.{self.rule}"

    @property
    def name(self) -> str:
        """How the test is called."""
        return f"{self.rule}:{'+'.join(self.ids)}" + f":{self.about}" * bool(self.about)


def handler(
    rule: str, ids: str, bad: str, good: str, *, imports: str = "", method: str = "get", about: str = ""
) -> Case:
    """A FastAPI application of one route, whose body is the violation or the fix."""

    def source(body: str) -> str:
        lines = "\n".join("    " + line for line in body.splitlines())
        return f'{imports}{HEAD}\n\n@app.{method}("/thing")\ndef thing(request: Request):\n{lines}\n'

    return Case(ids=tuple(ids.split()), rule=rule, bad=source(bad), good=source(good), about=about)


def whole(rule: str, ids: str, bad: str, good: str, *, by: By = "check", about: str = "") -> Case:
    """Two complete modules."""
    return Case(ids=tuple(ids.split()), rule=rule, bad=bad, good=good, by=by, about=about)
