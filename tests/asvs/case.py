"""What a row of the table is: requirements, the rule that must tell, a violating application and its fixed twin."""

from __future__ import annotations

from dataclasses import dataclass

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
    bad: str
    good: str

    @property
    def name(self) -> str:
        """How the test is called."""
        return f"{self.rule}:{'+'.join(self.ids)}"


def handler(rule: str, ids: str, bad: str, good: str, *, imports: str = "", method: str = "get") -> Case:
    """A FastAPI application of one route, whose body is the violation or the fix."""

    def source(body: str) -> str:
        lines = "\n".join("    " + line for line in body.splitlines())
        return f'{imports}{HEAD}\n\n@app.{method}("/thing")\ndef thing(request: Request):\n{lines}\n'

    return Case(ids=tuple(ids.split()), rule=rule, bad=source(bad), good=source(good))


def whole(rule: str, ids: str, bad: str, good: str) -> Case:
    """Two complete modules."""
    return Case(ids=tuple(ids.split()), rule=rule, bad=bad, good=good)
