"""requirements.txt, as pip reads it (pip documentation, "Requirements File Format"; PEP 508)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hauberk.audit.readers.documents import check_size
from hauberk.audit.readers.manifest import Include, Manifest, NotJudged, Pinned, origin, wheel

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_OPTION = re.compile(r"\s-{1,2}[A-Za-z]")
"""Where the options of one requirement begin: `--hash=...`, `--config-settings ...`."""
_NAMED = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)", re.DOTALL)
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*([^\s,;)]+)")
_INCLUDE = re.compile(r"(?:(-r|-c)\s*|(--requirement|--constraint)(?:\s*=\s*|\s+))(\S.*)")
_EDITABLE = re.compile(r"(?:-e\s*|--editable(?:\s*=\s*|\s+))(\S.*)")


def read(text: str, name: str) -> Manifest:
    """Read a requirements or constraints file. Never fails: what pip would refuse is named as not judged."""
    check_size(text, name)
    packages: list[Pinned] = []
    not_judged: list[NotJudged] = []
    includes: list[Include] = []
    for number, line in _logical_lines(text):
        if line.startswith("-"):
            _read_option(line, not_judged, includes)
            continue
        found = read_requirement(line)
        if isinstance(found, NotJudged):
            not_judged.append(found)
        else:
            packages.append(Pinned(name=found[0], version=found[1], ecosystem="PyPI", line=number))
    return Manifest(packages=tuple(packages), not_judged=tuple(not_judged), includes=tuple(includes))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their continuations joined and comments taken away, with the number of the first."""
    first, parts = 0, list[str]()
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        first = first if parts else number
        comment = line.lstrip().startswith("#")
        # A comment ends a continuation, even if it ends in a backslash itself; so pip reads what pip-compile writes.
        parts.append(" " + line if comment else line)
        if line.endswith("\\") and not comment:
            parts[-1] = line[:-1]
            continue
        joined = _COMMENT.sub("", "".join(parts)).strip()
        parts = []
        if joined:
            yield first, joined
    if parts and (joined := _COMMENT.sub("", "".join(parts)).strip()):
        yield first, joined


def _read_option(line: str, not_judged: list[NotJudged], includes: list[Include]) -> None:
    if match := _INCLUDE.fullmatch(line):
        includes.append(
            Include(match[3].strip().strip("\"'"), constraint=(match[1] or match[2]) in ("-c", "--constraint"))
        )
    elif match := _EDITABLE.fullmatch(line):
        not_judged.append(NotJudged(match[1], origin(match[1])))
    # Every other option says where and how to install, not what.


def read_requirement(line: str) -> tuple[str, str] | NotJudged:
    """One requirement: name and pinned version, or why there is none."""
    line = line[: option.start()] if (option := _OPTION.search(line)) else line
    requirement = line.partition(" ;")[0].strip() if "://" in line else line.partition(";")[0].strip()
    named = _NAMED.fullmatch(requirement)
    if named and named[2].startswith("@"):
        location = named[2][1:].strip()
        return wheel(location) or NotJudged(requirement, origin(location))
    if "://" in requirement or requirement.endswith((".whl", ".zip", ".tar.gz")) or requirement[:1] in "./~":
        return wheel(requirement) or NotJudged(requirement, origin(requirement))
    if named is None:
        return NotJudged(line.strip(), "other")
    clauses = _CLAUSE.findall(named[2])
    if _CLAUSE.sub("", named[2]).strip("(), \t"):
        return NotJudged(requirement, "path" if "/" in requirement or "\\" in requirement else "other")
    pins = {version for sign, version in clauses if sign == "===" or (sign == "==" and not version.endswith(".*"))}
    return (named[1], pins.pop()) if len(pins) == 1 else NotJudged(requirement, "unpinned")
