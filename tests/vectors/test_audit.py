"""matching.json, and the lock files with what an audit of them must find."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hauberk.audit.auditing import audit
from hauberk.audit.build import build
from hauberk.audit.files import read_text
from hauberk.audit.index import Index
from hauberk.audit.judging import groups, judge, key_of
from hauberk.audit.matching import affects, alias_groups
from hauberk.audit.osv import DECODE, affected_packages
from hauberk.audit.readers import FORMATS, Manifest, detect, reader
from hauberk.audit.versions import Candidate, normal_name
from hauberk.core.errors import NothingToTestError

Case = tuple[str, Callable[[], None]]


def matching(path: Path) -> Iterator[Case]:
    for case in json.loads(path.read_text(encoding="utf-8")):
        category = case["category"]
        check = {"entry": _entry, "alias-merge": _merge}.get(category, _version)
        yield case["id"], partial(check, case)


def _entry(case: dict[str, Any]) -> None:
    known = [name for name in FORMATS if case["format"] == name or case["format"].startswith(name + "-")]
    assert known, f"no reader for {case['format']}"
    manifest = reader(known[0])(case["text"], case["format"])
    assert _packages(manifest) == sorted(f"{name}@{version}" for name, version in case["expect"]), case["why"]


def _merge(case: dict[str, Any]) -> None:
    live = [record for record in case["records"] if not record.get("withdrawn")]
    merged = alias_groups((record["id"], record.get("aliases") or ()) for record in live)
    assert merged == sorted(sorted(group) for group in case["expect_groups"]), case["why"]


def _version(case: dict[str, Any]) -> None:
    record = DECODE.decode(json.dumps(case["advisory"]))
    candidate = Candidate.of(case["ecosystem"], case["version"])
    name = normal_name(case["ecosystem"], case["package"])
    mine = [a for eco, own, a in affected_packages(record) if (eco, own) == (case["ecosystem"], name)]
    assert any(affects(entry, candidate) for entry in mine) == case["expect"], case["why"]


def _packages(manifest: Manifest) -> list[str]:
    return sorted({f"{normal_name(p.ecosystem, p.name)}@{p.version}" for p in manifest.packages})


@functools.cache
def _index(folder: Path) -> Path:
    """The index of the folder's advisories, built once for each state of the files."""
    sources = sorted(folder.glob("*.osv.jsonl.gz"))
    state = "".join(f"{p} {p.stat().st_size} {p.stat().st_mtime_ns};" for p in sources)
    code = Path(build.__code__.co_filename).parent
    state += "".join(f"{p.stat().st_mtime_ns};" for p in sorted(code.glob("*.py")))
    name = hashlib.sha256(state.encode()).hexdigest()[:16]
    target = Path(tempfile.gettempdir()) / f"hauberk-vectors-{os.getuid()}" / f"{name}.sqlite3"
    if not target.exists():
        kev = folder / "kev.csv"
        build(target, sources, kev=kev if kev.exists() else None)
    return target


def expected(path: Path) -> Iterator[Case]:
    """For each file: its packages, what is not judged, each vulnerable package, and the whole audit."""
    folder = path.parent
    for wanted in sorted(path.glob("*.json")):
        lock, case = folder / "lockfiles" / wanted.stem, json.loads(wanted.read_text(encoding="utf-8"))
        for name, check in (
            ("packages", _same_packages),
            ("not-judged", _same_not_judged),
            ("findings", _same_findings),
            ("audit", _same_audit),
        ):
            yield f"{wanted.stem}:{name}", partial(check, lock, case)


def _read(lock: Path) -> Manifest:
    text = read_text(lock)
    kind = detect(lock.name, text)
    assert kind, f"{lock.name} is of no known format"
    return reader(kind)(text, lock.name)


def _same_packages(lock: Path, case: dict[str, Any]) -> None:
    assert _packages(_read(lock)) == sorted(case["package_list"])


def _same_not_judged(lock: Path, case: dict[str, Any]) -> None:
    """By name: how an entry is spelt out differs from reader to reader."""
    if not case["not_judged"]:
        pytest.skip("the reference names nothing here, though it leaves out the project itself and what conda installs")
    mine = {_bare(entry.what) for entry in _read(lock).not_judged}
    assert mine == {_bare(what) for what in case["not_judged"]}


def _bare(what: str) -> str:
    """`@scope/name@1.0`, `name>=1.0` and `name[extra]` as the name."""
    at = what.find("@", 1)
    text = what if at < 0 else what[:at]
    for sign in "[<>=!~; ":
        text = text.partition(sign)[0]
    return normal_name("PyPI", text)


def _same_findings(lock: Path, case: dict[str, Any]) -> None:
    manifest = _read(lock)
    keys = {key_of(pin) for pin in manifest.packages}
    ambiguous = {(a["package"], a["version"], a["id"]) for a in case["ambiguous"]}
    found: dict[tuple[str, str], tuple[list[list[str]], str | None]] = {}
    with Index.open(_index(lock.parents[1])) as index:
        for ecosystem in {k[0] for k in keys}:
            known = index.lookup(ecosystem, (k[1] for k in keys if k[0] == ecosystem))
            for key in (k for k in keys if k[0] == ecosystem and k[1] in known):
                if verdict := judge(key, known[key[1]]):
                    briefs = index.briefs(entry.id for entry in verdict.matched)
                    found[key[1:]] = (groups(verdict, briefs), verdict.safe)
    assert _settled(found, ambiguous) == _settled(
        {
            (r["package"], r["version"]): (sorted(sorted(f["ids"]) for f in r["findings"]), r["min_safe_version"])
            for r in case["results"]
        },
        ambiguous,
    )


def _settled(
    found: dict[tuple[str, str], tuple[list[list[str]], str | None]], ambiguous: set[tuple[str, str, str]]
) -> dict[tuple[str, str], tuple[list[list[str]], str | None]]:
    """Without the pairs that count neither way."""
    kept = {
        key: ([ids for ids in found_ids if not any((*key, own) in ambiguous for own in ids)], safe)
        for key, (found_ids, safe) in found.items()
    }
    return {key: value for key, value in kept.items() if value[0]}


def _same_audit(lock: Path, case: dict[str, Any]) -> None:
    """The whole command says the same as its parts: as many findings, on the same packages."""
    with Index.open(_index(lock.parents[1])) as index:
        try:
            result = audit([lock], index=index, root=lock.parent)
        except NothingToTestError:
            assert not case["package_list"]
            return
    assert result.complete, result.gaps
    assert result.stats["packages"] == len(set(case["package_list"]))
    doubt = {(a["package"], a["version"], a["id"]) for a in case["ambiguous"]}
    mine = [
        (
            f.location.as_json()["package"],
            f.location.as_json()["version"],
            " ".join(a["id"] for a in f.evidence["advisories"]),
        )
        for f in result.failures
    ]
    assert sorted(m for m in mine if m not in doubt) == sorted(
        key
        for r in case["results"]
        for f in r["findings"]
        if (key := (r["package"], r["version"], " ".join(sorted(f["ids"])))) not in doubt
    )


FILES = {"audit/matching.json": matching, "audit/expected": expected}


def test_file(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
