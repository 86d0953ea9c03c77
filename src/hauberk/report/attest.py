"""What people vouch for: `hauberk.attest.toml`, a file in the repository, with who, why and until when.

Half of the ASVS asks for documents, decisions and duties that no machine can see. An answer counts until its last day;
then the requirement waits for a person again, so that nobody's word outlives its reason.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from hauberk.core.errors import InputError
from hauberk.core.finding import Result
from hauberk.core.options import did_you_mean
from hauberk.standards import ASVS_VERSION, asvs

FILE = "hauberk.attest.toml"
Answer = Literal["fulfilled", "not-fulfilled", "not-applicable"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
_HEAD = """\
# What people vouch for, requirement by requirement of OWASP ASVS 5.0.0. Written by `hauberk attest`, which keeps it in
# the order of the standard; each answer counts until its last day.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """One person's answer about one requirement."""

    id: str
    """As `v5.0.0-6.1.1`."""
    answer: Answer
    by: str
    """Who says so: a name or an address."""
    why: str
    on: date
    until: date
    """The last day on which it counts."""
    evidence: str = ""
    """Where it can be looked up."""

    def __post_init__(self) -> None:
        if self.id not in asvs():
            raise InputError("id", f"{self.id!r} is no requirement of ASVS {ASVS_VERSION}", "see `hauberk asvs`")
        if self.answer not in ANSWERS:
            hint = did_you_mean(self.answer, ANSWERS)
            raise InputError("answer", f"{self.answer!r} is none of {', '.join(ANSWERS)}", hint)
        for name in ("by", "why"):
            if not str(getattr(self, name)).strip():
                raise InputError(name, "is empty", "an answer needs a person and a reason")
        if self.until < self.on:
            raise InputError("until", f"{self.until} is before {self.on}", "give a later day")

    def as_json(self) -> dict[str, str]:
        """The members as texts, the id left out."""
        members = {field.name: str(getattr(self, field.name)) for field in fields(self) if field.name != "id"}
        return {name: value for name, value in members.items() if value}


def requirement_id(text: str) -> str:
    """`6.1.1` and `v5.0.0-6.1.1` are the same requirement; any other text is given back as it is."""
    return text if text.startswith("v") else f"v{ASVS_VERSION}-{text}"


def read(path: Path) -> tuple[Attestation, ...]:
    """Every answer of the file, none where there is no file. Raises InputError that names the entry."""
    if not path.exists():
        return ()
    try:
        rows = tomllib.loads(path.read_text("utf-8")).get("attest", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            str(path), f"cannot be read: {error}", "mend it, or write it anew with `hauberk attest`"
        ) from error
    return tuple(_entry(row, f"{path.name}, entry {number}") for number, row in enumerate(rows, 1))


def write(path: Path, answers: Iterable[Attestation]) -> None:
    """The file, in the order of the standard; the last answer about a requirement counts."""
    kept = {one.id: one for one in answers}
    order = list(asvs())
    blocks = [_block(kept[id]) for id in order if id in kept]
    path.write_text("\n".join([_HEAD, *blocks]), "utf-8")


def attest(result: Result, path: Path, today: date) -> Result:
    """The result with the answers that count today; those that have run out are named as gaps that withhold nothing."""
    answers = read(path)
    valid = {one.id: one.as_json() for one in answers if today <= one.until}
    over = tuple(
        f"{one.id} waits for a person again: {one.by} vouched for it until {one.until}"
        for one in answers
        if one.until < today
    )
    if not answers:
        return result
    stats: Mapping[str, Any] = {**result.stats, "attested": valid}
    return replace(result, stats=stats, gaps=(*result.gaps, *over))


def _entry(row: Any, where: str) -> Attestation:
    known = {field.name for field in fields(Attestation)}
    if not isinstance(row, Mapping) or not {"id", "answer", "by", "why", "on", "until"} <= set(row) <= known:
        raise InputError(where, "needs id, answer, by, why, on and until, and may have evidence", "see docs/attest.md")
    for name in ("on", "until"):
        if type(row[name]) is not date:
            raise InputError(where, f"{name} = {row[name]!r} is no day", f"write {name} = 2027-01-31, without quotes")
    try:
        return Attestation(
            id=str(row["id"]),
            answer=row["answer"],
            by=str(row["by"]),
            why=str(row["why"]),
            on=row["on"],
            until=row["until"],
            evidence=str(row.get("evidence", "")),
        )
    except InputError as error:
        raise InputError(where, str(error), "") from error


def _block(one: Attestation) -> str:
    lines = ["[[attest]]"]
    for field in fields(one):
        value = getattr(one, field.name)
        if value != "":
            lines.append(f"{field.name} = {value if isinstance(value, date) else _basic(value)}")
    return "\n".join(lines) + "\n"


def _basic(text: str) -> str:
    """A basic string of TOML: as JSON writes one, but without surrogates, and with DEL escaped (TOML 1.0, "String")."""
    written = json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False)
    return written.replace("\x7f", "\\u007f")
