"""What people vouch for: a file that is read, written, and runs out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from hauberk.core.errors import InputError
from hauberk.core.finding import Result
from hauberk.report.attest import Attestation, attest, read, requirement_id, write
from hauberk.report.evidence import asvs_evidence

TODAY = date(2026, 11, 30)
ID = "v5.0.0-6.1.1"


def one(id: str = ID, until: date = date(2027, 1, 31), why: str = "docs/auth.md") -> Attestation:
    return Attestation(id=id, answer="fulfilled", by="Kim", why=why, on=TODAY, until=until)


@pytest.mark.parametrize("why", ["plain", 'quo"ted\\', "two\nlines", "\u202e\u0000\u007f \U0001f600", "''' \"\"\" #"])
def test_what_is_written_is_read_back(tmp_path: Path, why: str) -> None:
    path = tmp_path / "hauberk.attest.toml"
    answers = (one("v5.0.0-8.1.1", why=why), one("v5.0.0-2.1.1", why=why))
    write(path, answers)
    assert read(path) == tuple(reversed(answers))  # in the order of the standard


def test_the_last_answer_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    write(path, (one(why="old"), one(why="new")))
    assert [row.why for row in read(path)] == ["new"]


@pytest.mark.parametrize(
    ("until", "state", "gaps"),
    [(TODAY, "attested", 0), (date(2026, 11, 29), "person", 1), (date(2030, 1, 1), "attested", 0)],
)
def test_an_answer_counts_until_its_last_day(tmp_path: Path, until: date, state: str, gaps: int) -> None:
    path = tmp_path / "a.toml"
    answer = Attestation(id=ID, answer="fulfilled", by="Kim", why="so", on=date(2025, 1, 1), until=until)
    write(path, (answer,))
    result = attest(Result(command="check", target="a:app"), path, TODAY)
    assert asvs_evidence(result)[ID].state == state
    assert len(result.gaps) == gaps
    assert result.complete


def test_without_a_file_nothing_changes(tmp_path: Path) -> None:
    result = Result(command="check", target="a:app")
    assert attest(result, tmp_path / "none.toml", TODAY) is result


BAD = [
    ("[[attest]]\nid = 'v5.0.0-6.1.1'", "entry 1"),
    ("[[attest", "cannot be read"),
    ("attest = [1]", "entry 1"),
]
WRONG = {
    "id": ("'v5.0.0-99.1.1'", "is no requirement of ASVS"),
    "answer": ("'yes'", "is none of fulfilled"),
    "by": "' '",
    "why": "''",
    "on": ("'2026-11-30'", "is no day"),
    "until": ("2026-01-01", "is before"),
}


@pytest.mark.parametrize(("text", "said"), BAD)
def test_a_broken_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read(path)


@pytest.mark.parametrize("field", WRONG)
def test_a_wrong_entry_says_which_member(tmp_path: Path, field: str) -> None:
    right = {
        "id": f"'{ID}'",
        "answer": "'fulfilled'",
        "by": "'Kim'",
        "why": "'so'",
        "on": "2026-11-30",
        "until": "2027-01-01",
    }
    wrong = WRONG[field]
    value, said = (wrong, "is empty") if isinstance(wrong, str) else wrong
    path = tmp_path / "a.toml"
    path.write_text("[[attest]]\n" + "\n".join(f"{k} = {v}" for k, v in {**right, field: value}.items()))
    with pytest.raises(InputError, match=said) as error:
        read(path)
    assert "entry 1" in str(error.value)


def test_a_number_alone_is_of_the_present_edition() -> None:
    assert requirement_id("6.1.1") == requirement_id(ID) == ID
