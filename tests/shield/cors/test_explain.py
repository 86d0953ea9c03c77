"""CORS.explain: the browser's verdict in words, the same that requests get."""

from __future__ import annotations

import pytest

from hauberk.core.plan import Plan
from hauberk.shield.cors import CORS
from hauberk.wire.origin import Origin
from tests.drivers import serve_asgi

APP = "https://app.example"
CORS_ = CORS(
    origins=(APP, "https://*.app.example"),
    decide=lambda origin: origin == Origin("https", "guest.example"),
    methods=("PUT", "PATCH"),
    headers=("Content-Type", "X-A"),
)


@pytest.mark.parametrize(
    ("origin", "method", "headers", "preflight", "reason"),
    [
        (APP, "GET", (), False, "the origin is listed"),
        ("https://a.app.example", "POST", (), False, "the origin fits a pattern"),
        ("https://guest.example", "GET", (), False, "decide said yes"),
        (APP, "get", ("Accept",), False, "the origin is listed"),
        (APP, "put", (), True, "the origin is listed"),
        (APP, "POST", ("content-type", "X-A"), True, "the origin is listed"),
    ],
)
def test_allowed(origin: str, method: str, headers: tuple[str, ...], preflight: bool, reason: str) -> None:
    said = CORS_.explain(origin, method, headers)
    assert (said.allowed, said.preflight, said.credentials) == (True, preflight, False)
    assert reason in said.reasons[0]
    assert said.reasons[-1] == "without cookies"


@pytest.mark.parametrize(
    ("origin", "method", "headers", "reasons"),
    [
        ("https://stranger.example", "GET", (), ["the origin is not in CORS.origins"]),
        ("http://app.example", "GET", (), ["scheme, host and port must all be the same"]),
        ("null", "GET", (), ["every sandboxed frame"]),
        (APP + "/", "GET", (), ["not an origin as browsers send it"]),
        (APP, "DELETE", (), ["DELETE is not in CORS.methods"]),
        (APP, "patch", (), ["PATCH is, and methods are compared with case"]),
        (APP, "TRACE", (), ["browsers send TRACE for no page"]),
        (APP, "A B", (), ["the method is no token"]),
        (APP, "GET", ("X-B", "x-a", "X-C"), ["not in CORS.headers: x-b, x-c"]),
        (APP, "GET", ("Cookie", "Sec-Fetch-Site", "x-b"), ["no page set cookie, sec-fetch-site", "CORS.headers: x-b"]),
        (APP, "GET", tuple(f"x-{n}" for n in range(30, 50)), ["x-39 and 10 more"]),
        ("null", "DELETE", ("X-B",), ["sandboxed", "DELETE", "x-b"]),
    ],
)
def test_refused_with_every_reason(origin: str, method: str, headers: tuple[str, ...], reasons: list[str]) -> None:
    said = CORS_.explain(origin, method, headers)
    assert not said.allowed
    assert len(said.reasons) == len(reasons)
    assert all(part in reason for part, reason in zip(reasons, said.reasons, strict=True))


def test_as_text() -> None:
    assert str(CORS_.explain(APP, "DELETE", ["X-B"])).splitlines() == [
        "DELETE from https://app.example with x-b: refused",
        "- the method DELETE is not in CORS.methods",
        "- not in CORS.headers: x-b",
        "The browser asks first (preflight).",
    ]


def test_any_origin_and_credentials_are_said() -> None:
    assert "every origin is allowed" in CORS(insecure_allow_any_origin=True).explain("null").reasons[0]
    said = CORS(origins=(APP,), credentials=True).explain(APP)
    assert said.credentials
    assert "cookies go along" in said.reasons[-1]
    assert not CORS(origins=(APP,), credentials=True).explain("null").credentials


@pytest.mark.parametrize("origin", [APP, "https://a.app.example", "https://guest.example", "null", "https://b.example"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "patch"])
@pytest.mark.parametrize("header", ["x-a", "x-b"])
def test_it_says_what_a_preflight_says(origin: str, method: str, header: str) -> None:
    fields = [
        ("origin", origin),
        ("access-control-request-method", method),
        ("access-control-request-headers", header),
    ]
    got = serve_asgi(Plan.of([CORS_]), method="OPTIONS", headers=fields)
    listed = (got.one("access-control-allow-methods") or "").split(", ")
    allowed = (
        got.one("access-control-allow-origin") == origin
        and (method == "GET" or method in listed)
        and header in (got.one("access-control-allow-headers") or "").split(", ")
    )
    assert CORS_.explain(origin, method, [header]).allowed is allowed
