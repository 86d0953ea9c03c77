"""The journal of a fleet run: a line for each repository that is done, so that a killed run is gone on with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hauberk.audit.fleet.work import Answer, Fault, Row, Seen
from hauberk.audit.text import clean
from hauberk.core.errors import InputError

_FIX = "name another file, or remove this one to begin anew"


class Journal:
    """Appended to while the run goes; a line that a kill cut short is taken away at the next start."""

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        self._path, self._about = path, about
        self._file: Any = None
        self._said: set[Fault] = set()

    def begin(self) -> Iterator[Answer]:
        """What earlier runs did; then it is ready to be appended to. Raises InputError if it is of another run."""
        try:
            yield from self._earlier()
            self._file = self._path.open("a", encoding="utf-8")
            if self._file.tell() == 0:
                self._write(self._about)
        except OSError as error:
            raise InputError(clean(self._path), f"cannot be used: {error.strerror}", _FIX) from error

    def _earlier(self) -> Iterator[Answer]:
        if not self._path.exists():
            return
        good = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file):
                if not line.endswith(b"\n"):
                    break
                try:
                    found = json.loads(line)
                    if number == 0 and found != self._about:
                        problem = "is the journal of another list, index or version"
                        raise InputError(clean(self._path), problem, _FIX)
                    answer = None if number == 0 else _answer(found)
                except (ValueError, KeyError, TypeError) as error:
                    raise InputError(clean(self._path), f"is no journal: line {number + 1}", _FIX) from error
                good += len(line)
                if answer:
                    self._said |= answer.faults.keys()
                    yield answer
        with self._path.open("rb+") as file:
            file.truncate(good)

    def note(self, answer: Answer) -> None:
        """Append a batch, each fault in full only once."""
        new = {fault: told for fault, told in answer.faults.items() if fault not in self._said}
        self._said |= new.keys()
        self._write({"rows": answer.rows, "faults": [[fault, told] for fault, told in new.items()]})

    def _write(self, line: Any) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()


def _answer(found: dict[str, Any]) -> Answer:
    rows = [
        Row(
            number,
            target,
            outcome,
            files,
            packages,
            tuple(gaps),
            tuple(Seen(_fault(f), at, line) for f, at, line in seen),
        )
        for number, target, outcome, files, packages, gaps, seen in found["rows"]
    ]
    return Answer(rows, {_fault(fault): told for fault, told in found["faults"]})


def _fault(parts: list[str]) -> Fault:
    rule, ecosystem, package, version, key = parts
    return rule, ecosystem, package, version, key
