"""Building the advisory index from OSV records: into a file beside it, which then takes its place."""

from __future__ import annotations

import json
import os
import sqlite3
import time
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from glob import escape
from pathlib import Path
from typing import Any

import msgspec

from hauberk.audit import sources
from hauberk.audit.advisory import Brief
from hauberk.audit.index import APPLICATION, SCHEMA, TABLES, Meta, SourceInfo
from hauberk.audit.osv import DECODE, Record, affected_packages, brief
from hauberk.audit.text import clean, enumerate_some
from hauberk.audit.versions import ECOSYSTEMS
from hauberk.core.errors import InputError
from hauberk.core.progress import Progress, silent

_STEP = 500
_STALE = 3600
"""Seconds after which a half-built file is one that somebody killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What was built."""

    path: Path
    meta: Meta
    notes: tuple[str, ...] = ()
    """What could not be used, and why: one sentence each."""


def build(
    destination: Path,
    given: Sequence[Path],
    *,
    kev: Path | None = None,
    epss: Path | None = None,
    progress: Progress = silent,
    origins: dict[Path, SourceInfo] | None = None,
) -> Built:
    """Build an index at `destination` from files or folders of OSV records, CISA's catalogue and FIRST's EPSS scores.

    The old index stays in place, and usable, until the new one is complete; killed half-way, it stays for good.
    Raises InputError if a source cannot be read or holds no advisory: then the old index stays too.
    `origins` adds to what the index says of a source: digest, etag, the name it was downloaded under.
    """
    for source in given:
        if not source.exists():
            raise InputError(clean(source), "does not exist", "name a file or folder of OSV records")
    exploited = sources.exploited(kev) if kev else frozenset[str]()
    likely = sources.likely(epss) if epss else {}
    temporary = destination.with_name(f".{destination.name}.{os.getpid()}.new")
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        _sweep(destination)
        writer = _Writer(temporary, exploited, likely)
        try:
            for source in given:
                writer.add(source, progress, (origins or {}).get(source))
            meta = writer.finish()
        finally:
            writer.db.close()
        _replace(temporary, destination)
    except (OSError, sqlite3.Error) as error:
        problem = f"cannot be written: {clean(error)}"
        raise InputError(clean(destination), problem, "name another file, or make room") from error
    finally:
        with suppress(OSError):  # it was never there, or its folder is none
            temporary.unlink()
    return Built(path=destination, meta=meta, notes=tuple(writer.notes))


def _sweep(destination: Path) -> None:
    """Take away what killed runs left."""
    for leftover in destination.parent.glob(f".{escape(destination.name)}.*.new"):
        if time.time() - leftover.stat().st_mtime > _STALE:
            leftover.unlink(missing_ok=True)


def _replace(temporary: Path, destination: Path) -> None:
    """The content reaches the disk before the name does, so that a lost power leaves the one or the other."""
    with temporary.open("rb+") as stream:
        os.fsync(stream.fileno())
    temporary.replace(destination)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(destination.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@dataclass(slots=True)
class _Tally:
    records: int = 0
    malformed: list[str] = field(default_factory=list)
    """What was wrong with the first few; `bad` counts all."""
    bad: int = 0


class _Writer:
    """The rows of a new index."""

    __slots__ = ("_adv", "_pkg", "db", "exploited", "known", "likely", "notes", "sources")

    def __init__(self, path: Path, exploited: frozenset[str], likely: Mapping[str, tuple[float, float]]) -> None:
        path.unlink(missing_ok=True)
        self.db = sqlite3.connect(path, isolation_level=None)
        # Nobody reads this file before it is complete, and a half-built one is thrown away.
        self.db.executescript(f"pragma journal_mode = off; pragma synchronous = off; pragma page_size = 8192; {TABLES}")
        self.db.execute("begin")
        self.exploited, self.likely = exploited, likely
        self.known: dict[str, str] = {}
        """The day and time of each record's last change: one database's copy may be newer than another's."""
        self.sources: list[SourceInfo] = []
        self.notes: list[str] = []
        self._adv: list[tuple[Any, ...]] = []
        self._pkg: list[tuple[Any, ...]] = []

    def add(self, source: Path, progress: Progress, origin: SourceInfo | None) -> None:
        """Every record of a source."""
        tally = _Tally()
        for raw in sources.records(source):
            problem = self._add_record(raw) if raw is not None else "it is too long"
            if problem:
                tally.bad += 1
                tally.malformed += [clean(problem, 120)] if len(tally.malformed) < 3 else []
            else:
                tally.records += 1
            if (tally.records + tally.bad) % _STEP == 0:
                self._flush()
                progress(f"reading {clean(source.name)}", tally.records + tally.bad, 0)
        self._flush()
        progress(f"reading {clean(source.name)}", tally.records + tally.bad, tally.records + tally.bad)
        if not tally.records:
            problem = f"holds no OSV record; {tally.malformed[0]}" if tally.malformed else "holds no OSV record"
            raise InputError(clean(source), problem, "give OSV's JSON, JSON lines or all.zip")
        if tally.bad:
            why = enumerate_some(tally.malformed, 3)
            self.notes.append(f"{clean(source.name)}: {tally.bad} malformed records were left out: {why}")
        origin = origin or SourceInfo(name=clean(source.name))
        self.sources.append(replace(origin, records=tally.records, malformed=tally.bad))

    def _add_record(self, raw: bytes) -> str:
        """Take one record in; what is wrong with it, if something is."""
        try:
            record = DECODE.decode(raw)
            if not record.id.strip():
                return "its id is empty"
            self._keep(record, raw)
        except (msgspec.MsgspecError, UnicodeError) as error:
            return str(error)
        except RecursionError:
            return "it is nested too deeply"
        return ""

    def _keep(self, record: Record, raw: bytes) -> None:
        modified = record.modified or ""
        if record.id in self.known:
            if modified <= self.known[record.id]:
                return
            self._forget(record.id)
        rows: dict[tuple[int, str], list[Any]] = {}
        for ecosystem, name, affected in affected_packages(record):
            rows.setdefault((ECOSYSTEMS.index(ecosystem), name), []).append(affected)
        packed = msgspec.json.encode(brief(record, self.exploited, self.likely))
        self.known[record.id] = modified
        self._pkg += [(eco, name, record.id, msgspec.json.encode(found)) for (eco, name), found in rows.items()]
        self._adv.append((record.id, modified[:10] if not record.withdrawn else "", packed, zlib.compress(raw, 3)))

    def _forget(self, own: str) -> None:
        """Take an older copy of a record out again, row by row: a search for its id would read the whole table."""
        self._flush()
        (body,) = self.db.execute("select body from adv where id = ?", (own,)).fetchone()
        for ecosystem, name, _ in affected_packages(DECODE.decode(zlib.decompress(body))):
            row = (ECOSYSTEMS.index(ecosystem), name, own)
            self.db.execute("delete from pkg where eco = ? and name = ? and id = ?", row)
        self.db.execute("delete from adv where id = ?", (own,))

    def _flush(self) -> None:
        self.db.executemany("insert into adv values (?, ?, ?, ?)", self._adv)
        self.db.executemany("insert into pkg values (?, ?, ?, ?)", self._pkg)
        self._adv.clear()
        self._pkg.clear()

    def finish(self) -> Meta:
        """Write what the index says of itself, last of all. Raises InputError if nothing in it is in force."""
        live, newest = {}, {}
        built = datetime.now(UTC).date().isoformat()
        for number, ecosystem in enumerate(ECOSYSTEMS):
            # Databases hold dates in the future, by mistake: they make nothing fresh.
            query = (
                "select count(distinct id), max(case when modified <= ? then modified end)"
                " from pkg join adv using (id) where eco = ?"
            )
            count, latest = self.db.execute(query, (built, number)).fetchone()
            if count:
                live[str(ecosystem)], newest[str(ecosystem)] = count, latest or ""
        if not live:
            named = enumerate_some(s.name for s in self.sources) or "no source"
            raise InputError(named, "holds no advisory in force for PyPI or npm", "give OSV's archives of these two")
        (inactive,) = self.db.execute("select count(*) from adv where id not in (select id from pkg)").fetchone()
        meta = Meta(
            schema=SCHEMA,
            built=built,
            sources=tuple(self.sources),
            live=live,
            newest=newest,
            inactive=inactive,
            exploited=self._count_exploited(),
            catalogue=len(self.exploited),
            likely=len(self.likely),
        )
        rows = [("meta", msgspec.json.encode(meta)), ("schema", str(SCHEMA).encode())]
        self.db.executemany("insert into meta values (?, ?)", rows)
        self.db.execute("commit")
        self.db.execute(f"pragma application_id = {APPLICATION}")
        return meta

    def _count_exploited(self) -> int:
        return sum(Brief._make(json.loads(packed)).exploited for (packed,) in self.db.execute("select brief from adv"))
