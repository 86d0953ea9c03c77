"""Advisories made for these tests, and an index of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hauberk.audit.build import build
from hauberk.audit.index import Index


def advisory(
    own: str, package: str, events: str, *, ecosystem: str = "PyPI", modified: str = "2026-01-01T00:00:00Z", **more: Any
) -> dict[str, Any]:
    """An OSV record: `advisory("X-1", "flask", "introduced:0 fixed:2.0")`."""
    walk = [dict([word.split(":", 1)]) for word in events.split()]
    return {
        "id": own,
        "modified": modified,
        "affected": [
            {"package": {"ecosystem": ecosystem, "name": package}, "ranges": [{"type": "ECOSYSTEM", "events": walk}]}
        ],
    } | more


RECORDS = [
    advisory("PYSEC-1", "flask", "introduced:0 fixed:2.0", aliases=["CVE-2020-0001"], summary="Flask fault",
             severity=[{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]),
    advisory("GHSA-1", "Flask", "introduced:0 fixed:2.0.1", aliases=["cve-2020-0001"],
             database_specific={"severity": "LOW"}),
    advisory("PYSEC-2", "flask", "introduced:1.0", summary="Never fixed"),
    advisory("PYSEC-3", "flask", "introduced:0 fixed:9.0", withdrawn="2026-01-02T00:00:00Z"),
    advisory("MAL-1", "evil", "introduced:0", ecosystem="npm"),
    advisory("GHSA-2", "lodash", "introduced:0 fixed:4.17.21", ecosystem="npm", aliases=["CVE-2020-0002"],
             database_specific={"severity": "HIGH"}),
]  # fmt: skip


@pytest.fixture
def make_index(tmp_path: Path) -> Callable[..., Path]:
    """Build an index of the records given, by default of `RECORDS`."""

    def make(
        records: list[dict[str, Any]] | None = None, name: str = "index.sqlite3", kev: str = "CVE-2020-0002"
    ) -> Path:
        source, catalogue = tmp_path / f"{name}.jsonl", tmp_path / "kev.csv"
        source.write_text("".join(json.dumps(r) + "\n" for r in (RECORDS if records is None else records)))
        catalogue.write_text(f"cve,date_added,ransomware_use\n{kev},2026-01-01,Unknown\n")
        return build(tmp_path / name, [source], kev=catalogue).path

    return make


@pytest.fixture
def index(make_index: Callable[..., Path]) -> Iterator[Index]:
    with Index.open(make_index()) as opened:
        yield opened


@pytest.fixture
def osv() -> Callable[..., dict[str, Any]]:
    """Makes OSV records."""
    return advisory
