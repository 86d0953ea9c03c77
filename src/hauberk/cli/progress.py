"""Progress on stderr: a bar for people, a line now and then for logs, nothing with --quiet."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from hauberk.core.progress import Progress, silent


@contextmanager
def shown(*, quiet: bool, color: bool, hush: bool = False) -> Iterator[Progress]:
    """Give out a Progress that draws on stderr while the block runs.

    `hush` keeps what the application under attack, and the processes it starts, write there from burying it: shells
    that complain of syntax, traces. HAUBERK_DEBUG shows it.
    """
    if quiet:
        yield silent
    elif hush and not os.environ.get("HAUBERK_DEBUG"):
        with _own_stderr() as stream:
            yield from _drawing(stream, color=color)
    else:
        yield from _drawing(sys.stderr, color=color)


@contextmanager
def _own_stderr() -> Iterator[TextIO]:
    """A stream to the real stderr, while the descriptor that everybody else writes to leads nowhere."""
    sys.stderr.flush()
    with open(os.dup(2), "w", encoding="utf-8", errors="replace") as real, open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield real
        finally:
            sys.stderr.flush()
            os.dup2(real.fileno(), 2)


def _drawing(stream: TextIO, *, color: bool) -> Iterator[Progress]:
    if not stream.isatty():
        yield Lines(stream)
        return
    # Where nobody watches, rich is not worth the time it takes to import.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(file=stream, no_color=not color), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def advance(label: str, done: int, total: int, /) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label, total=total or None)
            bars.update(tasks[label], completed=done, total=total or None)

        yield advance


class Lines:
    """One line when a phase begins, for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._seen = stream, set[str]()

    def __call__(self, label: str, done: int, total: int, /) -> None:
        """See `core.progress.Progress`."""
        if label not in self._seen:
            self._seen.add(label)
            print(f"hauberk: {label}" + f" ({total})" * bool(total), file=self._stream, flush=True)
