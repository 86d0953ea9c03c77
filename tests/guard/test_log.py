"""Records of `logging`: a line break of a request is written out, those of the application stay."""

from __future__ import annotations

import logging
from urllib.parse import parse_qs, quote

import pytest

from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.guard import Guard
from tests.drivers import Answer, Serve

LOGGER = logging.getLogger("shop")
BLOCK = Plan.of([Guard(mode="block")])


def note(ex: Exchange) -> Answer:
    LOGGER.warning("login of %s failed\n  (see the manual)", parse_qs(ex.query.decode())["v"][0])
    return Answer(200, [("content-type", "text/plain")], b"done")


def logged(serve: Serve, caplog: pytest.LogCaptureFixture, value: str, plan: Plan = BLOCK) -> tuple[str, list[str]]:
    """What the record says, and the decisions of the guard."""
    with caplog.at_level(logging.WARNING):
        assert serve(plan, note, query="v=" + quote(value)).status == 200
    said = [record.hauberk["event"] for record in caplog.records if hasattr(record, "hauberk")]
    return next(record.getMessage() for record in caplog.records if record.name == "shop"), said


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("bob\nlogin of admin succeeded", "bob\\nlogin of admin succeeded"),
        ("bob\r\nadmin", "bob\\r\\nadmin"),
        ("bob\x1b[2Jadmin", "bob\\x1b[2Jadmin"),
        ("bob\u2028admin", "bob\\u2028admin"),
        ("bob\u202enimda", "bob\\u202enimda"),
        ("bob\x9b31madmin", "bob\\x9b31madmin"),
    ],
)
def test_an_input_that_breaks_the_line(
    serve: Serve, caplog: pytest.LogCaptureFixture, value: str, written: str
) -> None:
    said, events = logged(serve, caplog, value)
    assert (said, events) == (f"login of {written} failed\n  (see the manual)", ["guard-observed"])


@pytest.mark.parametrize("value", ["bob", "bob\\n", "a\tb", "ünïcode ☃", 'it\'s 5 % < "6"'])
def test_an_input_that_stays_in_its_line(serve: Serve, caplog: pytest.LogCaptureFixture, value: str) -> None:
    assert logged(serve, caplog, value) == (f"login of {value} failed\n  (see the manual)", [])


@pytest.mark.parametrize(
    ("plan", "written", "events"),
    [
        (Plan.of([Guard(mode="observe")]), "a\nb c", ["guard-observed"]),
        (Plan.of([Guard(mode="observe", log="escape")]), "a\\nb c", ["guard-observed"]),
        (Plan.of([Guard(mode="block", log="off")]), "a\nb c", []),
    ],
)
def test_modes(serve: Serve, caplog: pytest.LogCaptureFixture, plan: Plan, written: str, events: list[str]) -> None:
    assert logged(serve, caplog, "a\nb c", plan) == (f"login of {written} failed\n  (see the manual)", events)


def test_outside_of_a_request(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        LOGGER.warning("one\ntwo")
    assert caplog.records[-1].getMessage() == "one\ntwo"


def test_a_record_that_cannot_be_written(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    def wrong(ex: Exchange) -> Answer:
        record = logging.getLogRecordFactory()("shop", logging.WARNING, "f", 1, "%d", ("x\n",), None)
        return Answer(200, [("content-type", "text/plain")], str(record.args).encode())

    assert serve(BLOCK, wrong, query="v=x%0Ay").body == b"('x\\n',)"
