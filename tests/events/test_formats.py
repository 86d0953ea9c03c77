"""Events for other tools: OCSF, lines, and the command that prints them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from hauberk.cli.events import command
from hauberk.core.errors import InputError
from hauberk.core.plan import run_inline
from hauberk.events.kinds import CLASSES, KINDS, kind
from hauberk.events.ocsf import SEVERITIES, finding
from hauberk.events.plain import line
from hauberk.stores import open_store

SOURCES = Path(__file__).parents[2] / "src" / "hauberk"
EVENT = {
    "id": "ab12",
    "at": 1_800_000_000.25,
    "event": "guard-blocked",
    "kind": "sql",
    "client": "203.0.113.9",
    "method": "GET",
    "path": "/find",
    "host": "app.example",
    "reason": "the input ends the literal\n\x1b[31m",
    "line": 7,
}


def test_every_decision_of_ours_is_known_by_its_name() -> None:
    """What the sources log, the table has a title, a class and a severity for."""
    names: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        for call in re.findall(r"\bdecision\(\s*([^\n]*(?:\n[^\n]*){0,2})", path.read_text("utf-8")):
            first = call.split(",")[0]
            names |= set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', first))
    assert len(names) > 25
    assert names - KINDS.keys() == set()


def test_kinds_are_whole() -> None:
    for name, what in KINDS.items():
        assert what.of in CLASSES, name
        assert what.severity in SEVERITIES, name
        assert what.title[0].isupper(), name
    assert kind({"event": "something-new-refused"}) == ("Something new refused", "operations", "low", True)


def test_ocsf_has_what_the_class_requires() -> None:
    record = finding(EVENT)
    required = "activity_id category_uid class_uid finding_info metadata severity_id time type_uid".split()
    assert all(name in record for name in required)
    assert record["type_uid"] == record["class_uid"] * 100 + record["activity_id"] == 200401
    assert (record["severity_id"], record["action_id"], record["time"]) == (4, 2, 1_800_000_000_250)
    assert record["finding_info"]["analytic"]["name"] == "guard-blocked"
    assert record["evidences"][0]["src_endpoint"] == {"ip": "203.0.113.9"}
    assert record["unmapped"]["line"] == 7


def test_a_line_stays_a_line() -> None:
    said = line(EVENT)
    assert said.startswith("2027-01-15T08:00:00.250+00:00 high     guard-blocked client=203.0.113.9")
    assert said.isprintable()


@given(st.dictionaries(st.sampled_from(["client", "path", "why", "reason", "rate"]), st.text() | st.integers()))
def test_nothing_in_an_event_acts_on_a_terminal(members: dict[str, object]) -> None:
    assert line({"event": "csrf-refused", "at": 5, **members}).isprintable()


@pytest.mark.parametrize(("form", "starts"), [("text", "2027-"), ("jsonl", '{"id":'), ("ocsf", '{"class_uid":2004')])
def test_the_command_prints_one_a_line(tmp_path: Path, form: str, starts: str) -> None:
    url = f"sqlite:///{tmp_path}/e.db"
    other = {"event": "csrf-refused", "at": 1.0}
    run_inline(open_store(url).append("events:events", json.dumps([EVENT, other]).encode(), most=10, ttl=60))
    done = CliRunner().invoke(command, ["--store", url, "--format", form, "--event", "guard-blocked"])
    assert done.exit_code == 0
    (said,) = done.output.splitlines()
    assert said.startswith(starts)


def test_a_store_that_is_not_there_is_no_empty_list(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not there"):
        CliRunner().invoke(command, ["--store", f"sqlite:///{tmp_path}/none.db"], catch_exceptions=False)
    assert not (tmp_path / "none.db").exists()
