"""The examples' table of users and their passkeys: SQLite, and nothing of a framework in it.

What replaces something names what it replaces: of two requests at once, the later one does not undo the earlier.
A call takes a fraction of a millisecond, so that nobody awaits it; with a database on the network, somebody should.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from unicodedata import normalize

from hauberk.auth.passkeys import Passkey

TABLES = """
CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    era INTEGER NOT NULL DEFAULT 0,
    totp TEXT NOT NULL DEFAULT '',
    recovery TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS passkeys (
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    dumped TEXT NOT NULL
) STRICT;
"""
LONGEST_NAME = 80


class NotANameError(ValueError):
    """A name that nobody can have, or that somebody has. The message is for the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One row."""

    id: str
    """Random and for ever: what sessions, tokens and passkeys say. A name may change."""
    name: str
    password: str = field(repr=False)
    """As `Passwords.hash` wrote it."""
    era: int = 0
    """How often the password was changed: sessions and tokens of an earlier one are worth nothing."""
    totp: str = field(default="", repr=False)
    """As `TOTP.enrol` sealed it; empty without an authenticator app."""
    recovery: str = field(default="", repr=False)
    """As `RecoveryCodes` hashed them."""


class Accounts:
    """Users by id and by name, passkeys by id and by user."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as db:
            db.executescript(TABLES)

    def add(self, name: str, password: str) -> User:
        """A new user, with a hash of his password. Raises NotANameError for a name that is taken."""
        user = User(id=token_urlsafe(16), name=spelled(name), password=password)
        try:
            with self._open() as db:
                db.execute("INSERT INTO users (id, name, password) VALUES (?, ?, ?)", (user.id, user.name, password))
        except sqlite3.IntegrityError:
            raise NotANameError("This name is taken.") from None
        return user

    def by_id(self, id: str) -> User | None:
        """The user of this id."""
        return self._user("SELECT id, name, password, era, totp, recovery FROM users WHERE id = ?", id)

    def by_name(self, name: str) -> User | None:
        """The user of this name, however he spells it."""
        try:
            return self._user("SELECT id, name, password, era, totp, recovery FROM users WHERE name = ?", spelled(name))
        except NotANameError:
            return None

    def replace_password(self, user: User, new: str) -> bool:
        """Another hash of the same password in place of this one; False if it is another one by now."""
        return self._changed("UPDATE users SET password = ? WHERE id = ? AND password = ?", new, user.id, user.password)

    def change_password(self, user: User, new: str) -> bool:
        """A hash of another password in place of this one, and a new era; False if it is another one by now."""
        statement = "UPDATE users SET password = ?, era = era + 1 WHERE id = ? AND password = ?"
        return self._changed(statement, new, user.id, user.password)

    def replace_recovery(self, user: User, new: str) -> bool:
        """Other recovery codes in place of these; False if they are others by now."""
        return self._changed("UPDATE users SET recovery = ? WHERE id = ? AND recovery = ?", new, user.id, user.recovery)

    def set_second_factor(self, user: User, totp: str, recovery: str) -> None:
        """An authenticator app and recovery codes; with empty texts, none."""
        self._changed("UPDATE users SET totp = ?, recovery = ? WHERE id = ?", totp, recovery, user.id)

    def passkey(self, id: str) -> Passkey | None:
        """The passkey of this id, whoever's it is."""
        return next(iter(self._passkeys("SELECT dumped FROM passkeys WHERE id = ?", id)), None)

    def passkeys(self, user: User) -> list[Passkey]:
        """All passkeys of a user."""
        return self._passkeys("SELECT dumped FROM passkeys WHERE user = ? ORDER BY rowid", user.id)

    def add_passkey(self, passkey: Passkey) -> bool:
        """Keep a new one; False if somebody has it already."""
        statement = "INSERT OR IGNORE INTO passkeys (id, user, dumped) VALUES (?, ?, ?)"
        return self._changed(statement, passkey.id, passkey.user, passkey.dump())

    def replace_passkey(self, old: Passkey, new: Passkey) -> bool:
        """The passkey as it is after a login; False if another login came first."""
        statement = "UPDATE passkeys SET dumped = ? WHERE id = ? AND dumped = ?"
        return self._changed(statement, new.dump(), old.id, old.dump())

    def remove_passkey(self, user: User, id: str) -> bool:
        """Forget it, if it is this user's."""
        return self._changed("DELETE FROM passkeys WHERE id = ? AND user = ?", id, user.id)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        # A connection for each call: cheap for a file, and no thread ever sees another's.
        with closing(sqlite3.connect(self._path, timeout=5)) as db, db:
            db.execute("PRAGMA foreign_keys = ON")
            yield db

    def _user(self, statement: str, key: str) -> User | None:
        with self._open() as db:
            row = db.execute(statement, (key,)).fetchone()
        if row is None:
            return None
        id, name, password, era, totp, recovery = row
        return User(id=id, name=name, password=password, era=era, totp=totp, recovery=recovery)

    def _passkeys(self, statement: str, key: str) -> list[Passkey]:
        with self._open() as db:
            return [Passkey.load(dumped) for (dumped,) in db.execute(statement, (key,))]

    def _changed(self, statement: str, *values: str) -> bool:
        with self._open() as db:
            return db.execute(statement, values).rowcount > 0


def spelled(name: str) -> str:
    """One spelling for all that look the same. Raises NotANameError for what is no name."""
    text = normalize("NFKC", name).strip().casefold()
    if not 1 <= len(text) <= LONGEST_NAME or not text.isprintable():
        raise NotANameError(f"A name has 1 to {LONGEST_NAME} characters that can be seen.")
    return text
