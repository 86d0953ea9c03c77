"""What the board adds up to is what a fresh count of the same events says."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hauberk.dashboard import Board
from hauberk.dashboard.board import NAMES
from hauberk.events import kind
from tests.dashboard.events import event

NOW = 1_800_000_000.0
EVENTS = st.lists(
    st.fixed_dictionaries(
        {"event": st.sampled_from(["guard-blocked", "csrf-refused", "socket-closed", "unheard-of"])},
        optional={
            "at": st.floats(NOW - 90_000, NOW) | st.none() | st.text(),
            "client": st.sampled_from(["203.0.113.1", "203.0.113.2", ""]) | st.none(),
            "path": st.sampled_from(["/a", "/b"]) | st.none(),
            "method": st.sampled_from(["GET", "POST"]),
            "worker": st.text(max_size=3) | st.integers(),
            "count": st.integers(0, 9),
        },
    ),
    max_size=60,
)


@given(EVENTS, st.integers(1, 30), st.integers(1, 9))
def test_counts_are_those_of_what_is_held(events: list[dict[str, Any]], most: int, step: int) -> None:
    board, fresh = Board(most), Board(10_000)
    for begin in range(0, len(events), step):
        board.take(events[begin : begin + step])
    fresh.take(events[-most:])
    assert (board.classes, board.names, board.sources, board.routes) == (
        fresh.classes,
        fresh.names,
        fresh.sources,
        fresh.routes,
    )
    assert (board.stopped, board.minutes, len(board.rows)) == (fresh.stopped, fresh.minutes, min(most, len(events)))
    assert sum(board.totals.values()) == board.seen == len(events)


def test_bars_hold_every_event_of_their_time() -> None:
    board = Board()
    board.take({"event": "csrf-refused", "at": NOW - 60 * minutes} for minutes in (0, 1, 59, 61, 300, 1_400, 9_000))
    for span, held in (("1h", 3), ("6h", 5), ("24h", 6), ("7d", 7)):
        bars = board.series(span, NOW)
        assert sum(sum(bar["counts"].values()) for bar in bars) == held, span
        assert [bar["at"] for bar in bars] == sorted(bar["at"] for bar in bars)


def test_filters_and_search() -> None:
    board = Board()
    board.take(event(number) for number in range(100))
    assert {row.source for row in board.find({"source": "203.0.113.3"})} == {"203.0.113.3"}
    assert {row.kind.of for row in board.find({"class": "limits"})} == {"limits"}
    assert {row.route for row in board.find({"route": "GET /page/1"})} == {"GET /page/1"}
    assert {row.data["worker"] for row in board.find({"q": "WEB:2"})} == {"web:2"}
    assert board.find({"q": "nowhere"}) == []
    newest = board.find({}, 5)
    assert [row.data["id"] for row in newest] == [f"{number:016x}" for number in range(99, 94, -1)]


def test_who_was_held_back() -> None:
    board = Board()
    board.take({"event": name, "at": NOW - 30, "client": "203.0.113.5"} for name in ("rate-exceeded", "csrf-refused"))
    board.take([{"event": "csp-violation", "at": NOW - 20, "client": "203.0.113.6"}])
    (one,) = board.held_back(NOW)
    assert (one["source"], one["count"]) == ("203.0.113.5", 2)
    assert board.held_back(NOW + 4_000) == []


def test_names_are_bounded() -> None:
    board = Board()
    board.take({"event": "csrf-refused", "at": NOW, "client": f"client-{number}"} for number in range(NAMES + 50))
    assert len(board.sources) == NAMES + 1
    assert board.sources["other"] == 50


def test_a_path_that_was_the_attack_stays_out() -> None:
    board = Board()
    (row,) = board.take([{"event": "guard-blocked", "method": "GET", "path": None}])
    assert row.route == "GET (path withheld)"
    assert kind(row.data) == row.kind
    assert Counter(board.routes) == {"GET (path withheld)": 1}


def test_who_is_blocked_now() -> None:
    board = Board()
    held = {"event": "actor-held", "why": "honeypot", "seconds": 600}
    board.take(
        [
            {**held, "at": NOW - 30, "actor": "ip:203.0.113.5"},
            {**held, "at": NOW - 700, "actor": "ip:203.0.113.6"},
            {**held, "at": NOW - 30, "actor": "ip:203.0.113.7"},
            {"event": "actor-let-go", "at": NOW - 10, "actor": "ip:203.0.113.7"},
        ]
    )
    assert board.blocked(NOW) == [{"actor": "ip:203.0.113.5", "until": NOW + 570, "left": 570, "why": "honeypot"}]
    assert board.blocked(NOW + 600) == []
