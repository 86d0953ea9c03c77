"""Advisories as they come: OSV records in JSON lines, JSON, gzip, zip archives or folders of them."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from hauberk.audit.text import clean
from hauberk.core.errors import InputError

RECORD_LIMIT = 16 << 20
"""Bytes of one record; the largest published ones have about one million."""
SUFFIXES = (".jsonl", ".ndjson", ".json", ".zip", ".gz")

Raw = bytes | None
"""One record as it came, or None for one that is longer than `RECORD_LIMIT`."""


def records(source: Path) -> Iterator[Raw]:
    """Every record of a file or folder. Raises InputError if it cannot be read to its end."""
    if source.is_dir():
        found = sorted(p for p in source.rglob("*") if p.suffix in SUFFIXES and p.is_file())
        if not found:
            raise InputError(clean(source), "holds no .json, .jsonl, .gz or .zip file", "name a folder of OSV records")
        for path in found:
            yield from records(path)
        return
    try:
        if zipfile.is_zipfile(source):
            yield from _of_zip(source)
        elif source.suffix == ".gz":
            with gzip.open(source, "rb") as stream:
                yield from _of_lines(stream)
        else:
            with source.open("rb") as stream:
                yield from _of_lines(stream) if source.suffix in (".jsonl", ".ndjson") else _of_json(stream.read())
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        # NotImplementedError and RuntimeError: a compression that zipfile does not know, an encrypted member.
        raise InputError(clean(source), f"cannot be read: {clean(error)}", "download or export it again") from error


class _Lines(Protocol):
    def readline(self, size: int, /) -> bytes: ...


def _of_lines(stream: _Lines) -> Iterator[Raw]:
    readline = stream.readline
    while line := readline(RECORD_LIMIT + 1):
        if len(line) > RECORD_LIMIT and not line.endswith(b"\n"):
            while (rest := readline(RECORD_LIMIT)) and not rest.endswith(b"\n"):
                pass
            yield None
        elif line.strip():
            yield line


def _of_json(content: bytes) -> Iterator[Raw]:
    """A record, a list of records, or the `vulns` of OSV's query answers."""
    start = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start != b"[" and b'"vulns"' not in content[:4096]:
        yield content
        return
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        yield content
        return
    items = found.get("vulns") if isinstance(found, dict) else found
    for item in items if isinstance(items, list) else [found]:
        yield json.dumps(item).encode()


def _of_zip(source: Path) -> Iterator[Raw]:
    with zipfile.ZipFile(source) as archive:
        for member in archive.infolist():
            if not member.filename.endswith(".json"):
                continue
            if member.file_size > RECORD_LIMIT:
                yield None
                continue
            yield archive.read(member)


def likely(source: Path) -> dict[str, tuple[float, float]]:
    """EPSS score and percentile by CVE id, from FIRST's CSV, also as .gz. Raises InputError."""
    found: dict[str, tuple[float, float]] = {}
    try:
        opener = gzip.open if source.suffix == ".gz" else open
        with opener(source, "rt", encoding="utf-8") as stream:
            rows = csv.DictReader(line for line in stream if not line.startswith("#"))
            for row in rows:
                found[str(row["cve"]).upper()] = (float(row["epss"]), float(row["percentile"]))
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, csv.Error) as error:
        problem = f"is no list of EPSS scores: {clean(error) or type(error).__name__}"
        raise InputError(clean(source), problem, "give FIRST's epss_scores-YYYY-MM-DD.csv.gz") from error
    found = {cve: pair for cve, pair in found.items() if all(0 <= one <= 1 for one in pair)}
    if not found:
        raise InputError(clean(source), "holds no EPSS score", "give FIRST's epss_scores-YYYY-MM-DD.csv.gz")
    return found


def exploited(source: Path) -> frozenset[str]:
    """The CVE ids of CISA's Known Exploited Vulnerabilities, from its CSV or JSON. Raises InputError."""
    try:
        text = source.read_text(encoding="utf-8-sig")
        if text.lstrip().startswith("{"):
            rows = json.loads(text).get("vulnerabilities", [])
            found = {str(row["cveID"]) for row in rows}
        else:
            table = csv.DictReader(text.splitlines())
            column = next((c for c in table.fieldnames or () if c.lower() in ("cve", "cveid", "cve_id")), None)
            found = {str(row[column]) for row in table} if column else set()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, csv.Error, RecursionError) as error:
        raise InputError(
            clean(source), f"is no list of exploited vulnerabilities: {clean(error)}", "give CISA's CSV or JSON"
        ) from error
    wanted = frozenset(cve.upper() for cve in found if cve.upper().startswith("CVE-"))
    if not wanted:
        raise InputError(clean(source), "names no CVE", "give CISA's CSV or JSON of known exploited vulnerabilities")
    return wanted
