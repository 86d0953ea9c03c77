"""behaviours.json: each behaviour in words names the tests that hold it, and is right when these have passed.

They run once, in a process of their own, through the adapters and on the stores that they are about; what needs a
server that is not installed here is skipped for that reason. A behaviour without a test is a failure.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET

import pytest

Case = tuple[str, Callable[[], None]]
ROOT = Path(__file__).parents[2]
TIME = 600
"""Seconds for all of them together."""

SESSIONS, ATTACKS = "tests/shield/sessions/test_sessions.py", "tests/shield/sessions/test_attacks.py"
SEALED, SERVERS = "tests/shield/sessions/test_sealed.py", "tests/shield/sessions/test_servers.py"
BEHAVIOURS = "tests/shield/sessions/test_behaviours.py"
FAULTS, STORES = "tests/stores/test_faults.py", "tests/stores"

TESTS: dict[str, tuple[str, ...]] = {
    "fixation/unknown-id-not-adopted": (f"{SESSIONS}::test_an_id_that_the_client_made_up_is_never_taken",),
    "fixation/malformed-id": (f"{SESSIONS}::test_what_has_not_the_form_of_an_id_never_reaches_the_store",),
    "fixation/rotate-on-login": (
        f"{SESSIONS}::test_login_gives_a_new_id_and_keeps_the_data",
        f"{ATTACKS}::test_a_planted_id_does_not_lead_to_who_logs_in",
    ),
    "fixation/rotate-on-privilege-change": (f"{BEHAVIOURS}::test_a_step_up_gets_a_new_id_and_keeps_the_data",),
    "logout/destroys": (f"{SESSIONS}::test_logout_ends_it_everywhere", f"{ATTACKS}::test_replay_after_logout"),
    "logout/not-resurrected-by-slow-reader": (f"{SESSIONS}::test_a_slow_request_never_revives_what_was_ended",),
    "logout/not-resurrected-by-slow-writer": (f"{SESSIONS}::test_a_slow_request_never_revives_what_was_ended",),
    "logout/new-session-after": (f"{SESSIONS}::test_what_is_set_after_logout_begins_another_one",),
    "race/disjoint-keys-merge": (f"{SESSIONS}::test_writers_of_different_keys_both_win",),
    "race/delete-vs-set": (f"{BEHAVIOURS}::test_what_one_deletes_stays_deleted_as_another_sets",),
    "race/same-key": (f"{BEHAVIOURS}::test_of_two_writers_of_one_key_one_wins_whole",),
    "race/two-first-requests": (f"{BEHAVIOURS}::test_two_first_requests_at_once_have_two_sessions",),
    "race/parallel-rotation": (f"{BEHAVIOURS}::test_two_rotations_at_once_log_nobody_out",),
    "idle/no-cookie-untouched": (f"{SESSIONS}::test_who_stores_nothing_gets_nothing",),
    "idle/cookie-but-untouched": (f"{SESSIONS}::test_round_trips",),
    "idle/read-only": (f"{SESSIONS}::test_round_trips", f"{SESSIONS}::test_used_is_written_down_once_a_minute"),
    "idle/blind-write": (f"{SESSIONS}::test_round_trips",),
    "idle/same-value": (f"{SESSIONS}::test_round_trips",),
    "idle/nested-mutation": (f"{SESSIONS}::test_what_is_changed_in_place_is_kept",),
    "vary/read": (f"{BEHAVIOURS}::test_a_response_that_looked_is_nobody_elses",),
    "vary/write": (f"{BEHAVIOURS}::test_a_response_that_looked_is_nobody_elses",),
    "vary/untouched": (f"{SESSIONS}::test_who_stores_nothing_gets_nothing",),
    "vary/membership-and-iteration": (f"{SESSIONS}::test_every_way_of_looking_counts",),
    "vary/rolling-renewal": (f"{BEHAVIOURS}::test_a_cookie_is_never_renewed_for_a_cache",),
    "time/idle-timeout": (
        f"{SESSIONS}::test_idle_and_absolute_lifetimes",
        f"{SEALED}::test_the_server_decides_when_it_ends",
    ),
    "time/absolute-timeout": (f"{SESSIONS}::test_idle_and_absolute_lifetimes",),
    "time/absolute-survives-rotation": (f"{SESSIONS}::test_a_new_id_does_not_make_it_live_longer",),
    "time/server-decides": (f"{SEALED}::test_the_server_decides_when_it_ends",),
    "secret/rotation": (f"{SEALED}::test_keys_are_changed_without_losing_anybody",),
    "secret/removed": (f"{SEALED}::test_keys_are_changed_without_losing_anybody",),
    "secret/short": (f"{BEHAVIOURS}::test_a_secret_that_can_be_guessed_is_refused",),
    "secret/one-key-per-purpose": (f"{BEHAVIOURS}::test_each_purpose_has_its_own_key",),
    "cookie/encrypted": (
        f"{SEALED}::test_a_value_comes_back_and_cannot_be_read",
        f"{SEALED}::test_any_bit_that_is_changed_makes_it_empty",
        f"{SEALED}::test_a_cookie_is_good_for_its_own_name",
    ),
    "cookie/no-compression-by-default": (f"{BEHAVIOURS}::test_the_length_does_not_tell_of_a_match",),
    "cookie/too-large": (f"{SEALED}::test_what_does_not_fit_is_an_error_that_names_the_largest",),
    "cookie/chunk-bomb": (f"{SEALED}::test_what_is_no_sealed_session_is_empty",),
    "cookie/duplicate": (
        f"{SEALED}::test_of_two_cookies_the_genuine_one_counts",
        f"{ATTACKS}::test_cookie_tossing",
    ),
    "cookie/replay-after-logout": (f"{SEALED}::test_logout_ends_it_and_a_copy_only_where_it_is_remembered",),
    "cookie/logout-replay": (f"{SEALED}::test_logout_ends_it_and_a_copy_only_where_it_is_remembered",),
    "serializer/types": (
        f"{SESSIONS}::test_values_come_back_as_they_were",
        f"{SESSIONS}::test_what_cannot_come_back_is_refused_where_it_is_set",
    ),
    "serializer/no-pickle": (f"{BEHAVIOURS}::test_nothing_is_unpickled",),
    "serializer/corrupt": (f"{BEHAVIOURS}::test_octets_that_are_none_of_ours_run_nothing",),
    "store/down-read": (f"{SESSIONS}::test_while_the_store_is_away_only_who_needs_it_waits",),
    "store/down-write": (f"{BEHAVIOURS}::test_a_write_that_failed_is_never_an_answer_that_all_is_well",),
    "store/slow": (f"{FAULTS}::test_a_stalled_server_is_a_timeout_on_both_faces",),
    "store/full": (f"{FAULTS}::test_a_valkey_without_memory_left_still_reads_and_logs_out",),
    "store/restart": (f"{FAULTS}::test_a_server_that_is_killed_under_load_loses_nothing_and_brings_nothing_back",),
    "store/key-names": (f"{SESSIONS}::test_only_hashes_lie_in_the_store",),
    "store/path-traversal": (f"{SESSIONS}::test_what_has_not_the_form_of_an_id_never_reaches_the_store",),
    "store/empty-key": (f"{BEHAVIOURS}::test_there_is_never_a_record_without_an_id",),
    "store/cluster": (f"{STORES}/test_cluster.py",),
    "store/fork": (
        f"{STORES}/test_sqlite.py::test_a_forked_child_opens_its_own_connection",
        f"{FAULTS}::test_a_forked_worker_opens_connections_of_its_own",
    ),
    "store/two-event-loops": (f"{FAULTS}::test_two_event_loops_at_once_have_connections_of_their_own",),
    "store/cancelled-request": (f"{FAULTS}::test_an_answer_never_reaches_another_request",),
    "store/expiry": (f"{BEHAVIOURS}::test_records_end_by_themselves",),
    "store/ttl": (f"{BEHAVIOURS}::test_records_end_by_themselves",),
    "devices/list": (f"{SESSIONS}::test_devices_are_listed_and_ended",),
    "devices/revoke-one": (f"{SESSIONS}::test_devices_are_listed_and_ended",),
    "devices/revoke-all": (f"{SESSIONS}::test_devices_are_listed_and_ended",),
    "devices/revoke-others": (f"{BEHAVIOURS}::test_a_user_ends_all_his_other_sessions",),
    "devices/revoke-all-racing-login": (f"{BEHAVIOURS}::test_revoking_all_as_somebody_logs_in",),
    "binding/user-agent-change": (f"{BEHAVIOURS}::test_another_browser_with_the_same_cookie",),
    "defaults/cookie": (f"{SESSIONS}::test_a_value_comes_back",),
    "defaults/http-localhost": (f"{SESSIONS}::test_over_plain_http_only_localhost_may_have_one",),
    "streaming/late-write": (
        f"{SESSIONS}::test_after_the_header_nothing_can_begin",
        f"{SESSIONS}::test_in_a_stream_what_is_changed_is_written_at_once",
    ),
    "streaming/disconnect": (f"{BEHAVIOURS}::test_a_client_that_goes_away_leaves_all_or_nothing",),
    "websocket/read": ("tests/shield/sessions/test_sockets.py::test_a_handler_reads_and_changes_the_session",),
    "websocket/revoked": ("tests/shield/sessions/test_sockets.py::test_the_socket_of_a_session_that_ended_is_closed",),
    "form/secrets-in-session": (f"{BEHAVIOURS}::test_a_secret_in_a_session_is_warned_of",),
}
"""Id of a behaviour to the tests that hold it, a file or a function with all its parameters."""


def cases(path: Path) -> Iterator[Case]:
    known = json.loads(path.read_text("utf-8"))
    for row in known["cases"] if isinstance(known, dict) else known:
        yield row["id"], partial(_held, row["id"])


def _held(behaviour: str) -> None:
    assert behaviour in TESTS, "nobody has turned it into a test"
    reasons = []
    for test in TESTS[behaviour]:
        found = [
            entry for name, entry in outcomes().items() if name == test or name.startswith((f"{test}::", f"{test}["))
        ]
        assert found, f"{test} was not run"
        for outcome, said in found:
            assert outcome != "failed", f"{test}: {said}"
        if all(outcome == "skipped" for outcome, _ in found):
            reasons.append(found[0][1])
    if reasons:
        pytest.skip(reasons[0])


@cache
def outcomes() -> dict[str, tuple[str, str]]:
    """Every test that a behaviour names: how it ended, and what was said of it."""
    named = sorted({test for tests in TESTS.values() for test in tests})
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "junit_family=xunit1"]
        done = subprocess.run(
            [*command, f"--junitxml={report}", "--show-capture=no", *named],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=TIME,
            check=False,
        )
        assert report.exists(), done.stdout[-2_000:] + done.stderr[-2_000:]
        return dict(map(_outcome, ET.parse(report).getroot().iter("testcase")))


def _outcome(case: Any) -> tuple[str, tuple[str, str]]:
    for kind, outcome in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        found = case.find(kind)
        if found is not None:
            return _name(case), (outcome, str(found.get("message") or "")[:300])
    return _name(case), ("passed", "")


def _name(case: Any) -> str:
    file, classes = str(case.get("file")), str(case.get("classname"))
    inside = classes.removeprefix(file.removesuffix(".py").replace("/", ".")).strip(".")
    return "::".join(part for part in (file, inside.replace(".", "::"), str(case.get("name"))) if part)


FILES: dict[str, Callable[[Path], Iterator[Case]]] = {"sessions/behaviours.json": cases}


@pytest.mark.slow
@pytest.mark.timeout(900)  # it runs seventy tests, some of them with servers that are killed
def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
