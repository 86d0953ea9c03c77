"""For each limit, what is one above it is refused, and what is right at it is not: by ASGI, WSGI and Django."""

from __future__ import annotations

import gzip
import json
import logging
import zlib
from typing import Any

import pytest

from hauberk.core.errors import ConfigurationError
from hauberk.core.plan import Plan
from hauberk.shield.limits import At, Limits
from tests.drivers import Answer, Got, Pairs, Serve, serve_asgi

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=XX"
SMALL = Limits(
    body=1_000,
    bodies=(At(path="/uploads/", body=2_000),),
    headers=12,
    header=200,
    header_total=600,
    url=120,
    query=60,
    parameters=5,
    fields=5,
    parts=3,
    part_header=60,
    json_depth=4,
    json_tokens=20,
)
PLAN = Plan.of([SMALL])


def sent(serve: Serve, plan: Plan = PLAN, **request: Any) -> tuple[int, bool, Got]:
    """The status, and whether the application ran to its end."""
    ran: list[bool] = []

    def app(ex: object) -> Answer:
        ran.append(True)
        return Answer()

    got = serve(plan, app, **request)
    return got.status, bool(ran), got


def refused(serve: Serve, status: int, limit: str, caplog: pytest.LogCaptureFixture, **request: Any) -> None:
    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        got_status, ran, got = sent(serve, **request)
    assert (got_status, ran) == (status, False)
    assert [json.loads(record.getMessage())["limit"]
            for record in caplog.records if "limit-exceeded" in record.getMessage()] == [limit]  # fmt: skip
    problem = json.loads(got.body)
    assert got.one("content-type") == "application/problem+json"
    assert got.one("cache-control") == "no-store"
    assert problem["status"] == status
    assert set(problem) == {"type", "title", "status", "detail"}


def post(body: bytes, kind: str = "application/octet-stream", *, path: str = "/", headers: Pairs | None = None) -> Any:
    length = [("content-length", str(len(body)))]
    return {
        "method": "POST",
        "path": path,
        "headers": [("content-type", kind), *length, *(headers or [])],
        "body": body,
    }


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def parts(number: int, header: int = 10) -> bytes:
    part = b"--XX\r\n" + b"a:" + b"b" * (header - 4) + b"\r\n\r\nx\r\n"
    return part * number + b"--XX--\r\n"


def ones(tokens: int) -> bytes:
    return b"[" + b"1," * (tokens - 1) + b"1]"


QUERY = "q" * 50
PACKED = ("Content-Encoding", "gzip")
CASES: list[tuple[str, int, str, dict[str, Any], dict[str, Any]]] = [
    ("body", 413, "body", post(b"x" * 1_001), post(b"x" * 1_000)),
    ("body of a path", 413, "body", post(b"x" * 2_001, path="/uploads/a"), post(b"x" * 2_000, path="/uploads/a")),
    ("body beside that path", 413, "body", post(b"x" * 1_001, path="/uploads"), post(b"x", path="/uploads")),
    ("query", 414, "query", {"query": "q" * 61}, {"query": "q" * 60}),
    ("parameters", 414, "parameters", {"query": "a&b&c&d&e&f"}, {"query": "a&b&c&d&e"}),
    ("url", 414, "url", {"path": "/" + 120 * "a"}, {"path": "/" + 119 * "a"}),
    ("url with query", 414, "url", {"path": "/" + 69 * "a", "query": QUERY}, {"path": "/" + 68 * "a", "query": QUERY}),
    ("fields", 413, "fields", post(b"a=1&b&c&d&e&f", FORM), post(b"a=1&b&c&d&e", FORM)),
    ("parts", 413, "parts", post(parts(4), MULTIPART), post(parts(3), MULTIPART)),
    ("part header", 413, "part_header", post(parts(1, 61), MULTIPART), post(parts(1, 60), MULTIPART)),
    ("depth", 413, "json_depth", post(nested(5), "application/json"), post(nested(4), "application/json")),
    ("depth of +json", 413, "json_depth", post(nested(5), "application/a+json;q=1"), post(nested(4), "a/b+json")),
    ("depth of text", 413, "json_depth", post(b" \n" + nested(5), "text/plain"), post(b"a" + nested(5), "text/plain")),
    (
        "depth of UTF-16",
        413,
        "json_depth",
        post(nested(5).decode().encode("utf-16"), "application/json"),
        post(b'["[[[["]'.decode().encode("utf-16"), "application/json"),
    ),
    ("tokens", 413, "json_tokens", post(ones(21), "application/json"), post(ones(20), "application/json")),
    ("coding", 415, "encodings", post(b"x", headers=[PACKED]), post(b"x", headers=[("Content-Encoding", "identity")])),
    (
        "framing",
        400,
        "framing",
        post(b"x", headers=[("transfer-encoding", "chunked")]),
        {"method": "POST", "body": b"x"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("status", "limit", "attack", "twin"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_the_border(
    serve: Serve,
    status: int,
    limit: str,
    attack: dict[str, Any],
    twin: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert sent(serve, **twin)[:2] == (200, True)
    refused(serve, status, limit, caplog, **attack)


def fields(number: int, size: int = 10) -> Pairs:
    return [(f"x-{index:03}", "v" * (size - 5)) for index in range(number)]


def own(serve: Serve) -> int:
    """How many fields the driver sends by itself."""
    seen: list[int] = []

    def app(ex: Any) -> Answer:
        seen.append(len(list(ex.headers())))
        return Answer()

    serve(Plan.of([]), app)
    return seen[0]


def test_the_number_of_fields(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    already = own(serve)
    assert sent(serve, headers=fields(12 - already))[0] == 200
    refused(serve, 431, "headers", caplog, headers=fields(13))


def test_one_large_field(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    assert sent(serve, headers=fields(1, 200))[0] == 200
    refused(serve, 431, "header", caplog, headers=fields(1, 201))


def test_all_fields_together(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    assert sent(serve, headers=fields(3, 180))[0] == 200
    refused(serve, 431, "header_total", caplog, headers=fields(4, 180))


def test_none_is_no_limit(serve: Serve) -> None:
    off = Limits(
        **dict.fromkeys("body headers header header_total url query parameters fields parts".split()),  # type: ignore[arg-type]
        part_header=None,
        json_depth=None,
        json_tokens=None,
        message=None,
    )
    plan = Plan.of([off])
    assert sent(serve, plan, path="/" + 9_000 * "a", query="&" * 9_000, headers=fields(400, 100))[0] == 200
    assert sent(serve, plan, **post(nested(2_000), "application/json"))[0] == 200


def test_what_ordinary_applications_are_sent_passes(serve: Serve) -> None:
    plan = Plan.of([Limits()])
    document = {"rows": [{"id": n, "tags": ["a", "b"], "at": {"x": 1.5, "y": [None]}} for n in range(2_000)]}
    form = "&".join(f"field{n}=value+{n}" for n in range(300)).encode()
    upload = (
        b'--XX\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\n' + bytes(2 << 20) + b"\r\n--XX--"
    )
    for request in (
        {},
        {"query": "q=" + "x" * 2_000, "headers": [("cookie", "a=b; " * 800), ("user-agent", "x" * 300)]},
        post(json.dumps(document).encode(), "application/json"),
        post(form, FORM),
        post(upload, MULTIPART),
        post(b"", "application/json"),
        post(b"not json [[[", "text/plain"),
    ):
        assert sent(serve, plan, **request)[:2] == (200, True)


# Flat and cheap to send, dear to read


@pytest.mark.parametrize(
    "request_",
    [
        {"query": "&".join(f"k{n}=" for n in range(1_200))[:8_000]},
        post("&".join(f"k{n}=" for n in range(10_000)).encode(), FORM),
        post(b"&" * 10_000, FORM),
        post(b"[" * 100_000, "application/json"),
        post(b'{"a":' * 100_000, "application/json"),
        post(b"[" + b"[]," * 600_000 + b"[]]", "application/json"),
        post(b"--XX\r\n\r\n\r\n" * 10_000, MULTIPART),
        post(b"--XX\r\na: " + b"x" * 100_000, MULTIPART),
    ],
    ids=["parameters", "fields", "ampersands", "arrays", "objects", "tokens", "parts", "part header"],
)
def test_the_defaults_stop_floods(serve: Serve, request_: dict[str, Any]) -> None:
    status, ran, _ = sent(serve, Plan.of([Limits()]), **request_)
    assert (status in {413, 414}, ran) == (True, False)


# What a request says of its body


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("content-length", "5")], 200),
        ([("content-length", "5"), ("content-length", "5")], 200),
        ([("content-length", "5, 5")], 200),
        ([("transfer-encoding", "chunked")], 200),
        ([], 200),
        ([("content-length", "5"), ("content-length", "6")], 400),
        ([("content-length", "5, 6")], 400),
        ([("content-length", "5"), ("transfer-encoding", "chunked")], 400),
        ([("content-length", "5"), ("transfer-encoding", "identity")], 400),
        ([("content-length", "+5")], 400),
        ([("content-length", "-5")], 400),
        ([("content-length", "0x5")], 400),
        ([("content-length", "\xb2")], 400),
        ([("content-length", "9" * 4_000)], 413),
        ([("content-length", "1001")], 413),
        ([("Content-Encoding", "gzip")], 415),
        ([("Content-Encoding", "identity, br")], 415),
        ([("Content-Encoding", "GZIP")], 415),
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_before_the_body_is_read(headers: Pairs, status: int, method: str) -> None:
    plan = Plan.of([Limits(body=1_000)])
    assert sent(serve_asgi, plan, method=method, headers=headers, body=b"12345")[0] == status


def test_a_get_with_two_lengths(serve: Serve) -> None:
    headers = [("content-length", "1"), ("transfer-encoding", "chunked")]
    assert sent(serve, headers=headers, body=b"x")[:2] == (400, False)


# Compressed bodies

UNPACKING = Plan.of([Limits(body=10_000, json_depth=4, encodings=frozenset({"gzip", "deflate"}))])


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [
        ("gzip", gzip.compress(b"x" * 10_000, mtime=0), 200),
        ("gzip", gzip.compress(b"x" * 10_001, mtime=0), 413),
        ("gzip", gzip.compress(b"x" * 50_000_000, mtime=0), 413),
        ("x-gzip", gzip.compress(b"x" * 10_001, mtime=0), 413),
        ("gzip", gzip.compress(b"x" * 6_000, mtime=0) + gzip.compress(b"x" * 4_000, mtime=0), 200),
        ("gzip", gzip.compress(b"x" * 6_000, mtime=0) + gzip.compress(b"x" * 4_001, mtime=0), 413),
        ("deflate", zlib.compress(b"x" * 10_000), 200),
        ("deflate", zlib.compress(b"x" * 10_001), 413),
        ("deflate", raw_deflate(b"x" * 10_000), 200),
        ("deflate", raw_deflate(b"x" * 10_001), 413),
        ("gzip", gzip.compress(nested(4), mtime=0), 200),
        ("gzip", gzip.compress(nested(5), mtime=0), 413),
        ("gzip", b"not gzip", 400),
        ("gzip", gzip.compress(b"") * 400, 200),
        ("br", b"x", 415),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), 415),
    ],
)
def test_bombs(serve: Serve, coding: str, body: bytes, status: int) -> None:
    request = post(body, "application/json", headers=[("Content-Encoding", coding)])
    got_status, ran, got = sent(serve, UNPACKING, **request)
    assert (got_status, ran) == (status, status == 200)
    assert got.one("accept-encoding") == ("deflate, gzip" if status == 415 else None)


def test_a_flood_of_empty_members_is_cut_short() -> None:
    plan = Plan.of([Limits(encodings=frozenset({"gzip"}))])
    request = post(gzip.compress(b"") * 20_000, headers=[PACKED])
    assert sent(serve_asgi, plan, **request)[:2] == (400, False)


# The connection


@pytest.mark.parametrize(("version", "close"), [("1.1", ["close"]), ("1.0", ["close"]), ("2", []), ("3", [])])
def test_http_1_is_told_to_close(version: str, close: list[str]) -> None:
    import asyncio

    from hauberk.adapters.asgi import ASGIShield, Message

    messages: list[Message] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("the application ran")

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {"type": "http", "http_version": version, "method": "POST", "path": "/", "query_string": b"",
             "headers": [(b"content-length", b"1001")]}  # fmt: skip
    asyncio.run(ASGIShield(app, PLAN)(scope, receive, send))
    assert messages[0]["status"] == 413
    assert [value.decode() for name, value in messages[0]["headers"] if name == b"connection"] == close


# WebSockets


@pytest.mark.parametrize(("size", "closed"), [(100, None), (101, 1009)])
def test_messages(size: int, closed: int | None) -> None:
    import asyncio

    from hauberk.adapters.asgi import ASGIShield, Message

    sent_: list[Message] = []
    coming: list[dict[str, Any]] = [
        {"type": "websocket.receive", "text": "a" * 100},
        {"type": "websocket.receive", "bytes": b"a" * size},
    ]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        while coming:
            await receive()

    async def receive() -> Message:
        return dict(coming.pop(0))

    async def send(message: Message) -> None:
        sent_.append(message)

    scope = {"type": "websocket", "path": "/", "query_string": b"", "headers": []}
    asyncio.run(ASGIShield(app, Plan.of([Limits(message=100)]))(scope, receive, send))
    assert [message.get("code") for message in sent_ if message["type"] == "websocket.close"] == [closed] * bool(closed)


def test_a_request_that_says_websocket_is_a_request(serve: Serve) -> None:
    request = post(b"x" * 1_001, headers=[("upgrade", "websocket"), ("connection", "upgrade")])
    request["headers"] = [pair for pair in request["headers"] if pair[0] != "content-length"]
    assert sent(serve, **request)[0] == 413


# Options


@pytest.mark.parametrize(
    ("field", "options"),
    [
        ("body", {"body": -1}),
        ("body", {"body": 1.5}),
        ("body", {"body": "1MB"}),
        ("headers", {"headers": 0}),
        ("header", {"header": 70_000}),
        ("query", {"query": 9_000}),
        ("json_depth", {"json_depth": True}),
        ("encodings", {"encodings": frozenset({"br"})}),
        ("encodings", {"encodings": "gzip"}),
        ("bodies", {"bodies": At(path="/a", body=1)}),
        ("bodies", {"bodies": ("/a",)}),
        ("body_timeout", {"body_timeout": 0}),
        ("body_timeout", {"body_timeout": float("nan")}),
        ("body_rate", {"body_rate": 0}),
    ],
)
def test_what_makes_no_sense_is_refused(field: str, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Limits(**options)
    assert caught.value.field == f"Limits.{field}"


@pytest.mark.parametrize(
    ("field", "options"), [("At.path", {"path": "a", "body": 1}), ("At.body", {"path": "/", "body": -1})]
)
def test_what_makes_no_sense_for_a_path_is_refused(field: str, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        At(**options)
    assert caught.value.field == field


def test_options_are_values() -> None:
    assert Limits() == Limits()
    assert Limits(body=1) != Limits()
    assert hash(Limits()) == hash(Limits())
    assert "_limiter" not in repr(Limits())
