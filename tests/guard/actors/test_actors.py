"""Actors: what makes one, whom it is, and what he is answered."""

from __future__ import annotations

import logging
import sqlite3
from typing import Any

import pytest

import hauberk
from hauberk import CSRF, HTTPS, Actors, ConfigurationError, Guard, Hosts, Policy
from hauberk.core.events import recording
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.guard.actors import Signals
from tests.drivers import Answer, Serve, serve_wsgi


def plan(actors: Actors | None = None, **fields: Any) -> Plan:
    return Policy(actors=actors or Actors(), **fields).plan()


def missing(ex: Exchange) -> Answer:
    return Answer(404)


def statuses(serve: Serve, plan: Plan, number: int, app: Any = None, **request: Any) -> list[int]:
    return [serve(plan, *([app] if app else []), **request).status for _ in range(number)]


def events(caplog: pytest.LogCaptureFixture, name: str) -> list[dict[str, Any]]:
    return [r.__dict__["hauberk"] for r in caplog.records if r.__dict__.get("hauberk", {}).get("event") == name]


def test_an_attack_wave_holds_its_address(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    bare = sqlite3.connect(":memory:", check_same_thread=False)
    bare.execute("create table users (name)")
    both = plan(guard=Guard(mode="block"))
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("create table users (name)")

    def search(ex: Exchange) -> Answer:
        name = ex.query.decode().partition("=")[2].replace("+", " ").replace("%27", "'")
        connection.execute(f"select * from users where name = '{name}'")
        return Answer()

    attack: dict[str, Any] = {"query": "q=x%27+or+1=1--+"}
    benign: dict[str, Any] = {"query": "q=ada"}
    assert statuses(serve, both, 1, search, **benign) == [200]
    assert statuses(serve, both, 2, search, **attack) == [403, 403]
    got = serve(both, search, **benign)  # what he asks for does not matter any more
    assert got.status == 403
    assert 590 <= int(got.one("retry-after") or 0) <= 600
    (held,) = events(caplog, "actor-held")
    assert (held["actor"], held["why"], held["seconds"]) == ("ip:192.0.2.7", "attack", 600.0)
    assert [one["why"] for one in events(caplog, "actor-refused")] == ["held"]


def test_text_alone_is_never_a_reason_but_counts(serve: Serve) -> None:
    watched = plan()
    looks = {"query": "q=1%27+union+select+password+from+users--+"}
    assert statuses(serve, watched, 6, **looks) == [200] * 6
    assert statuses(serve, watched, 1) == [403]
    assert statuses(serve, plan(Actors(signals=Signals(text=0))), 9, **looks) == [200] * 9


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/.env", 8),
        ("/wp-login.php", 8),
        ("/backup.sql", 8),
        ("/cgi-bin/test", 8),
        ("/index.php~", 8),
    ],
)
def test_probes_for_what_is_not_there(serve: Serve, path: str, asked: int) -> None:
    watched = plan()
    assert statuses(serve, watched, asked, missing, path=path) == [404] * asked
    assert statuses(serve, watched, 1) == [403]


@pytest.mark.parametrize("path", ["/users/17", "/favicon.ico", "/report.pdf", "/.well-known/change-password", "/v1.2"])
def test_other_answers_of_404_count_only_where_it_is_known_that_no_handler_was_there(path: str) -> None:
    watched = plan(Actors(threshold=4))
    assert statuses(serve_wsgi, watched, 9, missing, path=path) == [404] * 9


def test_refusals_of_other_features_count(serve: Serve) -> None:
    strict = plan(Actors(threshold=9), hosts=Hosts(allow=("app.example",)), csrf=CSRF())
    fine = [("host", "app.example")]
    cross = [*fine, ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")]
    assert statuses(serve, strict, 1, headers=[("host", "evil.example")]) == [421]
    assert statuses(serve, strict, 2, method="POST", headers=cross) == [403, 403]
    assert statuses(serve, strict, 1, headers=fine) == [403]


def test_one_request_counts_once_for_each_kind() -> None:
    watched = plan(Actors(threshold=6))

    def many(ex: Exchange) -> Answer:
        from hauberk.core.log import decision

        for _ in range(20):
            decision("login-failed", level=logging.INFO)
        return Answer(401)

    assert statuses(serve_wsgi, watched, 2, many) == [401, 401]
    assert statuses(serve_wsgi, watched, 1) == [403]


def test_who_is_observed_is_refused_nothing(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    watched = plan(Actors(mode="observe", honeypots=("/trap",)))
    assert statuses(serve, watched, 3, path="/trap") == [200] * 3
    assert [one["actor"] for one in events(caplog, "actor-observed")] == ["ip:192.0.2.7"]
    assert events(caplog, "actor-refused")[0]["stopped"] is False


def test_a_honeypot_marks_who_asks_for_it(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    watched = plan(Actors(honeypots=("/admin.bak", "/old-panel/")))
    assert statuses(serve, watched, 1, path="/old-panel") == [200]
    got = serve(watched, path="/old-panel/login")
    assert (got.status, got.body) == (404, b"Not Found")
    assert statuses(serve, watched, 2) == [403, 403]
    assert events(caplog, "honeypot-touched")[0]["path"] == "/old-panel/login"


def test_who_is_throttled_may_go_on_slowly(serve: Serve) -> None:
    watched = plan(Actors(honeypots=("/trap",), answer="throttle", rate="2/minute"))
    assert statuses(serve, watched, 1, path="/trap") == [404]
    assert statuses(serve, watched, 4) == [200, 200, 429, 429]


def test_time_ends_it(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    watched = plan(Actors(honeypots=("/trap",), hold=60))
    assert statuses(serve, watched, 1, path="/trap") == [404]
    assert statuses(serve, watched, 1) == [403]
    real = time.time()
    monkeypatch.setattr(time, "time", lambda: real + 61)
    assert statuses(serve, watched, 3) == [200] * 3


LISTS: list[tuple[dict[str, Any], dict[str, Any], int]] = [
    ({"deny": ("192.0.2.0/24",)}, {}, 403),
    ({"deny": ("198.51.100.0/24", "2001:db8::/32")}, {}, 200),
    ({"deny": ("192.0.2.0/24",), "allow": ("192.0.2.7",)}, {}, 200),
    ({"deny": ("192.0.2.7",), "mode": "observe"}, {}, 200),
    ({"deny_agents": ("sqlmap",)}, {"headers": [("user-agent", "SQLMap/1.8")]}, 403),
    ({"deny_agents": ("sqlmap",)}, {"headers": [("user-agent", "Mozilla/5.0")]}, 200),
    ({"deny_agents": ("sqlmap",)}, {}, 200),
    ({"deny": ("192.0.2.7",), "exempt": ("/healthz",)}, {"path": "/healthz"}, 200),
    ({"deny": ("192.0.2.7",), "exempt": ("/healthz",)}, {"path": "/healthz/x"}, 403),
]


@pytest.mark.parametrize(("options", "request_", "status"), LISTS)
def test_lists(serve: Serve, options: dict[str, Any], request_: dict[str, Any], status: int) -> None:
    assert serve(plan(Actors(**options)), **request_).status == status


@pytest.mark.parametrize(
    "options", [{"allow": ("192.0.2.0/24",)}, {"insecure_allow_agents": ("monitor",)}, {"exempt": ("/trap", "/")[:1]}]
)
def test_who_is_allowed_is_never_counted(serve: Serve, options: dict[str, Any]) -> None:
    watched = plan(Actors(honeypots=("/trap",), **options))
    assert statuses(serve, watched, 3, path="/trap", headers=[("user-agent", "monitor/1")]) == [200] * 3


def test_addresses_of_ipv6_stand_for_their_network() -> None:
    trusting = plan(Actors(honeypots=("/trap",)), https=HTTPS(proxies=("192.0.2.7",), redirect=False))

    def ask(client: str, path: str = "/") -> int:
        return serve_wsgi(trusting, path=path, headers=[("x-forwarded-for", client)]).status

    assert ask("2001:db8:1:2::1", "/trap") == 404
    assert [ask(f"2001:db8:1:2::{n}") for n in (1, 2, 99)] == [403] * 3
    assert [ask("2001:db8:1:3::1"), ask("203.0.113.9")] == [200, 200]


def test_a_proxy_that_is_not_trusted_is_not_held_for_its_visitors(caplog: pytest.LogCaptureFixture) -> None:
    """Else one attacker would shut out everybody who comes through it."""
    from tests.guard.actors.requests import ask

    watched = plan(Actors(honeypots=("/trap",)))
    behind = {"x-forwarded-for": "203.0.113.9"}
    assert [ask(watched, "10.0.0.3", path="/trap", headers=behind) for _ in range(3)] == [404] * 3
    assert ask(watched, "10.0.0.3", headers=behind) == 200
    assert events(caplog, "actor-behind-proxy")[0]["fix"] == "HTTPS.proxies"
    # Who comes directly gains nothing by the field.
    assert ask(watched, "198.51.100.9", path="/trap", headers=behind) == 404
    assert ask(watched, "198.51.100.9", headers=behind) == 403


def test_a_scan_in_this_process_is_nobodys_attack(serve: Serve) -> None:
    watched = plan(Actors(honeypots=("/trap",), deny=("192.0.2.7",)))
    with recording():
        assert statuses(serve_wsgi, watched, 2, path="/trap") == [200, 200]
    assert statuses(serve_wsgi, watched, 1) == [403]


def test_an_override_of_a_route() -> None:
    from flask import Flask

    app = Flask("overridden")

    @app.get("/open")
    @hauberk.override(actors=None, reason="the status page of the outage")
    def open_() -> str:
        return "open"

    @app.get("/login")
    @hauberk.override(actors=Actors(threshold=3, honeypots=("/trap",)), reason="stricter")
    def login() -> str:
        return "login"

    @app.get("/")
    def home() -> str:
        return "home"

    client = hauberk.protect(app, actors=Actors(honeypots=("/trap",))).test_client()
    home_ = {"environ_base": {"REMOTE_ADDR": "198.51.100.4"}}
    assert client.get("/login?q=1'+or+1=1--", **home_).status_code == 200  # 5 points of 3
    assert client.get("/login", **home_).status_code == 403
    assert client.get("/", **home_).status_code == 403  # one table, whatever the route
    assert client.get("/open", **home_).status_code == 200


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"mode": "off"}, "Actors.mode"),
        ({"threshold": 0}, "Actors.threshold"),
        ({"window": 0}, "Actors.window"),
        ({"rate": "often"}, "Actors.rate"),
        ({"honeypots": ("trap",)}, "Actors.honeypots"),
        ({"honeypots": "/trap"}, "Actors.honeypots"),
        ({"deny": ("10.0.0.1/8",)}, "Actors.deny"),
        ({"by": frozenset({"session"})}, "Actors.by"),
        ({"deny_agents": ("",)}, "Actors.deny_agents"),
        ({"deny_countries": frozenset({"FRA"})}, "Actors.deny_countries"),
        ({"deny_countries": frozenset({"FR"})}, "Actors.countries"),
        ({"age": 0}, "Actors.age"),
        ({"on_store_error": "refuse"}, "Actors.on_store_error"),
    ],
)
def test_options_that_are_none(options: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Actors(**options)
    assert caught.value.field == field


def test_signals_are_points() -> None:
    with pytest.raises(ConfigurationError, match=r"Signals\.text"):
        Signals(text=-1)
