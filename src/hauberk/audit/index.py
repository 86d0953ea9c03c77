"""The advisory index: one SQLite file, read without a lock and replaced as a whole.

`pkg` has a row for each package and live advisory (packed ranges), `adv` for each advisory a brief and its compressed
body, `meta` what is in it and how old that is. Building it is in `build`, downloading in `update`.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hauberk.audit.advisory import Affected, Brief
from hauberk.audit.text import clean
from hauberk.audit.versions import ECOSYSTEMS, Ecosystem
from hauberk.core.errors import InputError

SCHEMA = 2
APPLICATION = 0x6861756B
"""SQLite's application id: `hauk`."""
TABLES = """
create table meta (key text primary key, value blob not null) without rowid;
create table pkg (eco integer, name text, id text, packed blob not null, primary key (eco, name, id)) without rowid;
create table adv (id text primary key, modified text not null, brief blob not null, body blob not null);
"""
_FIX = "run `hauberk db update`, or `hauberk db import FILE` with OSV's archives where there is no network"
_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """One source of an index."""

    name: str
    records: int = 0
    malformed: int = 0
    digest: str = ""
    """SHA-256 of the file, in hexadecimal."""
    etag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What is in an index, and how old it is."""

    schema: int
    built: str
    """The day, as `2026-01-31`."""
    sources: tuple[SourceInfo, ...]
    live: dict[str, int]
    """Advisories in force, by ecosystem."""
    newest: dict[str, str]
    """The day of the latest change among them, by ecosystem: the age of the data."""
    inactive: int = 0
    """Records that concern no package here: withdrawn ones, and those of other ecosystems."""
    exploited: int = 0
    """Advisories that CISA's catalogue names."""
    catalogue: int = 0
    """CVE ids in that catalogue; 0: none was given."""
    likely: int = 0
    """CVE ids with an EPSS score; 0: no scores were given."""

    @classmethod
    def of_json(cls, packed: bytes) -> Meta:
        """Read what `build` wrote."""
        found = json.loads(packed)
        return cls(**found | {"sources": tuple(SourceInfo(**source) for source in found["sources"])})

    def age(self, ecosystem: Ecosystem, today: date) -> int | None:
        """Days since the latest change in the data of an ecosystem, at least 0; None if there are none."""
        try:
            return max((today - date.fromisoformat(self.newest.get(ecosystem, ""))).days, 0)
        except ValueError:
            return None


def default_path() -> Path:
    """Where the index is: `HAUBERK_INDEX`, else `hauberk/advisories.sqlite3` in the user's cache folder."""
    if named := os.environ.get("HAUBERK_INDEX"):
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "hauberk" / "advisories.sqlite3"


class Index:
    """A read-only view of an index."""

    __slots__ = ("_db", "meta", "path")

    def __init__(self, path: Path, db: sqlite3.Connection, meta: Meta) -> None:
        self.path, self._db, self.meta = path, db, meta

    @classmethod
    def open(cls, path: Path | None = None) -> Index:
        """Open an index, by default the one at `default_path()`. Raises InputError with what to do about it."""
        path = path or default_path()
        if not path.is_file():
            raise InputError(clean(path), "there is no advisory index", _FIX)
        with _readable(path):
            # immutable: no lock and no journal is looked for; the file is only ever replaced as a whole.
            db = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1", uri=True)
            try:
                return cls(path, db, _meta(path, db))
            except BaseException:
                db.close()
                raise

    def lookup(self, ecosystem: Ecosystem, names: Iterable[str]) -> dict[str, list[Affected]]:
        """The live advisories of each package that has any. Names are given normalised."""
        found: dict[str, list[Affected]] = {}
        number = ECOSYSTEMS.index(ecosystem)
        with _readable(self.path):
            for chunk in _chunks(sorted(set(names))):
                marks = ",".join("?" * len(chunk))
                query = f"select name, packed from pkg where eco = ? and name in ({marks}) order by name, id"  # noqa: S608
                for name, packed in self._db.execute(query, (number, *chunk)):
                    found.setdefault(name, []).extend(map(Affected._make, json.loads(packed)))
        return found

    def briefs(self, ids: Iterable[str]) -> dict[str, Brief]:
        """What is to be said of each advisory."""
        found: dict[str, Brief] = {}
        with _readable(self.path):
            for chunk in _chunks(sorted(set(ids))):
                marks = ",".join("?" * len(chunk))
                query = f"select brief from adv where id in ({marks})"  # noqa: S608
                for (packed,) in self._db.execute(query, chunk):
                    one = Brief._make(json.loads(packed))
                    found[one.id] = one
        return found

    def body(self, own: str) -> dict[str, Any] | None:
        """The whole record of an advisory, as its database wrote it."""
        with _readable(self.path):
            row = self._db.execute("select body from adv where id = ?", (own,)).fetchone()
            found: dict[str, Any] | None = json.loads(zlib.decompress(row[0])) if row else None
            return found

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _meta(path: Path, db: sqlite3.Connection) -> Meta:
    """What the index says of itself. Raises InputError if it is none of ours, or of another version."""
    if db.execute("pragma application_id").fetchone() != (APPLICATION,):
        raise InputError(clean(path), "is no advisory index of hauberk", _FIX)
    rows: dict[str, bytes] = dict(db.execute("select key, value from meta"))
    if rows.get("schema") != str(SCHEMA).encode():
        raise InputError(clean(path), "was written by another version of hauberk", _FIX)
    return Meta.of_json(rows.get("meta", b""))


def _chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Whatever a damaged or foreign file makes of reading it, as one error."""
    try:
        yield
    except (sqlite3.Error, zlib.error, OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(clean(path), f"is no readable advisory index: {clean(error)}", _FIX) from error
