"""`hauberk prove` on the twins, against the ground truth: what is found, what is not, and what must not be."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hauberk.demo.shop
from hauberk.audit.build import build
from hauberk.cli.demo import prove_shop
from hauberk.core.finding import Finding, HttpLocation, PackageLocation, Result
from hauberk.core.progress import silent
from hauberk.demo.cures import CANNOT_CURE
from hauberk.guard import install
from hauberk.integrations.target import load

pytestmark = pytest.mark.slow

SHOP = Path(hauberk.demo.shop.__file__).parent
SOURCES = SHOP.parents[2]
TRUTH = json.loads((Path(__file__).parent / "truth.json").read_text(encoding="utf-8"))
HOLES: list[dict[str, Any]] = [hole for hole in TRUTH["holes"] if hole["found_by"] != "later"]
CLASSES = {
    "sql-injection": {"scan.sql-injection"},
    "command-injection": {"scan.command-injection"},
    "path-traversal": {"scan.path-traversal"},
    "cross-site-scripting": {"scan.reflected-xss", "scan.stored-xss"},
    "stored-cross-site-scripting": {"scan.stored-xss"},
    "open-redirect": {"scan.open-redirect"},
    "header-injection": {"scan.header-injection"},
}
PASSIVE = {
    "no-csp": ("scan.missing-csp",),
    "no-framing-limit": ("scan.clickjacking",),
    "cookie-recently-viewed": ("scan.cookie-not-secure", "scan.cookie-without-samesite"),
}
ATTACKS = {rule for rules in CLASSES.values() for rule in rules}
INJECTIONS = {"scan.sql-injection", "scan.command-injection", "scan.path-traversal"}


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def proofs(tmp_path_factory: pytest.TempPathFactory, monkeypatch_module: pytest.MonkeyPatch) -> dict[str, Result]:
    install()
    index = tmp_path_factory.mktemp("index") / "advisories.sqlite3"
    build(index, [SHOP / "advisories.jsonl"])
    # What other tests imported of this project is not the shop's.
    for name in [name for name in sys.modules if name.partition(".")[0] in {"bench", "examples", "fuzz"}]:
        monkeypatch_module.delitem(sys.modules, name)
    return {twin: prove_shop(load(f"hauberk.demo.{twin}:app"), silent, index) for twin in ("open", "protected")}


def line_of(hole: dict[str, Any]) -> int:
    lines = (SOURCES / hole["file"]).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if hole["line_anchor"] in line)


def matches(finding: Finding, hole: dict[str, Any]) -> bool:
    """Whether a finding is about this hole: its input, its package, or its line."""
    where = finding.location
    if isinstance(where, HttpLocation) and where.parameter:
        same = (where.method, where.path, where.place, where.parameter)
        asked = (hole["method"], hole["path"], hole["in"], hole["parameter"])
        return same == asked and hole["cwe"] in finding.rule.cwe
    if isinstance(where, HttpLocation):  # of the whole application
        return finding.rule.id in PASSIVE.get(hole["id"], ())
    if hole["found_by"] == "audit" and isinstance(where, PackageLocation):
        return (where.package, where.version) == (hole["package"], hole["version"])
    return (
        finding.rule.id.startswith(f"{hole['found_by']}.")
        and hole["cwe"] in finding.rule.cwe
        and (where.file or "").endswith(hole["file"])
        and abs((where.line or 0) - line_of(hole)) <= 15
    )


def test_the_open_shop_gives_its_holes_away_with_file_and_line(proofs: dict[str, Result]) -> None:
    failures = proofs["open"].failures
    found = [hole["id"] for hole in HOLES if any(matches(finding, hole) for finding in failures)]
    assert proofs["open"].complete, proofs["open"].gaps
    assert found == [hole["id"] for hole in HOLES]
    for finding in failures:
        assert finding.location.file, finding
        assert finding.location.line, finding


def test_injections_name_the_line_of_the_sink(proofs: dict[str, Result]) -> None:
    holes = [h for h in HOLES if h["class"] in {"sql-injection", "command-injection", "path-traversal"}]
    for hole in holes:
        (finding,) = [f for f in proofs["open"].failures if matches(f, hole)]
        assert (finding.location.file or "").endswith(hole["file"])
        assert abs((finding.location.line or 0) - line_of(hole)) <= 3, hole["id"]
        assert finding.evidence["request"]["method"] == hole["method"]
        assert finding.evidence["control"]


def test_nothing_is_said_of_what_is_clean(proofs: dict[str, Result]) -> None:
    for finding in proofs["open"].failures:
        where = finding.location
        if not isinstance(where, HttpLocation) or where.parameter is None:
            continue
        for entry in TRUTH["clean"]:
            if tuple(map(entry.get, ("method", "path", "in", "parameter"))) == (
                where.method,
                where.path,
                where.place,
                where.parameter,
            ):
                safe = {rule for name in entry["safe_for"] for rule in CLASSES.get(name, set())}
                assert finding.rule.id not in safe, f"{where}: {entry['why']}"


def test_every_attack_finding_is_a_planted_hole(proofs: dict[str, Result]) -> None:
    for finding in proofs["open"].failures:
        if finding.rule.id in ATTACKS:
            assert any(matches(finding, hole) for hole in TRUTH["holes"]), str(finding.location)


def test_the_twin_stops_every_injection(proofs: dict[str, Result]) -> None:
    assert proofs["protected"].complete, proofs["protected"].gaps
    assert not [str(f.location) for f in proofs["protected"].failures if f.rule.id in INJECTIONS]
    assert proofs["protected"].stats["scan"]["blocked"] >= 10


def test_markup_that_is_left_cannot_run_script(proofs: dict[str, Result]) -> None:
    left = [f for f in proofs["protected"].failures if f.rule.id in {"scan.reflected-xss", "scan.stored-xss"}]
    for finding in left:
        assert finding.severity == "medium"
        assert "keeps script in it from running" in finding.message
    before = [f for f in proofs["open"].failures if f.rule.id in {"scan.reflected-xss", "scan.stored-xss"}]
    assert {f.severity for f in before} == {"high"}


def test_what_remains_is_exactly_what_protect_cannot_cure(proofs: dict[str, Result]) -> None:
    assert {finding.rule.id for finding in proofs["protected"].failures} == set(CANNOT_CURE)


def test_nothing_of_a_session_is_in_the_results(proofs: dict[str, Result]) -> None:
    for result in proofs.values():
        text = json.dumps([finding.as_json() for finding in result.findings], default=str)
        assert "session=ey" not in text
        assert "hopper" not in text
