"""Bills of materials, VEX, what speaks against a package though no advisory does, and the fleet."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from hauberk.audit import Index
from hauberk.audit.auditing import Audited, audited
from hauberk.audit.fleet import fleet, read_list
from hauberk.audit.health import near, permitted
from hauberk.audit.purl import purl
from hauberk.audit.sbom import cyclonedx
from hauberk.audit.vex import openvex, read_vex, settled
from hauberk.core.errors import ConfigurationError, InputError, MissingExtraError, NothingToTestError
from hauberk.core.finding import Result

NOW = datetime(2026, 1, 2, tzinfo=UTC)
LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "shop", "dependencies": {"a": "1"}},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"lodash": "4"}, "license": "GPL-3.0-only"},
        "node_modules/lodash": {"version": "4.17.20", "license": "MIT"},
        "node_modules/@s/dev": {"version": "1.0.0", "dev": True, "deprecated": "use\nb\x1b[0m"},
        "node_modules/expresss": {"version": "1.0.0"},
    },
}


@pytest.fixture
def done(tmp_path: Path, index: Index) -> Callable[..., Audited]:
    def go(**more: Any) -> Audited:
        (tmp_path / "package-lock.json").write_text(json.dumps(LOCK))
        (tmp_path / "requirements.txt").write_text("Flask==1.5\n")
        names = [tmp_path / "package-lock.json", tmp_path / "requirements.txt"]
        return audited(names, index=index, root=tmp_path, today=date(2026, 1, 1), **more)

    return go


def test_a_bill_of_materials_holds_packages_graph_and_faults(done: Callable[..., Audited]) -> None:
    result, read = done()
    fault = next(f for f in result.failures if f.key == "CVE-2020-0002")
    text = cyclonedx(read, result.findings, version="1", generated=NOW, accepted={fault.fingerprint: "not served"})
    document = json.loads(text)
    assert [c["purl"] for c in document["components"]] == [
        "pkg:npm/%40s/dev@1.0.0", "pkg:npm/a@1.0.0", "pkg:npm/expresss@1.0.0", "pkg:npm/lodash@4.17.20",
        "pkg:pypi/flask@1.5",
    ]  # fmt: skip
    assert (document["components"][0]["group"], document["components"][0]["scope"]) == ("@s", "excluded")
    assert {d["ref"]: d["dependsOn"] for d in document["dependencies"]}["pkg:npm/a@1.0.0"] == ["pkg:npm/lodash@4.17.20"]
    by_id = {v["id"]: v for v in document["vulnerabilities"]}
    assert set(by_id) == {"CVE-2020-0001", "CVE-2020-0002", "PYSEC-2"}
    assert by_id["CVE-2020-0002"]["analysis"]["detail"] == "not served"
    assert by_id["CVE-2020-0001"]["affects"] == [{"ref": "pkg:pypi/flask@1.5"}]
    assert by_id["CVE-2020-0001"]["ratings"][0]["method"] == "CVSSv31"
    refs = {c["bom-ref"] for c in document["components"]}
    assert all(a["ref"] in refs for v in document["vulnerabilities"] for a in v["affects"])
    again = cyclonedx(read, result.findings, version="1", generated=NOW, accepted={fault.fingerprint: "not served"})
    assert again == text


def test_it_satisfies_the_published_schema(done: Callable[..., Audited]) -> None:
    validation = pytest.importorskip("cyclonedx.validation.json", reason="cyclonedx-python-lib is not installed")
    schema = pytest.importorskip("cyclonedx.schema", reason="cyclonedx-python-lib is not installed")
    result, read = done()
    text = cyclonedx(read, result.findings, version="1", generated=NOW)
    assert validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(text) is None


def test_our_own_bill_is_read_back(done: Callable[..., Audited], tmp_path: Path, index: Index) -> None:
    result, read = done()
    (tmp_path / "bom.json").write_text(cyclonedx(read, result.findings, version="1", generated=NOW))
    again = audited([tmp_path / "bom.json"], index=index, root=tmp_path, today=date(2026, 1, 1)).result
    assert sorted(f.key for f in again.failures) == sorted(f.key for f in result.failures)


def test_our_own_bill_beside_what_it_was_made_from_is_not_read_again(
    done: Callable[..., Audited], tmp_path: Path, index: Index
) -> None:
    """Every finding would be there twice, and a baseline would know none of them."""
    result, read = done()
    bill = tmp_path / "a.cdx.json"
    bill.write_text(cyclonedx(read, result.findings, version="1", generated=NOW))

    def folder() -> Result:
        return audited([tmp_path], index=index, root=tmp_path, today=date(2026, 1, 1)).result

    assert [f.fingerprint for f in folder().failures] == [f.fingerprint for f in result.failures]
    assert any("a.cdx.json: hauberk made it from other files" in gap for gap in folder().gaps)
    bill.write_text(bill.read_text().replace('"name": "hauberk"', '"name": "another"'))
    assert len(folder().failures) == 2 * len(result.failures)
    bill.write_text(bill.read_text().replace('"name": "another"', '"name": "hauberk"'))
    for name in ("package-lock.json", "requirements.txt"):
        (tmp_path / name).unlink()
    assert len(folder().failures) == len(result.failures)


def test_vex_is_written_and_read(done: Callable[..., Audited], tmp_path: Path) -> None:
    result, _ = done()
    document = json.loads(openvex(result.findings, author="x", generated=NOW))
    assert {s["vulnerability"]["name"]: s["status"] for s in document["statements"]} == {
        "CVE-2020-0001": "affected", "CVE-2020-0002": "affected", "PYSEC-2": "affected"
    }  # fmt: skip
    path = tmp_path / "vex.json"
    path.write_text(json.dumps(document))
    assert read_vex(path) == []
    for statement in document["statements"]:
        if statement["vulnerability"]["name"] == "CVE-2020-0001":
            statement |= {"status": "not_affected", "justification": "vulnerable_code_not_in_execute_path"}
    path.write_text(json.dumps(document))
    left = [f.key for f in result.failures if not settled(f, read_vex(path))]
    assert sorted(left) == ["CVE-2020-0002", "PYSEC-2"]


def test_a_statement_on_another_version_settles_nothing(done: Callable[..., Audited], tmp_path: Path) -> None:
    result, _ = done()
    bom = {"bomFormat": "CycloneDX", "vulnerabilities": [
        {"id": "CVE-2020-0001", "analysis": {"state": "not_affected"}, "affects": [{"ref": "pkg:pypi/flask@1.6"}]},
        {"id": "PYSEC-2", "analysis": {"state": "exploitable"}, "affects": [{"ref": "pkg:pypi/flask@1.5"}]},
        {"id": "CVE-2020-0002", "analysis": {"state": "false_positive"}, "affects": [{"ref": "pkg:npm/lodash"}]},
    ]}  # fmt: skip
    (tmp_path / "vex.json").write_text(json.dumps(bom))
    statements = read_vex(tmp_path / "vex.json")
    assert [f.key for f in result.failures if settled(f, statements)] == ["CVE-2020-0002"]


@pytest.mark.parametrize("text", ["{}", "[]", "x"])
def test_what_is_no_vex_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "x").write_text(text)
    with pytest.raises(InputError):
        read_vex(tmp_path / "x")


def test_given_up_and_misspelt_packages_are_for_a_person(done: Callable[..., Audited]) -> None:
    found = {(f.rule.id, f.location.as_json()["package"]): f for f in done().result.findings if f.outcome == "review"}
    assert set(found) == {("audit.deprecated-package", "@s/dev"), ("audit.likely-typosquat", "expresss")}
    assert "use b\\x1b[0m" in found["audit.deprecated-package", "@s/dev"].message


@pytest.mark.parametrize(
    ("name", "meant"),
    [("reqeusts", "requests"), ("requets", "requests"), ("djangoo", "django"), ("requests", None), ("flask-x", None),
     ("authlib", None), ("psycopg-binary", None), ("rich2", None), ("requests2", None), ("x" * 300, None)],
)  # fmt: skip
def test_slips_of_the_finger(name: str, meant: str | None) -> None:
    assert near("PyPI", name) == meant


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [("MIT", True), ("mit", True), ("GPL-3.0-only", False), ("(MIT OR GPL-3.0-only)", True), ("MIT AND GPL-2.0", False),
     ("MIT AND Apache-2.0", True), ("Apache-2.0 WITH LLVM-exception", True), ("UNLICENSED", False)],
)  # fmt: skip
def test_licences(licence: str, allowed: bool) -> None:
    assert permitted(licence, frozenset({"mit", "apache-2.0"})) is allowed


def test_licences_are_judged_only_against_a_list(done: Callable[..., Audited]) -> None:
    assert not [f for f in done().result.findings if "licence" in f.rule.id]
    found = done(licences=frozenset({"mit"})).result.failures
    assert [f.location.as_json()["package"] for f in found if "licence" in f.rule.id] == ["a"]


def test_package_urls() -> None:
    assert purl("npm", "@s/a", "1.0.0+b") == "pkg:npm/%40s/a@1.0.0%2Bb"
    assert purl("PyPI", "Zope.Interface") == "pkg:pypi/zope-interface"


def repositories(folder: Path, count: int) -> Path:
    for number in range(count):
        here = folder / f"r{number}"
        here.mkdir(parents=True)
        (here / "requirements.txt").write_text("flask==1.5\n" if number % 2 else "jinja2==3.0\n")
    (folder / "r4" / "requirements.txt").unlink()
    (folder / "r6" / "uv.lock").write_text("[")
    (folder / "list").write_text("# all of them\n" + "".join(f"r{number}\n" for number in range(count)))
    return folder / "list"


def test_a_fleet_is_one_report(tmp_path: Path, make_index: Callable[..., Path]) -> None:
    targets = read_list(repositories(tmp_path / "all", 41))
    result = fleet(targets, index=make_index(), jobs=2)
    assert {key: result.stats[key] for key in ("repositories", "judged", "incomplete", "nothing", "failed")} == {
        "repositories": 41, "judged": 39, "incomplete": 1, "nothing": 1, "failed": 0
    }  # fmt: skip
    assert not result.complete
    assert any("r6" in gap for gap in result.gaps)
    assert sorted((f.key, f.evidence["repositories"]) for f in result.failures) == [
        ("CVE-2020-0001", 20),
        ("PYSEC-2", 20),
    ]
    assert all(len(f.evidence["first_repositories"]) == 20 for f in result.failures)


def test_a_fleet_goes_on_where_it_was_killed(tmp_path: Path, make_index: Callable[..., Path]) -> None:
    listed, index, journal = repositories(tmp_path / "all", 400), make_index(), tmp_path / "journal"
    command = [sys.executable, "-m", "hauberk", "audit", "--fleet", str(listed), "--index", str(index), "--quiet",
               "--journal", str(journal), "--jobs", "1", "--format", f"json={tmp_path / 'out.json'}"]  # fmt: skip
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 60
    while (not journal.exists() or journal.stat().st_size < 1_000) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    before = journal.read_bytes()
    assert before.count(b"\n") >= 2
    with journal.open("ab") as file:
        file.write(b'{"rows": [[0, "cut')
    targets = read_list(listed)
    resumed, whole = fleet(targets, index=index, jobs=1, journal=journal), fleet(targets, index=index, jobs=2)
    assert journal.read_bytes().startswith(before.rpartition(b"\n")[0])
    assert resumed.stats == whole.stats
    assert [f.as_json() for f in resumed.failures] == [f.as_json() for f in whole.failures]
    steps: list[tuple[str, int, int]] = []
    fleet(targets, index=index, journal=journal, progress=lambda *step: steps.append(step))
    assert steps == [("auditing repositories", 400, 400)]


def test_a_journal_of_something_else_is_refused(tmp_path: Path, make_index: Callable[..., Path]) -> None:
    targets, index = read_list(repositories(tmp_path / "all", 9)), make_index()
    fleet(targets, index=index, jobs=1, journal=tmp_path / "journal")
    with pytest.raises(InputError, match="another list"):
        fleet(targets[1:], index=index, jobs=1, journal=tmp_path / "journal")
    (tmp_path / "other").write_text("not ours\n")
    with pytest.raises(InputError, match="no journal"):
        fleet(targets, index=index, jobs=1, journal=tmp_path / "other")


def test_fleets_of_nothing(tmp_path: Path, make_index: Callable[..., Path]) -> None:
    (tmp_path / "list").write_text("# none\n")
    with pytest.raises(NothingToTestError):
        read_list(tmp_path / "list")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NothingToTestError):
        fleet([str(tmp_path / "empty")], index=make_index(), jobs=1)
    with pytest.raises(ConfigurationError):
        fleet([str(tmp_path / "empty")], index=make_index(), engine="x")


def test_dask(tmp_path: Path, make_index: Callable[..., Path]) -> None:
    targets, index = read_list(repositories(tmp_path / "all", 20)), make_index()
    try:
        import distributed  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtraError, match="fleet"):
            fleet(targets, index=index, engine="dask")
        return
    assert fleet(targets, index=index, engine="dask", jobs=2).stats == fleet(targets, index=index, jobs=1).stats
