"""Vulnerable libraries of this very process: what is installed and imported, matched against the advisory index."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import Distribution, distributions
from pathlib import Path

from hauberk.audit.index import Index, default_path
from hauberk.audit.judging import Verdict, finding, groups, judge
from hauberk.audit.readers import Pinned
from hauberk.audit.rules import LOADED
from hauberk.audit.versions import normal_name
from hauberk.core.finding import Finding

CODE = (".py", ".so", ".pyd")


def loaded_vulnerable(path: Path | None = None) -> tuple[Finding, ...]:
    """A failure for each advisory that concerns a distribution of which something is imported; a pass where none does.

    Nothing at all where there is no index. Raises InputError for one that cannot be read.
    """
    if not (path or default_path()).is_file():
        return ()
    installed = {(normal_name("PyPI", one.name), one.version): one for one in distributions() if one.name}
    with Index.open(path) as index:
        known = index.lookup("PyPI", (name for name, _ in installed))
        verdicts = [
            (one, verdict)
            for (name, version), one in sorted(installed.items(), key=lambda pair: pair[0])
            if name in known and (verdict := judge(("PyPI", name, version), known[name])) and is_loaded(one)
        ]
        found = [one for dist, verdict in verdicts for one in _findings(dist, verdict, index)]
    passed = Finding(rule=LOADED, outcome="pass", message=f"No advisory concerns what is loaded of {len(installed)}.")
    return tuple(found) or (passed,)


def _findings(dist: Distribution, verdict: Verdict, index: Index) -> Iterator[Finding]:
    briefs = index.briefs(entry.id for entry in verdict.matched)
    pin = Pinned(name=dist.name, version=dist.version, ecosystem="PyPI")
    for ids in groups(verdict, briefs):
        one = finding(pin, verdict, ids, briefs, "", (), None)
        yield replace(one, rule=LOADED, location=replace(one.location, file=None))


def is_loaded(dist: Distribution) -> bool:
    """Whether one of the distribution's modules is imported."""
    return any(name in sys.modules for name in top_levels(dist))


def top_levels(dist: Distribution) -> set[str]:
    """The names under which a distribution is imported: as it says, else by its files."""
    said = dist.read_text("top_level.txt")
    if said:
        return set(said.split())
    names: set[str] = set()
    for file in dist.files or ():
        first = file.parts[0]
        if len(file.parts) > 1 and file.suffix in CODE and not first.startswith(".."):
            names.add(first)
        elif len(file.parts) == 1 and file.suffix in CODE:
            names.add(first.partition(".")[0])
    return names
