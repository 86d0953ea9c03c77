"""The index: what goes in comes out, nothing half-built is ever in place, and a bad file is one clear error."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hauberk.audit.build import build
from hauberk.audit.index import Index, default_path
from hauberk.audit.matching import affects
from hauberk.audit.versions import Candidate
from hauberk.core.errors import InputError

Make = Callable[..., Path]
Osv = Callable[..., dict[str, Any]]


def test_lookup_gives_live_advisories_under_normalised_names(index: Index) -> None:
    found = index.lookup("PyPI", ["flask", "jinja2"])
    assert {name: [a.id for a in entries] for name, entries in found.items()} == {
        "flask": ["GHSA-1", "PYSEC-1", "PYSEC-2"]
    }
    assert index.lookup("npm", ["flask"]) == {}
    assert index.lookup("npm", (f"p{n}" for n in range(1200))) == {}


def test_briefs_and_bodies(index: Index) -> None:
    briefs = index.briefs(["PYSEC-1", "GHSA-1", "PYSEC-2", "MAL-1", "GHSA-2", "none"])
    assert {b.id: (b.severity, b.score, b.malicious, b.exploited) for b in briefs.values()} == {
        "PYSEC-1": ("critical", 9.8, False, False),
        "GHSA-1": ("low", None, False, False),
        "PYSEC-2": (None, None, False, False),
        "MAL-1": ("critical", None, True, False),
        "GHSA-2": ("high", None, False, True),
    }
    body = index.body("PYSEC-1")
    assert body is not None
    assert body["summary"] == "Flask fault"
    assert index.body("none") is None


def test_meta_counts_and_ages(index: Index) -> None:
    assert (index.meta.live, index.meta.inactive, index.meta.exploited) == ({"PyPI": 3, "npm": 2}, 1, 1)
    assert index.meta.age("PyPI", date(2026, 1, 11)) == 10
    assert index.meta.age("PyPI", date(2025, 1, 1)) == 0


def test_a_date_in_the_future_makes_nothing_fresh(make_index: Make, osv: Osv) -> None:
    records = [
        osv("X-1", "a", "introduced:0", modified="2020-05-01T00:00:00+00:00"),
        osv("X-2", "a", "introduced:0", modified="2999-01-01"),
    ]
    with Index.open(make_index(records)) as index:
        assert index.meta.newest == {"PyPI": "2020-05-01"}


def test_every_form_of_source(tmp_path: Path, osv: Osv) -> None:
    records = [osv(f"X-{n}", f"p{n}", "introduced:0") for n in range(6)]
    lines = "".join(json.dumps(r) + "\n" for r in records[:1])
    folder = tmp_path / "sources"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.jsonl").write_text(lines)
    with gzip.open(folder / "b.jsonl.gz", "wt") as stream:
        stream.write(json.dumps(records[1]) + "\n\n")
    (folder / "deep" / "c.json").write_text(json.dumps(records[2], indent=1))
    (folder / "d.json").write_text(json.dumps([records[3]]))
    (folder / "e.json").write_text(json.dumps({"vulns": [records[4]]}))
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("X-5.json", json.dumps(records[5]))
        archive.writestr("README.txt", "not an advisory")
    built = build(tmp_path / "index", [folder])
    assert built.meta.live == {"PyPI": 6}
    assert built.notes == ()


def test_the_newer_copy_of_a_record_counts_whichever_comes_first(make_index: Make, osv: Osv) -> None:
    old = osv("X-1", "a", "introduced:0", modified="2026-01-01T00:00:00Z")
    new = osv("X-1", "b", "introduced:0", modified="2026-01-02T00:00:00Z")
    for number, records in enumerate(([old, new], [new, old])):
        with Index.open(make_index(records, f"{number}.sqlite3")) as index:
            assert list(index.lookup("PyPI", ["a", "b"])) == ["b"]


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path, osv: Osv) -> None:
    source = tmp_path / "x.jsonl"
    source.write_text(json.dumps(osv("X-1", "a", "introduced:0")))
    (tmp_path / "folder").mkdir()
    for destination in (source / "index", tmp_path / "folder"):
        with pytest.raises(InputError, match="cannot be written"):
            build(destination, [source])


@pytest.mark.parametrize(
    ("end", "version", "expected"), [("fixed:2.0", "1.7", True), ("", "1.7", False), ("", "1.2", True)]
)
def test_the_last_known_range_bounds_only_what_nothing_else_ends(
    make_index: Make, osv: Osv, end: str, version: str, expected: bool
) -> None:
    record = osv("X-1", "a", f"introduced:1.0 {end}")
    record["affected"][0]["database_specific"] = {"last_known_affected_version_range": "< 1.5"}
    with Index.open(make_index([record])) as index:
        (entry,) = index.lookup("PyPI", ["a"])["a"]
        assert affects(entry, Candidate.of("PyPI", version)) is expected


def test_malformed_records_are_counted_and_named(tmp_path: Path, osv: Osv) -> None:
    bad = [
        "{",
        "[]",
        "1",
        '{"id": 1}',
        '{"id": ""}',
        '{"id": "X", "affected": 1}',
        '{"id": "\\ud800"}',
        '{"a":' * 5000,
        "\x1b[31m",
    ]
    source = tmp_path / "x.jsonl"
    source.write_text("\n".join([json.dumps(osv("X-1", "a", "introduced:0")), *bad]) + "\n")
    built = build(tmp_path / "index", [source])
    assert (built.meta.sources[0].records, built.meta.sources[0].malformed) == (1, len(bad))
    assert f"{len(bad)} malformed records" in built.notes[0]
    assert "\x1b" not in built.notes[0]


@pytest.mark.parametrize(
    "record",
    [
        {"id": "X-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "ranges": None,
          "versions": ["1.0"]}]},
        {"id": "X-1", "aliases": None, "summary": None, "severity": None, "database_specific": None, "modified": None,
         "affected": [{}, {"package": {"ecosystem": "PyPI", "name": "A"},
          "ranges": [{"events": [{"introduced": 0}]}]}]},
        {"id": "X-1", "modified": "2026-01-01T00:00:00.123+00:00",
          "severity": [{"type": "CVSS_V3", "score": "nonsense"}, {}],
         "affected": [{"package": {"ecosystem": "PyPI:https://x.example", "name": "a"}, "versions": ["1"]}]},
    ],
)  # fmt: skip
def test_liberal_in_what_is_read(make_index: Make, record: dict[str, Any]) -> None:
    with Index.open(make_index([record])) as index:
        assert [a.id for a in index.lookup("PyPI", ["a"])["a"]] == ["X-1"]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [("x.jsonl", b"", "holds no OSV record"), ("x.jsonl", b"{}\n", "holds no OSV record"),
     ("x.json", b"\xff\xfe", "holds no"),
     ("x.jsonl.gz", b"no gzip", "cannot be read"), ("x.zip", b"PK no zip", "holds no OSV record"),
     ("x.jsonl", b'{"id": "X-1", "affected": []}\n', "no advisory in force")],
)  # fmt: skip
def test_a_useless_source_leaves_the_old_index(
    make_index: Make, tmp_path: Path, name: str, content: bytes, problem: str
) -> None:
    path = make_index()
    before = path.read_bytes()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=problem):
        build(path, [tmp_path / name])
    assert path.read_bytes() == before
    assert list(tmp_path.glob(".*new")) == []


def test_a_cut_archive_is_an_error(tmp_path: Path, osv: Osv) -> None:
    whole = tmp_path / "whole.gz"
    with gzip.open(whole, "wt") as stream:
        stream.writelines(json.dumps(osv(f"X-{n}", f"p{n}", "introduced:0")) + "\n" for n in range(1000))
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(whole.read_bytes()[:-50])
    with pytest.raises(InputError, match="cannot be read"):
        build(tmp_path / "index", [cut])


def test_missing_source(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        build(tmp_path / "index", [tmp_path / "nothing"])


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "{", '{"vulnerabilities": 1}', "[]"])
def test_a_bad_catalogue_is_an_error(tmp_path: Path, osv: Osv, text: str) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps(osv("X-1", "a", "introduced:0")))
    (tmp_path / "kev").write_text(text)
    with pytest.raises(InputError, match=r"exploited|no CVE"):
        build(tmp_path / "index", [tmp_path / "x.jsonl"], kev=tmp_path / "kev")


@pytest.mark.parametrize(
    "text", ["cveID,vendorProject\nCVE-2020-0002,x\n", '{"vulnerabilities": [{"cveID": "CVE-2020-0002"}]}']
)
def test_the_catalogue_as_cisa_publishes_it(tmp_path: Path, osv: Osv, text: str) -> None:
    (tmp_path / "x.jsonl").write_text(json.dumps(osv("X-1", "a", "introduced:0", aliases=["cve-2020-0002"])))
    (tmp_path / "kev").write_text(text)
    assert build(tmp_path / "index", [tmp_path / "x.jsonl"], kev=tmp_path / "kev").meta.exploited == 1


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("create table x (y)")


def other_schema(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("update meta set value = '99' where key = 'schema'")
    db.close()


def spoiled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * len(content[8192:])
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda p: p.unlink(), "there is no advisory index"),
        (lambda p: p.write_bytes(b""), "is no advisory index of hauberk"),
        (lambda p: p.write_bytes(b"not a database at all" * 500), "is no readable advisory index"),
        (foreign, "is no advisory index of hauberk"),
        (lambda p: p.write_bytes(p.read_bytes()[:-8192]), "is no readable advisory index"),
        (other_schema, "another version of hauberk"),
        (spoiled, "is no readable advisory index"),
        (lambda p: (p.unlink(), p.mkdir()), "there is no advisory index"),
    ],
)
def test_a_bad_index_is_one_error_with_the_fix(
    make_index: Make, damage: Callable[[Path], object], problem: str
) -> None:
    path = make_index()
    damage(path)
    with pytest.raises(InputError, match=problem) as caught, Index.open(path) as index:
        index.lookup("PyPI", ["flask"])
    assert "hauberk db" in caught.value.fix


def test_names_with_odd_characters_open(make_index: Make, tmp_path: Path) -> None:
    target = tmp_path / "a folder#?%41"
    target.mkdir()
    with Index.open(make_index().rename(target / "index ?#.sqlite3")) as index:
        assert index.meta.live["PyPI"] == 3


def test_where_the_index_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    monkeypatch.delenv("HAUBERK_INDEX", raising=False)
    assert default_path() == Path("/cache/hauberk/advisories.sqlite3")
    monkeypatch.setenv("HAUBERK_INDEX", "/elsewhere/x")
    assert default_path() == Path("/elsewhere/x")


BUILDER = """
import sys
from pathlib import Path
from hauberk.audit.build import build
print("ready", flush=True)
while True:
    build(Path(sys.argv[1]), [Path(sys.argv[2])])
    print("built", flush=True)
"""


@pytest.mark.slow
def test_killed_at_any_point_the_index_in_place_is_whole(make_index: Make, tmp_path: Path, osv: Osv) -> None:
    path = make_index()
    source = tmp_path / "many.jsonl"
    source.write_text("".join(json.dumps(osv(f"X-{n}", f"p{n}", "introduced:0 fixed:1.0")) + "\n" for n in range(1500)))
    dice = random.Random(20)
    seen = set()
    for _ in range(12):
        command = [sys.executable, "-c", BUILDER, str(path), str(source)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"}) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(dice.uniform(0, 0.15))
            process.send_signal(signal.SIGKILL)
        with Index.open(path) as index:
            live = index.meta.live
            seen.add(live["PyPI"])
            assert live in ({"PyPI": 3, "npm": 2}, {"PyPI": 1500})
            if live["PyPI"] == 1500:
                assert len(index.lookup("PyPI", (f"p{n}" for n in range(1500)))) == 1500
    leftovers = list(tmp_path.glob(".index.sqlite3.*.new"))
    assert leftovers, "no run was killed half-way: nothing was tested"
    for leftover in leftovers:
        os.utime(leftover, (0, 0))
    build(path, [source])
    assert list(tmp_path.glob(".index.sqlite3.*.new")) == []
