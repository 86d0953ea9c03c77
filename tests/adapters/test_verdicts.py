"""What is remembered of the steps before the application: a shield that has seen much answers as a new one would."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk import CORS, CSRF, Cookies, Failures, Hosts, Policy
from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.adapters.asgi_exchange import LONGEST_NAME, MOST_NAMES, alike
from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.exchange import Exchange, Reply, held
from hauberk.core.plan import Plan, Steps
from hauberk.core.verdicts import ALIKE, LONGEST, MOST, Verdicts, Witness
from hauberk.shield.exempt import Exempt
from hauberk.shield.fetch_metadata import FetchMetadata

APP, OTHER, EVIL = "https://app.example", "https://a.sub.example", "https://evil.example"
POLICIES = {
    "csrf": Policy(csrf=CSRF(exempt=(Exempt(path="/hooks/", reason="signed"),))),
    "hosts": Policy(hosts=Hosts(allow=("app.example", "*.app.example:8443"), exempt=("/healthz",))),
    "cors": Policy(cors=CORS(origins=(APP, "https://*.sub.example"), credentials=True)),
    "any": Policy(cors=CORS(insecure_allow_any_origin=True)),
    "metadata": Policy(fetch_metadata=FetchMetadata(open=(Exempt(path="/open", reason="made for it"),))),
}
POLICIES["all"] = Policy.helmet().replace(
    csrf=POLICIES["csrf"].csrf,
    hosts=POLICIES["hosts"].hosts,
    cors=POLICIES["cors"].cors,
    fetch_metadata=POLICIES["metadata"].fetch_metadata,
)
Answer = tuple[int, list[tuple[str, str]]]
Request = tuple[str, str, str, tuple[tuple[str, str], ...]]
"""Method, scheme, path, fields."""

HOST = st.sampled_from(["app.example", "app.example:443", "APP.example", "x.app.example:8443", "evil.example", "a b"])
ORIGIN = st.sampled_from([APP, OTHER, EVIL, "null", "http://app.example", APP + "," + EVIL])
NAMED = st.tuples(st.sampled_from(["host", "Host"]), HOST)
OPTIONAL = st.one_of(
    st.tuples(st.sampled_from(["origin", "Origin", "ORIGIN"]), ORIGIN),
    st.tuples(
        st.sampled_from(["sec-fetch-site", "Sec-Fetch-Site"]), st.sampled_from(["same-origin", "cross-site", "x"])
    ),
    st.tuples(st.just("sec-fetch-mode"), st.sampled_from(["navigate", "cors", "no-cors"])),
    st.tuples(st.just("sec-fetch-dest"), st.sampled_from(["document", "object", "image"])),
    st.tuples(st.just("referer"), st.sampled_from([APP + "/a", EVIL + "/"])),
    st.tuples(st.just("access-control-request-method"), st.sampled_from(["PUT", "GET"])),
    st.tuples(st.just("upgrade"), st.just("websocket")),
)
REQUEST = st.tuples(
    st.sampled_from(["GET", "POST", "OPTIONS", "get"]),
    st.sampled_from(["https", "http"]),
    st.sampled_from(["/", "/hooks/a", "/healthz", "/open", "http://evil.example/", "*"]),
    st.tuples(NAMED, OPTIONAL, OPTIONAL).map(tuple) | st.tuples(NAMED) | st.tuples(OPTIONAL) | st.tuples(NAMED, NAMED),
)


def asked_asgi(shield: ASGIShield, request: Request) -> Answer:
    method, scheme, path, fields = request
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "scheme": scheme,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "client": ("192.0.2.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in fields],
    }
    with suppress(StopIteration, ValueError):  # an unhandled error is answered, and raised again
        coroutine: Any = shield(scope, receive, send)  # nothing here waits
        coroutine.send(None)
    return sent[0]["status"], sorted((n.decode().lower(), v.decode()) for n, v in sent[0]["headers"])


def asked_wsgi(shield: WSGIShield, request: Request) -> Answer:
    method, scheme, path, fields = request
    environ = {"REQUEST_METHOD": method, "wsgi.url_scheme": scheme, "PATH_INFO": path, "REMOTE_ADDR": "192.0.2.1"}
    environ["RAW_URI"] = path
    for name, value in fields:
        key = "HTTP_" + name.upper().replace("-", "_")
        environ[key] = environ[key] + "," + value if key in environ else value
    sent: list[Answer] = []

    def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Callable[[bytes], object]:
        sent.append((int(status[:3]), sorted((name.lower(), value) for name, value in headers)))
        return len

    list(shield(environ, start))
    return sent[0]


async def asgi_page(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": b""})


def wsgi_page(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("content-type", "text/html")])
    return [b""]


PASSES: Request = ("GET", "https", "/", (("host", "app.example"), ("sec-fetch-site", "same-origin")))


@pytest.mark.parametrize("name", POLICIES)
def test_a_shield_that_has_seen_much_answers_as_a_new_one(name: str) -> None:
    plan = POLICIES[name].plan()
    assert plan.reads is not None
    old_asgi, old_wsgi = ASGIShield(asgi_page, plan), WSGIShield(wsgi_page, plan)

    @settings(max_examples=80, deadline=None)
    @given(REQUEST)
    def check(request: Request) -> None:
        assert asked_asgi(old_asgi, request) == asked_asgi(ASGIShield(asgi_page, plan), request)
        assert asked_wsgi(old_wsgi, request) == asked_wsgi(WSGIShield(wsgi_page, plan), request)

    # Chance alone may ask for nothing that passes, and only what passes is remembered.
    assert asked_asgi(old_asgi, PASSES)[0] == asked_wsgi(old_wsgi, PASSES)[0] == 200
    check()
    assert old_asgi._verdicts.known or old_asgi._verdicts.blind
    assert old_wsgi._verdicts.known


GOOD: Request = ("POST", "https", "/", (("host", "app.example"), ("sec-fetch-site", "same-origin")))
FORGED: Request = ("POST", "https", "/", (("host", "app.example"), ("sec-fetch-site", "cross-site")))


def test_a_refusal_is_never_remembered(caplog: pytest.LogCaptureFixture) -> None:
    shield = ASGIShield(asgi_page, POLICIES["csrf"].plan())
    with caplog.at_level(logging.WARNING):
        assert [asked_asgi(shield, one)[0] for one in (FORGED, FORGED, GOOD, FORGED)] == [403, 403, 200, 403]
    assert sum("csrf-refused" in record.getMessage() for record in caplog.records) == 3
    assert len(shield._verdicts.known) == 1


def test_whom_the_application_allows_is_asked_each_time() -> None:
    allowed = {APP}
    plan = Policy(cors=CORS(decide=lambda origin: str(origin) in allowed)).plan()
    shield = ASGIShield(asgi_page, plan)
    request: Request = ("GET", "https", "/", (("host", "app.example"), ("origin", APP)))
    assert ("access-control-allow-origin", APP) in asked_asgi(shield, request)[1]
    allowed.clear()
    assert ("access-control-allow-origin", APP) not in asked_asgi(shield, request)[1]


def test_fetch_metadata_asks_cors_each_time() -> None:
    allowed = {APP}
    cors = CORS(decide=lambda origin: str(origin) in allowed)
    shield = ASGIShield(asgi_page, Policy(cors=cors, fetch_metadata=FetchMetadata()).plan())
    fields = (("host", "app.example"), ("origin", APP), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors"))
    assert asked_asgi(shield, ("GET", "https", "/", fields))[0] == 200
    allowed.clear()
    assert asked_asgi(shield, ("GET", "https", "/", fields))[0] == 403


@pytest.mark.parametrize(
    ("look", "lasting"),
    [
        (lambda ex: ex.header("host"), True),
        (lambda ex: ex.method + ex.scheme, True),
        (lambda ex: setattr(ex, "fields", (("x-a", "b"),)), True),
        (lambda ex: ex.header("cookie"), False),
        (lambda ex: ex.path, False),
        (lambda ex: ex.client, False),
        (lambda ex: ex.query, False),
        (lambda ex: ex.raw_path, False),
        (lambda ex: list(ex.headers()), False),
        (lambda ex: ex.session, False),
        (lambda ex: ex.scope, False),
        (lambda ex: ex.defer(lambda head: None), False),
        (lambda ex: ex.add("x-a", "b"), False),
        (lambda ex: setattr(ex, "aside", True), False),
        (lambda ex: setattr(ex, "lasting", False), False),
    ],
)
def test_who_looks_further_is_asked_again(look: Callable[[Any], object], lasting: bool) -> None:
    asked: list[bool] = []

    class Looking:
        def steps(self) -> Steps:
            def begin(ex: Exchange) -> Reply | None:
                asked.append(True)
                look(ex)
                return None

            return Steps(on_request=begin, reads=frozenset({"host"}))

    class Watching:
        def steps(self) -> Steps:
            return Steps(remove=frozenset({"x-a"}))

    shield = ASGIShield(asgi_page, Plan.of([Looking(), Watching()]))
    for _ in range(3):
        assert asked_asgi(shield, GOOD)[0] == 200
    assert len(asked) == (1 if lasting else 3)


@pytest.mark.parametrize(
    ("look", "blind"),
    [
        (lambda ex: None, True),
        (lambda ex: ex.method, True),
        (lambda ex: ex.websocket, True),
        (lambda ex: setattr(ex, "fields", (("x-a", "b"),)), True),
        (lambda ex: ex.scheme, False),
        (lambda ex: ex.origin_form, False),
        (lambda ex: ex.header("host"), False),
        (lambda ex: ex.method == "POST" and ex.header("host"), False),
        (lambda ex: ex.method == "GET" and ex.header("host"), True),
        (lambda ex: ex.path, False),
    ],
)
def test_a_verdict_by_the_method_alone_is_one_that_asked_for_nothing_else(
    look: Callable[[Any], object], blind: bool
) -> None:
    class Looking:
        def steps(self) -> Steps:
            def begin(ex: Exchange) -> Reply | None:
                look(ex)
                return None

            return Steps(on_request=begin, reads=frozenset({"host"}))

    class Watching:
        def steps(self) -> Steps:
            return Steps(remove=frozenset({"x-a"}))

    shield = ASGIShield(asgi_page, Plan.of([Looking(), Watching()]))
    first = asked_asgi(shield, GOOD)
    assert (GOOD[0] in shield._verdicts.blind) is blind
    assert asked_asgi(shield, GOOD) == first


def test_a_method_that_passes_says_nothing_of_another() -> None:
    shield = ASGIShield(asgi_page, POLICIES["csrf"].plan())
    for method in ("GET", "HEAD"):
        assert asked_asgi(shield, (method, *FORGED[1:]))[0] == 200
    assert set(shield._verdicts.blind) == {"GET", "HEAD"}
    for method in ("POST", "get", "DELETE"):
        assert asked_asgi(shield, (method, *FORGED[1:]))[0] == 403


def test_a_plan_whose_steps_say_nothing_of_what_they_read_remembers_nothing() -> None:
    asked: list[bool] = []

    class Counting:
        def steps(self) -> Steps:
            return Steps(on_request=lambda ex: asked.append(True))

    shield = ASGIShield(asgi_page, Plan.of([Counting()]))
    for _ in range(3):
        asked_asgi(shield, GOOD)
    assert len(asked) == 3


def test_what_a_step_may_look_at_is_named_one_by_one() -> None:
    """An attribute that is added to Exchange is not among them by itself."""
    seen = {name for name in dir(Exchange) if not name.startswith("_")}
    assert seen >= ALIKE
    for name in seen - ALIKE - {"header"}:
        witness = Witness(Plain(), frozenset())
        getattr(witness, name)
        assert not witness.lasting, name


class Plain(Exchange):
    """The least of an exchange."""

    method, path, query, scheme, client, path_parameters = "GET", "/", b"", "https", "", {}

    def header(self, name: str) -> str:
        return ""

    def headers(self) -> Any:
        return iter(())

    def forward(self, *, scheme: str, client: str, host: str) -> None: ...


def test_what_is_remembered_is_bounded() -> None:
    verdicts: Verdicts[int] = Verdicts()
    for number in range(MOST + 1):
        verdicts.remember(("GET", str(number)), number)
    assert len(verdicts.known) == 1
    verdicts.remember(("GET", "x" * LONGEST), 0)
    assert len(verdicts.known) == 1
    for number in range(MOST + 1):
        verdicts.remember_method(f"M{number}", number)
    assert len(verdicts.blind) == MOST
    verdicts.remember_method("x" * (LONGEST + 1), 0)
    assert "x" * (LONGEST + 1) not in verdicts.blind


def test_a_name_in_capitals_gets_past_no_check() -> None:
    shield = ASGIShield(asgi_page, POLICIES["csrf"].plan())
    silent: Request = ("POST", "https", "/", (("host", "app.example"),))
    assert asked_asgi(shield, silent)[0] == 200  # and is remembered: neither site nor origin
    for name in ("Origin", "ORIGIN", "oRiGiN"):
        assert asked_asgi(shield, ("POST", "https", "/", (("host", "app.example"), (name, EVIL))))[0] == 403


# --- what a step adds to the answer ------------------------------------------------------------------------------

ADDED: dict[str, tuple[tuple[str, str], ...]] = {
    "https://a.example": (("allow", "https://a.example"), ("x-known", "a")),
    "https://list.example": (("vary", "Accept"), ("x-known", "list")),
    "https://constant.example": (("x-constant", "2"), ("x-known", "constant")),
}
OWN = [("X-Known", "theirs"), ("vary", "accept"), ("x-constant", "3"), ("set-cookie", "a=b")]


class Adding:
    """Fields by Origin, beside constants, one of which gives way to the application's own."""

    def __init__(self, asked: list[str]) -> None:
        self.asked = asked

    def steps(self) -> Steps:
        origin = frozenset({"origin"})
        constants = (("x-constant", "1"), ("x-frame-options", "DENY"))
        return Steps(headers=constants, on_request=self.begin, reads=origin, vary=origin, remove=frozenset({"allow"}))

    def begin(self, ex: Exchange) -> Reply | None:
        self.asked.append(ex.header("origin"))
        if ex.method == "OPTIONS" and ex.header("origin"):
            return Reply(204, b"", ())
        ex.fields = ADDED.get(ex.header("origin"), ())
        return None


@pytest.mark.parametrize("does", ["plain", "own fields", "nonce", "adds", "error"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("origin", [None, "", "https://b.example", *ADDED])
@pytest.mark.parametrize("protocol", ["asgi", "wsgi"])
def test_what_is_remembered_changes_nothing_but_what_it_costs(
    protocol: str, origin: str | None, method: str, does: str
) -> None:
    asked: list[str] = []
    plan = Plan.of([Adding(asked), Cookies(), Failures()])
    own = OWN if does == "own fields" else []

    def act(ex: Exchange) -> None:
        if does == "nonce":
            ex.read_nonce()
        if does == "adds":
            ex.add("x-late", "1")
        if does == "error":
            raise ValueError("secret")

    async def asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
        if does not in {"plain", "own fields"}:
            act(held(scope["hauberk"]))
        fields = [(name.encode(), value.encode()) for name, value in own]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": b""})

    def wsgi_app(environ: Any, start_response: Any) -> list[bytes]:
        if does not in {"plain", "own fields"}:
            act(held(environ["hauberk"]))
        start_response("200 OK", list(own))
        return [b""]

    request: Request = (method, "https", "/", () if origin is None else (("origin", origin),))
    request = (*request[:3], (*request[3], ("host", "app.example")))
    logging.disable(logging.CRITICAL)
    try:
        if protocol == "asgi":
            shield = ASGIShield(asgi_app, plan)
            got = [asked_asgi(shield, request) for _ in range(3)]
        else:
            wsgi = WSGIShield(wsgi_app, plan)
            got = [asked_wsgi(wsgi, request) for _ in range(3)]
    finally:
        logging.disable(logging.NOTSET)
    assert steady(got[0]) == steady(got[1]) == steady(got[2])
    # A field that is a list, or has a constant's name, or whose name the plan does not look for, is no shortcut's.
    remembered = not (method == "OPTIONS" and origin) and not ADDED.get(origin or "")
    assert len(asked) == (1 if remembered else 3)


def steady(answer: Answer) -> Answer:
    """Without the number of an error, which is another one each time."""
    return answer[0], [pair for pair in answer[1] if pair[0] != "content-length"]


def test_fields_of_which_the_plan_is_told_are_a_shortcuts() -> None:
    asked: list[str] = []

    class Told(Adding):
        def steps(self) -> Steps:
            return replace(super().steps(), remove=frozenset({"allow", "x-known"}))

    plan = Plan.of([Told(asked), Cookies()])
    for origin, times in (("https://a.example", 1), ("https://list.example", 3), ("https://constant.example", 3)):
        asked.clear()
        request: Request = ("GET", "https", "/", (("host", "app.example"), ("origin", origin)))
        shield, wsgi = ASGIShield(asgi_page, plan), WSGIShield(wsgi_page, plan)
        got = [asked_asgi(shield, request) for _ in range(3)] + [asked_wsgi(wsgi, request) for _ in range(3)]
        assert all(answer == got[0] for answer in got)
        assert len(asked) == 2 * times


def test_a_field_that_comes_twice_is_for_the_step_to_sort_out() -> None:
    asked: list[str] = []
    shield = ASGIShield(asgi_page, Plan.of([Adding(asked)]))
    fields = (("host", "app.example"), ("origin", "https://a.example"), ("origin", "https://a.example"))
    for _ in range(2):
        assert "allow" not in dict(asked_asgi(shield, ("GET", "https", "/", fields))[1])
    assert asked == ["https://a.example, https://a.example"] * 2


def test_one_step_that_does_not_say_what_it_reads_makes_every_request_ask_all() -> None:
    asked: list[str] = []

    class Other:
        def steps(self) -> Steps:
            return Steps(on_request=lambda ex: asked.append("other"))

    plan = Plan.of([Adding(asked), Other()])
    shield, wsgi = ASGIShield(asgi_page, plan), WSGIShield(wsgi_page, plan)
    for _ in range(2):
        asked_asgi(shield, GOOD)
        asked_wsgi(wsgi, GOOD)
    assert asked == ["", "other"] * 4


def keyed(*names: bytes, **more: Any) -> Any:
    scope = {"method": "POST", "scheme": "https", "path": "/", "raw_path": b"/", **more}
    return scope | {"headers": [(name, b"x") for name in names]}


@pytest.mark.parametrize(
    ("scope", "remembered"),
    [
        (keyed(b"host"), True),
        (keyed(b"host", b"x-own"), True),
        (keyed(b"Host"), False),
        (keyed(b"host", b"Origin"), False),
        (keyed(b"host", b"X-Own"), False),
        (keyed(b"host", b"host"), False),
        (keyed(b"host", b"x-own", b"x-own"), False),
        (keyed(b"host", raw_path=b"*"), False),
        (keyed(b"host", raw_path=b""), False),
        (keyed(b"host", raw_path=b"http://evil.example/"), False),
        (keyed(b"host", raw_path=None), True),
        (keyed(b"host", raw_path=None, path="*"), False),
    ],
    ids=str,
)
@pytest.mark.parametrize("reads", [frozenset({"host", "origin"}), frozenset({"host", "origin", "a", "b"})], ids=len)
def test_what_comes_in_an_odd_form_has_no_key_whatever_came_before(
    reads: frozenset[str], scope: Any, remembered: bool
) -> None:
    key_of = alike(reads)
    assert key_of(keyed(b"host", b"x-own"))[0] is not None
    assert [key_of(scope)[0] is not None for _ in range(3)] == [remembered] * 3


def test_requests_that_differ_in_what_a_step_reads_have_different_keys() -> None:
    key_of = alike(frozenset({"host", "origin"}))
    scopes = [
        keyed(b"host"),
        keyed(b"origin"),
        keyed(b"host", b"origin"),
        keyed(b"host", method="GET"),
        keyed(b"host", method="post"),
        keyed(b"host", scheme="http"),
        keyed(b"host") | {"headers": [(b"host", b"y")]},
        keyed(b"host") | {"headers": [(b"host", b"")]},
    ]
    assert len({key_of(scope)[0] for scope in scopes}) == len(scopes)


def test_names_that_somebody_makes_up_fill_no_memory_and_let_no_capitals_by() -> None:
    key_of = alike(frozenset({"host"}))
    for number in range(2 * MOST_NAMES):
        assert key_of(keyed(b"host", b"x-%d" % number))[0] is not None
    assert key_of(keyed(b"host", b"x-" + b"a" * 10_000))[0] is not None
    assert key_of(keyed(b"host", b"X-%d" % (2 * MOST_NAMES)))[0] is None
    assert key_of(keyed(b"host", b"accept", b"user-agent"))[0] is not None
    (lower,) = (cell.cell_contents for cell in key_of.__closure__ or () if isinstance(cell.cell_contents, set))
    assert len(lower) <= MOST_NAMES + 1
    assert max(map(len, lower)) <= LONGEST_NAME
