"""The tables of a store in SQLite, and how each version of them becomes the next."""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE hauberk_entries (
            key TEXT PRIMARY KEY, ends REAL NOT NULL, value BLOB, number INTEGER, fields BLOB, leads_to TEXT, filed TEXT
        ) WITHOUT ROWID""",
        "CREATE INDEX hauberk_ends ON hauberk_entries (ends)",
        "CREATE INDEX hauberk_filed ON hauberk_entries (filed) WHERE filed IS NOT NULL",
    ),
    (
        """CREATE TABLE hauberk_log (
            position INTEGER PRIMARY KEY AUTOINCREMENT, log TEXT NOT NULL, ends REAL NOT NULL, entry BLOB NOT NULL
        )""",
        "CREATE INDEX hauberk_log_positions ON hauberk_log (log, position)",
        "CREATE INDEX hauberk_log_ends ON hauberk_log (ends)",
    ),
)
"""The statements that lead from the version of their place to the next; the first are for an empty file."""
VERSION = len(MIGRATIONS)
