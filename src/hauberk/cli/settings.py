"""`[tool.hauberk.cli]` of pyproject.toml: what a project sets for every run, and what it decided to live with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.core.finding import SEVERITIES
from hauberk.core.options import did_you_mean

KEYS = ("fail-on", "ignore")
TABLE = "tool.hauberk.cli"
IGNORE = f"{TABLE}.ignore"
MEMBERS = ("rule", "fingerprint", "advisory", "package", "reason")
"""Texts of an entry of `ignore`; its `until` is a day."""


def settings(config: Path | None) -> Mapping[str, Any]:
    """The table of the file named, or of a pyproject.toml here. Raises InputError and ConfigurationError."""
    path = config or Path("pyproject.toml")
    if config is None and not path.exists():
        return {}
    import tomllib  # here, as most runs have no file to read

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(str(path), f"cannot be read: {error}", "name another file with --config") from error
    table = _table(document)
    for name, value in table.items():
        if name not in KEYS:
            raise ConfigurationError(f"{TABLE}.{name}", value, "is not an option", did_you_mean(name, KEYS))
    if (fail_on := table.get("fail-on", "medium")) not in SEVERITIES:
        raise ConfigurationError(f"{TABLE}.fail-on", fail_on, "is no severity", did_you_mean(fail_on, SEVERITIES))
    entries = table.get("ignore", [])
    if not isinstance(entries, list):
        raise ConfigurationError(IGNORE, entries, "is no list", f"write [[{IGNORE}]]")
    for entry in entries:
        _check(entry)
    return table


def _table(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The innermost table, empty where there is none."""
    table: Any = document
    names = TABLE.split(".")
    for depth, name in enumerate(names, 1):
        table = table.get(name, {})
        if not isinstance(table, Mapping):
            where = ".".join(names[:depth])
            raise ConfigurationError(where, table, "is no table", f"write [{where}]")
        for key in KEYS if name == "hauberk" else ():
            if key in table:
                raise ConfigurationError(
                    f"tool.hauberk.{key}", table[key], "stands one table too high", f"write it in [{TABLE}]"
                )
    return table  # type: ignore[no-any-return]


def _check(entry: Any) -> None:
    """Raise ConfigurationError for an entry that would not do what its writer means."""
    example = "write { rule = '...', reason = '...', until = 2027-01-31 }"
    if not isinstance(entry, Mapping) or not {"rule", "reason"} <= set(entry):
        raise ConfigurationError(IGNORE, entry, "needs a rule and a reason", example)
    for name, value in entry.items():
        if name == "until":
            # As a text it would be no day, and the entry would hold for ever.
            if type(value) is not date:
                raise ConfigurationError(
                    f"{IGNORE}.until", value, "is no day", "write until = 2027-01-31, without quotes"
                )
        elif name not in MEMBERS:
            raise ConfigurationError(
                f"{IGNORE}.{name}", value, "is not a member of it", did_you_mean(name, (*MEMBERS, "until"))
            )
        elif not isinstance(value, str) or not value.strip():
            raise ConfigurationError(f"{IGNORE}.{name}", value, "is no text", example)
