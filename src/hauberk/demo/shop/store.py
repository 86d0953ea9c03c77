"""The shop's folder and its database."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request

from hauberk.demo.shop import stock

SCHEMA = """
CREATE TABLE products (
  id INTEGER PRIMARY KEY, name TEXT, category TEXT, cloth TEXT, tint TEXT, size TEXT, price INTEGER, mend TEXT,
  story TEXT, photo TEXT
);
CREATE TABLE users (
  id INTEGER PRIMARY KEY, name TEXT UNIQUE, password TEXT, role TEXT, full_name TEXT, email TEXT, address TEXT,
  portrait TEXT
);
CREATE TABLE comments (id INTEGER PRIMARY KEY, product INTEGER, author TEXT, text TEXT);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY, customer INTEGER, product INTEGER, placed TEXT, state TEXT, total INTEGER, invoice TEXT,
  message TEXT
);
CREATE TABLE vouchers (code TEXT PRIMARY KEY, percent INTEGER, note TEXT);
"""


@dataclass(frozen=True, slots=True)
class Store:
    """Where one shop keeps everything: `folder` goes away with the process."""

    folder: Path

    @classmethod
    def open(cls, owner: object) -> Store:
        """Make and fill a folder that lives as long as `owner`."""
        store = cls(Path(tempfile.mkdtemp(prefix="threadbare-")))
        weakref.finalize(owner, shutil.rmtree, store.folder, ignore_errors=True)
        for name in ("invoices", "care", "photos", "portraits"):
            (store.folder / name).mkdir()
        with store.connect() as db:
            db.executescript(SCHEMA)
            _fill(db)
        for file, text in stock.INVOICES.items():
            (store.folder / "invoices" / file).write_text(text, encoding="utf-8")
        for file, text in stock.GUIDES.items():
            (store.folder / "care" / file).write_text(text, encoding="utf-8")
        (store.folder / "carriers.txt").write_text(stock.CARRIERS, encoding="utf-8")
        (store.folder / "settings.env").write_text("PAYMENT_KEY=stitch-in-time\n", encoding="utf-8")
        return store

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """A connection for one piece of work, which is committed if it ends well."""
        db = sqlite3.connect(self.folder / "shop.db")
        db.row_factory = sqlite3.Row
        try:
            with db:
                yield db
        finally:
            db.close()


def store_of(request: Request) -> Store:
    """The store of the shop that answers this request."""
    store: Store = request.app.state.store
    return store


def fingerprint(password: str) -> str:
    """What is kept of a password."""
    return hashlib.sha1(password.encode()).hexdigest()


def _fill(db: sqlite3.Connection) -> None:
    db.executemany("INSERT INTO products VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)", stock.PRODUCTS)
    db.executemany(
        "INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
        [(number, name, fingerprint(password), *rest) for number, name, password, *rest in stock.USERS],
    )
    db.executemany("INSERT INTO comments (product, author, text) VALUES (?, ?, ?)", stock.COMMENTS)
    db.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?)", stock.ORDERS)
    db.executemany("INSERT INTO vouchers VALUES (?, ?, ?)", stock.VOUCHERS)
