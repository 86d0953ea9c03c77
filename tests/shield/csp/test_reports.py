"""The collector: what is taken, what is refused, and that nobody can make it grow or write into the log."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from hauberk import CSP, ConfigurationError, Policy
from hauberk.core.plan import ASIDE, Plan
from hauberk.shield.csp import CSPReports, Entry
from hauberk.shield.csp.journal import Journal
from hauberk.shield.csp.reports import Collector
from hauberk.shield.csp.table import Table
from hauberk.shield.csrf import CSRF
from hauberk.shield.headers import Reporting
from hauberk.wire.csp_report import LIST, SINGLE
from tests.drivers import Answer, Got, Serve

PATH = "/.well-known/hauberk/csp"
PAGE = "https://shop.example/catalogue"


def single(**fields: Any) -> bytes:
    report = {"document-uri": PAGE, "effective-directive": "img-src", "blocked-uri": "https://img.example/a.png?x=1"}
    return json.dumps({"csp-report": report | {k.replace("_", "-"): v for k, v in fields.items()}}).encode()


def listed(**fields: Any) -> bytes:
    body = {"documentURL": PAGE, "effectiveDirective": "img-src", "blockedURL": "https://img.example/a.png"} | fields
    other = {"type": "deprecation", "url": PAGE, "body": {"id": "x"}}
    return json.dumps([other, {"type": "csp-violation", "age": 3, "url": PAGE, "body": body}]).encode()


def plan(reports: CSPReports, **fields: Any) -> Plan:
    return Policy().replace(csrf=CSRF(), csp_reports=reports, **fields).plan()


def post(serve: Serve, made: Plan, body: bytes, kind: str = SINGLE, **headers: str) -> Got:
    fields = {"content-type": kind, "host": "shop.example", "content-length": str(len(body))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    return serve(made, unreachable, method="POST", path=PATH, headers=list(fields.items()), body=body)


def unreachable(ex: Any) -> Answer:
    raise AssertionError("a report reached the application")


@pytest.mark.parametrize(("kind", "body"), [(SINGLE, single()), (LIST, listed()), ("application/json", single())])
def test_both_formats_without_login_and_without_token(serve: Serve, kind: str, body: bytes) -> None:
    reports = CSPReports()
    for _ in range(3):
        got = post(serve, plan(reports), body, kind, origin="https://shop.example")
        assert (got.status, got.body) == (204, b"")
    (entry,) = reports.entries()
    assert (entry.directive, entry.blocked, entry.count, entry.senders) == ("img-src", "https://img.example", 3, 1)
    assert entry.pages == [PAGE]
    assert "x=1" not in json.dumps(entry.record()), "queries may hold secrets"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", PATH, 405), ("PUT", PATH, 405), ("POST", PATH + "/", 403), ("POST", "/other", 403), ("GET", "/", 200)],
)
def test_other_addresses_stay_the_applications(serve: Serve, method: str, path: str, status: int) -> None:
    headers = [("content-type", SINGLE), ("host", "shop.example"), ("sec-fetch-site", "cross-site")]
    got = serve(plan(CSPReports()), method=method, path=path, headers=headers)
    assert got.status == status


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", SINGLE, 400),
        (b"{", SINGLE, 400),
        (b"[" * 20_000, LIST, 400),
        (b"[]", LIST, 400),
        (b'{"csp-report": 3}', SINGLE, 400),
        (b"\xff\xfe", SINGLE, 400),
        (single(), "text/plain", 415),
        (single(), "", 415),
        (single(sample="x" * 70_000), SINGLE, 413),
    ],
)
def test_refused(serve: Serve, body: bytes, kind: str, status: int) -> None:
    reports = CSPReports()
    assert post(serve, plan(reports), body, kind).status == status
    assert reports.entries() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"document_uri": "https://evil.example/"},
        {"document_uri": "https://shop.example.evil.example/"},
        {"document_uri": "about:blank"},
        {"document_uri": "https://shop.example@evil.example/"},
        {"blocked_uri": "chrome-extension://abcdef/content.js"},
        {"blocked_uri": "moz-extension"},
        {"source_file": "safari-web-extension://ABC/x.js"},
        {"effective_directive": "no-such-directive"},
        {"effective_directive": "script-src-elem", "blocked_uri": "inline"},
    ],
)
def test_what_says_nothing_of_our_pages_does_not_count(serve: Serve, fields: dict[str, Any]) -> None:
    reports = CSPReports()
    assert post(serve, plan(reports), single(**fields)).status == 204
    assert reports.entries() == []


def test_inline_markup_of_our_own_counts(serve: Serve) -> None:
    reports = CSPReports()
    fields = {"effective_directive": "script-src-elem", "blocked_uri": "inline", "source_file": PAGE, "line_number": 4}
    assert post(serve, plan(reports), single(**fields, script_sample="go()")).status == 204
    (entry,) = reports.entries()
    assert (entry.blocked, entry.line, entry.sample) == ("inline", 4, "go()")
    assert entry.hash == CSP.hash_of("go()")


def test_pages_of_other_sites_make_nobody_report(serve: Serve) -> None:
    reports = CSPReports()
    assert post(serve, plan(reports), single(), sec_fetch_site="cross-site").status == 204
    assert reports.entries() == []
    assert post(serve, plan(reports), single(), sec_fetch_site="same-origin").status == 204
    assert len(reports.entries()) == 1


def test_hosts_can_be_named(serve: Serve) -> None:
    reports = CSPReports(hosts=("www.shop.example",))
    post(serve, plan(reports), single())
    post(serve, plan(reports), single(document_uri="https://www.shop.example/"))
    assert [entry.pages for entry in reports.entries()] == [["https://www.shop.example/"]]


def test_only_directives_that_were_sent(serve: Serve) -> None:
    reports = CSPReports()
    narrow = CSP.of(script_src=("'self'",), insecure_without_default_src=True)
    made = plan(reports, csp=narrow)
    post(serve, made, single())
    assert reports.entries() == []
    post(serve, made, single(effective_directive="script-src-elem"))
    assert len(reports.entries()) == 1


def test_memory_is_bounded_and_what_is_there_stays(serve: Serve) -> None:
    reports = CSPReports(max_entries=3)
    made = plan(reports)
    for number in range(9):
        post(serve, made, single(blocked_uri=f"https://a{number}.example/"))
    post(serve, made, single(blocked_uri="https://a0.example/"))
    assert sorted((e.blocked, e.count) for e in reports.entries()) == [
        ("https://a0.example", 2),
        ("https://a1.example", 1),
        ("https://a2.example", 1),
    ]


def test_a_flood_is_not_read(serve: Serve) -> None:
    reports = CSPReports(rate=1)
    made = plan(reports)
    answers = [post(serve, made, single()).status for _ in range(15)]
    assert answers[:10] == [204] * 10
    assert 429 in answers[10:]


def test_the_bucket_fills_again() -> None:
    now = 0.0
    collector = Collector(CSPReports(rate=2), clock=lambda: now)
    assert [collector._room() for _ in range(21)] == [True] * 20 + [False]
    now = 1.0
    assert [collector._room() for _ in range(3)] == [True, True, False]


def test_nothing_is_written_into_the_log_but_text(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    evil = "https://shop.example/a\r\nforged: line\x1b[31m\u202e"
    with caplog.at_level(logging.INFO, "hauberk.decisions"):
        post(serve, plan(CSPReports()), single(document_uri=evil, source_file=evil))
    (line,) = [record.getMessage() for record in caplog.records if "csp-violation" in record.getMessage()]
    assert line.isprintable()
    assert line.isascii()


def test_a_file_of_lines_that_processes_share(serve: Serve, tmp_path: Path) -> None:
    file = tmp_path / "csp.jsonl"
    made = plan(CSPReports(file=file))
    for _ in range(25):
        post(serve, made, single())
    post(serve, plan(CSPReports(file=file)), single())
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["count"] for line in lines] == [1, 9, 1], "new, grown tenfold, and another process"
    assert file.stat().st_mode & 0o077 == 0


def test_a_callback(serve: Serve) -> None:
    seen: list[Entry] = []
    post(serve, plan(CSPReports(on_entry=seen.append)), single())
    assert [entry.blocked for entry in seen] == ["https://img.example"]


def test_what_nobody_answers_after_all_does_not_reach_the_application(serve: Serve) -> None:
    async def silent(ex: Any) -> None:
        return None

    for load in ((), (silent,)):
        made = Plan(on_request=(lambda ex: ASIDE, unreachable_step), load=load)
        assert serve(made, unreachable).status == 500


def unreachable_step(ex: Any) -> None:
    raise AssertionError("another step judged it")


def test_a_full_table_is_said_once(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    made = plan(CSPReports(max_entries=1))
    for number in range(4):
        post(serve, made, single(blocked_uri=f"https://a{number}.example/"))
    assert [vars(r)["hauberk"]["event"] for r in caplog.records if "full" in r.getMessage()] == ["csp-reports-full"]


def test_a_file_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hauberk.shield.csp.journal.LARGEST", 300)
    journal = Journal(tmp_path / "csp.jsonl", Table(1000))
    for number in range(50):
        journal.note(Entry(directive="img-src", blocked=f"https://a{number}.example", count=1))
    assert 0 < (tmp_path / "csp.jsonl").stat().st_size <= 300


def test_a_file_that_cannot_be_written_stops_no_report(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "csp.jsonl"
    folder.mkdir()
    Journal(folder, Table(10)).note(Entry(directive="img-src", blocked="self", count=1))
    assert "csp-reports-not-written" in caplog.text


def test_the_address_is_announced_once(serve: Serve) -> None:
    assert serve(plan(CSPReports())).one("reporting-endpoints") == f'hauberk-csp="{PATH}"'
    own = Reporting(endpoints={"main": "/reports"})
    assert serve(plan(CSPReports(), reporting=own)).one("reporting-endpoints") == 'main="/reports"'


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": "reports"}, "is not a path"),
        ({"path": "//evil.example/x"}, "is not a path"),
        ({"path": '/a"b'}, "is not a path"),
        ({"path": "/a;b"}, "is not a path"),
        ({"endpoint": "Not a key"}, "not a name"),
        ({"hosts": "shop.example"}, "one text"),
        ({"hosts": ("a b",)}, "CSPReports.hosts"),
        ({"max_body": 1}, "from 1,024 up"),
        ({"max_entries": 0}, "from 1 up"),
        ({"rate": 0}, "from 1 up"),
    ],
)
def test_options(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        CSPReports(**options)


def test_a_file_in_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no folder"):
        CSPReports(file=tmp_path / "no" / "csp.jsonl").steps()
