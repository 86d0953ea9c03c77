"""What leaves: fields for allowed origins, nothing for others, and preflights that never reach the application."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import process_time

import pytest

from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan, Steps
from hauberk.shield.cors import CORS
from hauberk.shield.failures import Failures
from hauberk.wire.origin import Origin
from tests.drivers import Answer, Got, Pairs, Serve, serve_asgi, serve_wsgi

APP, STRANGER = "https://app.example", "https://stranger.example"
OWN = [
    ("access-control-allow-origin", STRANGER),
    ("access-control-allow-credentials", "true"),
    ("access-control-expose-headers", "X-Own"),
    ("access-control-allow-private-network", "true"),
    ("access-control-max-age", "1"),
]
PREFLIGHT = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


def shared(got: Got) -> dict[str, str]:
    names = {name.lower() for name, _ in got.headers if name.lower().startswith("access-control-")}
    return {name: got.one(name) or "" for name in names}


def vary(got: Got) -> list[str]:
    return sorted(item.strip().lower() for value in got.all("vary") for item in value.split(","))


def ask(serve: Serve, cors: CORS, origin: str, method: str = "GET", headers: str = "", **more: str) -> Got:
    """Send a preflight to an application that must not see it."""

    def never(ex: Exchange) -> Answer:
        raise AssertionError("a preflight came through")

    fields: Pairs = [("origin", origin), ("access-control-request-method", method)]
    fields += [("access-control-request-headers", headers)] if headers else []
    fields += [(name.replace("_", "-"), value) for name, value in more.items()]
    return serve(Plan.of([cors]), never, method="OPTIONS", headers=fields)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_allowed_origin_reads_the_answer(serve: Serve, method: str) -> None:
    got = serve(Plan.of([CORS(origins=(APP,))]), method=method, headers=[("origin", APP)])
    assert (got.status, got.body) == (200, b"hello")
    assert shared(got) == {"access-control-allow-origin": APP}
    assert vary(got) == ["origin"]


def test_credentials_and_exposed_fields(serve: Serve) -> None:
    cors = CORS(origins=("https://*.app.example",), credentials=True, expose=("X-Total", "X-Page"))
    got = serve(Plan.of([cors]), headers=[("origin", "https://a.app.example")])
    assert shared(got) == {
        "access-control-allow-origin": "https://a.app.example",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "X-Total, X-Page",
    }


@pytest.mark.parametrize("origin", [STRANGER, "null", "https://App.example", "x", f"{APP}, {APP}", f"{APP} {APP}", ""])
def test_another_origin_is_told_nothing_and_the_request_goes_on(serve: Serve, origin: str) -> None:
    cors = CORS(origins=(APP, "https://*.app.example"), credentials=True, expose=("X-Total",))
    got = serve(Plan.of([cors]), headers=[("origin", origin)])
    assert got.body == b"hello"
    assert shared(got) == {}
    assert vary(got) == ["origin"]


def test_an_origin_that_comes_twice_is_refused() -> None:
    got = serve_asgi(Plan.of([CORS(origins=(APP,))]), headers=[("origin", APP), ("origin", APP)])
    assert shared(got) == {}


@dataclass(frozen=True)
class Early:
    """A feature that acts before CORS does."""

    def steps(self) -> Steps:
        return Steps(on_request=lambda ex: ex.add("x-early", "1"))


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_fields_of_other_features_stay(serve: Serve, method: str) -> None:
    fields = [("origin", APP), ("access-control-request-method", "GET")]
    got = serve(Plan.of([Early(), CORS(origins=(APP,))]), method=method, headers=fields)
    assert (got.one("x-early"), got.one("access-control-allow-origin")) == ("1", APP)


def test_without_an_origin_only_vary_is_said(serve: Serve) -> None:
    got = serve(Plan.of([CORS(origins=(APP,), credentials=True)]))
    assert shared(got) == {}
    assert vary(got) == ["origin"]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("Accept-Encoding", ["accept-encoding", "origin"]),
        ("accept, ORIGIN", ["accept", "origin"]),
    ],
)
def test_vary_of_the_application_stays_and_nothing_is_said_twice(serve: Serve, own: str, expected: list[str]) -> None:
    plan = Plan.of([CORS(origins=(APP,))])
    for fields in ([("origin", APP)], []):
        assert vary(serve(plan, lambda ex: Answer(headers=[("vary", own)]), headers=fields)) == expected


@pytest.mark.parametrize("origin", [APP, STRANGER, ""])
def test_the_applications_own_fields_are_replaced(serve: Serve, origin: str) -> None:
    plan = Plan.of([CORS(origins=(APP,))])
    got = serve(plan, lambda ex: Answer(headers=list(OWN)), headers=[("origin", origin)] if origin else [])
    assert shared(got) == ({"access-control-allow-origin": APP} if origin == APP else {})


@pytest.mark.parametrize("status", [301, 401, 404, 500])
def test_errors_of_the_application_are_readable(serve: Serve, status: int) -> None:
    got = serve(Plan.of([CORS(origins=(APP,))]), lambda ex: Answer(status), headers=[("origin", APP)])
    assert (got.status, got.one("access-control-allow-origin"), vary(got)) == (status, APP, ["origin"])


def fails(ex: Exchange) -> Answer:
    raise RuntimeError("broken")


@pytest.mark.parametrize("origin", [APP, STRANGER])
def test_unhandled_errors_too(serve: Serve, origin: str) -> None:
    got = serve(Plan.of([CORS(origins=(APP,)), Failures()]), fails, headers=[("origin", origin)])
    assert got.status == 500
    assert got.one("access-control-allow-origin") == (APP if origin == APP else None)
    assert vary(got) == ["origin"]


def test_any_origin_is_a_constant_that_varies_on_nothing(serve: Serve) -> None:
    plan = Plan.of([CORS(insecure_allow_any_origin=True, expose=("X-Total",))])
    for fields in ([], [("origin", STRANGER)], [("origin", "null")]):
        got = serve(plan, lambda ex: Answer(headers=list(OWN)), headers=fields)
        assert shared(got) == {"access-control-allow-origin": "*", "access-control-expose-headers": "X-Total"}
        assert got.all("vary") == []


def test_a_preflight_is_answered_before_the_application(serve: Serve) -> None:
    cors = CORS(origins=(APP,), methods=("PUT", "delete"), headers=("X-B", "X-A"), max_age=60, expose=("X-Total",))
    got = ask(serve, cors, APP, "PUT", "x-a,x-b")
    assert (got.status, got.body) == (204, b"")
    assert shared(got) == {
        "access-control-allow-origin": APP,
        "access-control-allow-methods": "PUT, DELETE",
        "access-control-allow-headers": "x-a, x-b",
        "access-control-expose-headers": "X-Total",
        "access-control-max-age": "60",
    }
    assert vary(got) == sorted(PREFLIGHT.lower().split(", "))


@pytest.mark.parametrize(
    "origin", [STRANGER, "null", f"{APP},{APP}", "https://app.example.stranger.example", "x" * 9999]
)
def test_a_preflight_of_another_origin_learns_nothing(serve: Serve, origin: str) -> None:
    cors = CORS(origins=(APP,), methods=("PUT",), credentials=True, private_network=True)
    got = ask(serve, cors, origin, "PUT", access_control_request_private_network="true")
    assert (got.status, got.body, shared(got)) == (403, b"", {})
    assert set(PREFLIGHT.lower().split(", ")) < set(vary(got))


@pytest.mark.parametrize("fields", [[("origin", APP)], [("access-control-request-method", "PUT")], []])
def test_other_options_requests_belong_to_the_application(serve: Serve, fields: Pairs) -> None:
    for cors in (CORS(origins=(APP,)), CORS(insecure_allow_any_origin=True)):
        assert serve(Plan.of([cors]), method="OPTIONS", headers=fields).body == b"hello"


def test_any_origin_answers_preflights(serve: Serve) -> None:
    got = ask(serve, CORS(insecure_allow_any_origin=True, methods=("PUT",)), STRANGER, "PUT")
    assert shared(got) == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "PUT",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "7200",
    }


@pytest.mark.parametrize(
    ("headers", "credentials", "asked", "told"),
    [
        (("X-A",), False, "X-A", "x-a"),
        (("X-A",), False, "x-b", "x-a"),
        (("*",), False, "x-b,x-c", "x-b, x-c"),
        (("*",), False, "authorization,x-c", "x-c"),
        (("*",), False, "authorization", None),
        (("*", "Authorization"), False, "authorization,x-c", "authorization, x-c"),
        (("*",), True, "authorization,x-c", "authorization, x-c"),
        (("*",), True, "X-B ,\t x-c,,", "x-b, x-c"),
        (("*",), True, "cookie,x-c", "x-c"),
        (("*",), True, "x-b;x-c", None),
        (("*",), True, ",".join("a" * 129), None),
        (("*",), True, "x-b\x7f", None),
        (("*",), True, "", None),
        (("*",), True, "*", "*"),
        ((), False, "x-b", None),
    ],
)
def test_request_fields(
    serve: Serve, headers: tuple[str, ...], credentials: bool, asked: str, told: str | None
) -> None:
    got = ask(serve, CORS(origins=(APP,), headers=headers, credentials=credentials), APP, "GET", asked)
    assert (got.status, got.one("access-control-allow-headers")) == (204, told)


@pytest.mark.parametrize(
    ("methods", "asked", "told"),
    [
        (("PUT",), "DELETE", "PUT"),
        (("*",), "DELETE", "DELETE"),
        (("*",), "patch", "patch"),
        (("*",), "TRACE", None),
        (("*",), "A, B", None),
        (("*",), "A" * 65, None),
        ((), "PUT", None),
    ],
)
def test_methods(serve: Serve, methods: tuple[str, ...], asked: str, told: str | None) -> None:
    got = ask(serve, CORS(origins=(APP,), methods=methods, credentials=True), APP, asked)
    assert got.one("access-control-allow-methods") == told


@pytest.mark.parametrize(("on", "asked", "told"), [(True, "true", "true"), (True, "yes", None), (False, "true", None)])
def test_private_networks_are_opened_only_if_asked_for(serve: Serve, on: bool, asked: str, told: str | None) -> None:
    """Off by default, and then silent (CVE-2024-6221)."""
    cors = CORS(origins=(APP,), private_network=on)
    got = ask(serve, cors, APP, access_control_request_private_network=asked)
    assert got.one("access-control-allow-private-network") == told
    assert ("access-control-request-private-network" in vary(got)) is on


def only_listed(origin: Origin) -> bool:
    return origin == Origin("https", "app.example")


@pytest.mark.parametrize("origin", [APP, STRANGER, "null", "https://App.example", f"{APP},{APP}"])
def test_decide_is_asked_about_well_formed_origins_only(serve: Serve, origin: str) -> None:
    seen: list[Origin] = []

    def decide(asked: Origin) -> bool:
        seen.append(asked)
        return only_listed(asked)

    got = serve(Plan.of([CORS(decide=decide)]), headers=[("origin", origin)])
    assert got.one("access-control-allow-origin") == (APP if origin == APP else None)
    assert [str(asked) for asked in seen] == ([origin] if origin in {APP, STRANGER} else [])
    assert vary(got) == ["origin"]


def test_decide_must_say_true_itself(serve: Serve) -> None:
    says: Callable[[Origin], bool] = lambda origin: "yes"  # type: ignore[assignment, return-value] # noqa: E731
    assert shared(serve(Plan.of([CORS(decide=says)]), headers=[("origin", APP)])) == {}


@pytest.mark.parametrize("serve", [serve_asgi, serve_wsgi])
def test_decide_that_fails_lets_nobody_in(serve: Serve) -> None:
    """Django answers errors of middleware itself, outside of it."""

    def decide(origin: Origin) -> bool:
        raise LookupError("no database")

    got = serve(Plan.of([CORS(decide=decide), Failures()]), headers=[("origin", APP)])
    assert (got.status, shared(got)) == (500, {})


def test_a_preflight_that_fails_leaves_the_reason_in_the_log(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    cors = CORS(origins=(APP,), methods=("PATCH",), headers=("X-A",))
    ask(serve, cors, APP, "patch", "x-a,x-b")
    ask(serve, cors, STRANGER)
    ask(serve, cors, APP, "PATCH", "x-a")
    first, second = (record.hauberk for record in caplog.records if hasattr(record, "hauberk"))
    assert first["event"] == second["event"] == "cors-preflight-refused"
    assert first["origin"] == APP
    assert first["reasons"] == [
        "the method patch is not in CORS.methods; PATCH is, and methods are compared with case",
        "not in CORS.headers: x-b",
    ]
    assert "not in CORS.origins" in second["reasons"][0]


def test_nothing_of_an_attacker_breaks_a_line_of_the_log(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """CVE-2024-1681: control characters in what a request names."""
    origin = "https://app.example\x1b[2J\x85\u2028" + "a" * 9999
    if serve is serve_asgi:
        origin = "https://app.example\r\n2026-01-01 CRITICAL forged" + "a" * 9999
    with caplog.at_level(logging.DEBUG):
        ask(serve, CORS(origins=(APP,)), origin.encode("utf-8").decode("latin-1"), "PUT\x0b", "x-a\x0c" * 500)
    lines = [record.getMessage() for record in caplog.records if record.name == "hauberk.decisions"]
    assert len(lines) == 1
    assert lines[0].isascii()
    assert lines[0].isprintable()
    assert len(lines[0]) < 3000


@pytest.mark.parametrize("headers", [("*",), tuple(f"x-{n}" for n in range(500))])
def test_a_hostile_preflight_is_cheap(headers: tuple[str, ...]) -> None:
    cors = CORS(origins=(APP, "https://*.app.example"), headers=headers, credentials=True)
    hostile = [",".join(f"x-{n}" for n in range(200_000)), "," * 1_000_000, " " * 1_000_000, "x" * 1_000_000]
    for asked in hostile:
        before = process_time()
        got = ask(serve_asgi, cors, APP, "GET", asked)
        assert process_time() - before < 0.5
        assert got.status == 204
        assert len(got.one("access-control-allow-headers") or "") < 5000
    before = process_time()
    assert shared(ask(serve_asgi, cors, "https://" + "a." * 500_000 + "app.example")) == {}
    assert process_time() - before < 0.5
