"""The stores that commands are pointed at: what applications have written there, not places of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hauberk.core.errors import InputError

if TYPE_CHECKING:
    from hauberk.core.store import Store


def store_of(url: str, *, written_by: str, field: str = "--store", there: bool = True) -> Store:
    """Open the store that applications write to by `written_by`, such as `Events(store=...)`.

    Raises InputError for one of this process alone and, where it has to be `there`, for a SQLite file that is not;
    ConfigurationError as `open_store`.
    """
    from hauberk.stores import open_store

    path = url.removeprefix("sqlite:///").partition("?")[0]
    if there and url.startswith("sqlite:///") and not Path(path).exists():
        raise InputError(url, "is a file that is not there", f"name the store that {written_by} writes to")
    store = open_store(url, field=field)
    if not store.shared:
        raise InputError(url, "is of one process alone", f"name the store that {written_by} writes to")
    return store
