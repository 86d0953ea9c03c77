"""The standards that findings point to, as data: OWASP ASVS 5.0.0, OWASP Top 10 2025, CWE.

Ids and levels are those of the standards; every title of a requirement and every name of a weakness is in our own
words. OWASP certifies nobody: a report may say what was verified against these ids, never that an app is certified.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

ASVS_VERSION = "5.0.0"
ASVS_URL = "https://owasp.org/www-project-application-security-verification-standard/"
TOP10_VERSION = "2025"
CWE_VERSION = "4.15"

Level = Literal[1, 2, 3]
Mode = Literal["enforce", "verify", "attest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One of the 345 requirements of ASVS 5.0.0."""

    id: str
    """As it is cited: `v5.0.0-1.2.4`."""
    level: Level
    """1 is for every application, 3 for those where failure costs most."""
    chapter: str
    """`V1` to `V17`."""
    chapter_name: str
    title: str
    """What it asks, in a few words of our own."""

    @property
    def number(self) -> str:
        """The id without its version: `1.2.4`."""
        return self.id.partition("-")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One of the ten categories of OWASP Top 10 2025."""

    id: str
    """`A05:2025`."""
    name: str
    url: str


@cache
def asvs() -> Mapping[str, Requirement]:
    """Every requirement of ASVS 5.0.0 by its cited id (`v5.0.0-1.2.4`), in the order of the standard."""
    data = _read("asvs.json")
    chapters: dict[str, str] = data["chapters"]
    found: dict[str, Requirement] = {}
    for number, level, title in data["requirements"]:
        chapter = "V" + number.partition(".")[0]
        requirement = Requirement(
            id=f"v{ASVS_VERSION}-{number}",
            level=level,
            chapter=chapter,
            chapter_name=chapters[chapter],
            title=title,
        )
        found[requirement.id] = requirement
    return MappingProxyType(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Automation:
    """How far one requirement can be judged without a person: our own judgement, never the standard's."""

    mode: Mode
    """`enforce`: a feature makes it true; `verify`: code, packages or traffic are judged; `attest`: a person says."""
    by: tuple[str, ...]
    """Which parts do it: shield, guard, audit, scan, check; on an `attest` row, what can bring evidence."""
    full: bool
    """Whether the judgement proves as well as refutes; otherwise it finds faults but cannot show their absence."""
    scope: Literal["default", "opt-in", ""]
    """Of an enforced one: whether the one line is enough, or the application has to use a feature of ours."""
    needs: Literal["flows", "roles", ""]
    """What has to be declared first: login flows, or several test accounts."""
    applies_if: str
    """The feature of an application without which the requirement does not matter to it; empty if it always does."""

    @property
    def automatic(self) -> bool:
        """Whether anything but a person can say something about it."""
        return self.mode != "attest"


@cache
def automation() -> Mapping[str, Automation]:
    """The judgement for each of the 345 requirements, by cited id."""
    found: dict[str, Automation] = {}
    for number, mode, by, strength, scope, needs, applies_if in _read("automation.json")["rows"]:
        found[f"v{ASVS_VERSION}-{number}"] = Automation(
            mode=mode, by=tuple(by), full=strength == "full", scope=scope, needs=needs, applies_if=applies_if
        )
    return MappingProxyType(found)


@cache
def two_sided() -> Mapping[str, tuple[str, ...]]:
    """The tests behind a requirement: each fails an application that violates it, and does not fail its fixed twin."""
    return MappingProxyType({id: tuple(tests) for id, tests in _read("two_sided.json").items()})


@cache
def top10() -> Mapping[str, Category]:
    """The categories of OWASP Top 10 2025 by id (`A05:2025`), in their order."""
    rows = _read("top10.json")["categories"]
    return MappingProxyType({id: Category(id=id, name=name, url=url) for id, name, url in rows})


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Where a requirement stands in lists of the worst, for pictures: ids as `A05`, `API8`, `CWE-89`, or empty."""

    top10: str
    api: str
    cwe: str


@cache
def groups() -> Mapping[str, Groups]:
    """The groups of each of the 345 requirements, by cited id: by the weaknesses it names, else by our reading."""
    return MappingProxyType(
        {
            f"v{ASVS_VERSION}-{number}": Groups(top10=top, api=api, cwe=f"CWE-{cwe}" if cwe else "")
            for number, top, api, cwe in _read("groups.json")["rows"]
        }
    )


@cache
def group_names() -> Mapping[str, Mapping[str, str]]:
    """The names of all groups, in the order of their lists: `top10`, `api` (2023) and `cwe` (Top 25 of 2025)."""
    data = _read("groups.json")
    return MappingProxyType(
        {
            "top10": {one.id.partition(":")[0]: one.name for one in top10().values()},
            "api": dict(data["api"]),
            "cwe": {f"CWE-{number}": name for number, name in data["cwe"].items()},
        }
    )


def cwe_name(number: int) -> str | None:
    """A short name for a CWE number, such as `SQL injection` for 89; None for one that our rules never use."""
    return _cwe_names().get(number)


def cwe_url(number: int) -> str:
    """The page of the CWE catalogue about it."""
    return f"https://cwe.mitre.org/data/definitions/{int(number)}.html"


@cache
def _cwe_names() -> Mapping[int, str]:
    return MappingProxyType({int(number): name for number, name in _read("cwe.json")["names"].items()})


def _read(name: str) -> Any:
    return json.loads(files(__name__).joinpath(name).read_text("utf-8"))
