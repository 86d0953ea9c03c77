"""What is remembered of the steps before the application: a shield that has seen much answers as a new one would."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hauberk import CORS, CSRF, Cookies, Failures, Hosts, Policy
from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.adapters.asgi_alike import LONGEST_NAME, MOST_NAMES, AlikeScopes
from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.exchange import Exchange, Reply, held
from hauberk.core.plan import Plan, Steps
from hauberk.core.verdicts import ALIKE, LONGEST, MOST, ORIGIN_FORM, SCHEME, Verdicts, Witness
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
    environ = {"REQUEST_METHOD": method, "wsgi.url_scheme": scheme, "RAW_URI": path, "REMOTE_ADDR": "192.0.2.1"}
    environ["PATH_INFO"] = "/" + path.partition("://")[2].partition("/")[2] if "://" in path else path  # as gunicorn
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
    assert old_asgi._verdicts.count
    assert old_wsgi._verdicts.count


GOOD: Request = ("POST", "https", "/", (("host", "app.example"), ("sec-fetch-site", "same-origin")))
FORGED: Request = ("POST", "https", "/", (("host", "app.example"), ("sec-fetch-site", "cross-site")))


def test_a_refusal_is_never_remembered(caplog: pytest.LogCaptureFixture) -> None:
    shield = ASGIShield(asgi_page, POLICIES["csrf"].plan())
    with caplog.at_level(logging.WARNING):
        assert [asked_asgi(shield, one)[0] for one in (FORGED, FORGED, GOOD, FORGED)] == [403, 403, 200, 403]
    assert sum("csrf-refused" in record.getMessage() for record in caplog.records) == 3
    assert shield._verdicts.count == 1


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
    names = shield._verdicts.by_method.get(GOOD[0], ("the steps were not remembered",))[0]
    assert (names is None) is blind
    assert asked_asgi(shield, GOOD) == first


def test_a_method_that_passes_says_nothing_of_another() -> None:
    shield = ASGIShield(asgi_page, POLICIES["csrf"].plan())
    for method in ("GET", "HEAD"):
        assert asked_asgi(shield, (method, *FORGED[1:]))[0] == 200
    assert set(shield._verdicts.by_method) == {"GET", "HEAD"}
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
    verdicts: Verdicts[int] = Verdicts(AlikeScopes)
    origin = frozenset({"origin"})
    for number in range(MOST + 1):
        verdicts.remember("GET", origin, keyed(b"origin", value=b"%d" % number), number)
    assert verdicts.find("GET", keyed(b"origin", value=b"%d" % MOST)) == MOST
    assert verdicts.find("GET", keyed(b"origin", value=b"1")) is None
    long = keyed(b"origin", value=b"x" * LONGEST)
    verdicts.remember("GET", origin, long, 0)
    assert verdicts.find("GET", long) is None
    for number in range(MOST + 1):
        verdicts.remember(f"M{number}", frozenset(), keyed(), number)
    assert len(verdicts.by_method) <= MOST
    verdicts.remember("x" * (LONGEST + 1), frozenset(), keyed(), 0)
    assert "x" * (LONGEST + 1) not in verdicts.by_method


def test_who_looks_further_than_before_is_compared_by_that_as_well() -> None:
    """What was said when less had been looked at says nothing of requests that differ in the rest."""
    verdicts: Verdicts[str] = Verdicts(AlikeScopes)
    verdicts.remember("GET", frozenset({"origin"}), keyed(b"host", b"origin"), "by origin")
    assert verdicts.find("GET", keyed(b"host", b"origin", host=b"other")) == "by origin"
    verdicts.remember("GET", frozenset({"host"}), keyed(b"host"), "by host")
    assert verdicts.find("GET", keyed(b"host", b"origin", host=b"other")) is None
    assert verdicts.find("GET", keyed(b"host")) == "by host"
    verdicts.remember("GET", frozenset({"origin"}), keyed(b"host", b"origin"), "by both")
    assert verdicts.find("GET", keyed(b"host", b"origin")) == "by both"
    assert verdicts.find("GET", keyed(b"host")) == "by host"


def test_origins_that_somebody_makes_up_are_judged_each_and_share_one_way() -> None:
    plan = POLICIES["cors"].plan()
    shield, wsgi = ASGIShield(asgi_page, plan), WSGIShield(wsgi_page, plan)
    for number in range(20):
        request: Request = ("GET", "https", "/", (("origin", f"https://x{number}.example"),))
        for answer in (asked_asgi(shield, request), asked_wsgi(wsgi, request)):
            assert answer[0] == 200
            assert "access-control-allow-origin" not in dict(answer[1])
    for verdicts in (shield._verdicts, wsgi._verdicts):
        assert verdicts.count == 20
        assert len(verdicts._made) == 1


def test_what_steps_add_to_the_answer_makes_the_way_another_one() -> None:
    verdicts: Verdicts[int] = Verdicts(AlikeScopes)
    made = iter(range(MOST * 3))
    ex, other = Plain(), Plain()
    other.fields = (("x-a", "b"),)
    assert [verdicts.way(one, lambda: next(made)) for one in (ex, other, ex, Plain())] == [0, 1, 0, 0]
    other.csrf = object()
    assert verdicts.way(other, lambda: next(made)) == 2
    for number in range(MOST):
        ex.fields = (("x-a", str(number)),)
        verdicts.way(ex, lambda: next(made))
    assert len(verdicts._made) <= MOST


def test_a_way_that_another_thread_forgets_meanwhile_is_found_all_the_same() -> None:
    verdicts: Verdicts[int] = Verdicts(AlikeScopes)

    class Between:
        """Asked for its hash a second time, all is forgotten."""

        looks = 0

        def __hash__(self) -> int:
            self.looks += 1
            if self.looks % 2 == 0:
                verdicts._made.clear()
            return 7

    ex = Plain()
    ex.csrf = Between()
    verdicts.way(ex, lambda: 1)
    ex.csrf.looks = 0
    assert verdicts.way(ex, lambda: 2) == 1


def test_threads_that_forget_and_make_ways_at_once_do_not_disturb_each_other() -> None:
    class Adds:
        def steps(self) -> Steps:
            return Steps(on_request=self.begin, reads=frozenset({"origin"}), remove=frozenset({"x-a"}))

        def begin(self, ex: Exchange) -> Reply | None:
            ex.fields = (("x-a", ex.header("origin")),)
            return None

    wsgi, wrong = WSGIShield(wsgi_page, Plan.of([Adds()])), list[object]()

    def ask(thread: int) -> None:
        for number in range(2 * MOST):
            origin = f"https://{thread}-{number % (MOST + 7)}.example"
            try:
                answer = asked_wsgi(wsgi, ("GET", "https", "/", (("origin", origin),)))
                wrong.extend([answer] * (("x-a", origin) not in answer[1]))
            except Exception as error:
                wrong.append(error)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert wrong == []


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


def test_a_field_that_comes_twice_is_another_request_and_for_the_step_to_sort_out() -> None:
    asked: list[str] = []
    shield = ASGIShield(asgi_page, Plan.of([Adding(asked)]))
    host, origin = ("host", "app.example"), ("origin", "https://list.example")
    for fields in ((host, origin), (host, origin, origin), (host, origin), (host, origin, origin)):
        answer = asked_asgi(shield, ("GET", "https", "/", fields))
        assert ("x-known" in dict(answer[1])) is (len(fields) == 2)
    assert asked == ["https://list.example", "https://list.example, https://list.example", "https://list.example"]


def test_an_error_of_the_application_knows_nothing_of_how_its_request_was_found() -> None:
    errors = list[Exception]()

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        error = ValueError("secret")
        errors.append(error)
        raise error

    shield = ASGIShield(failing, Plan.of([Adding([]), Failures()]))
    logging.disable(logging.CRITICAL)
    try:
        for number in range(3):
            asked_asgi(shield, ("GET", "https", "/", (("host", "app.example"), (f"x-{number}", "1"))))
    finally:
        logging.disable(logging.NOTSET)
    assert [error.__context__ for error in errors] == [None] * 3


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


def keyed(*names: bytes, value: bytes = b"x", host: bytes = b"x", **more: Any) -> Any:
    scope = {"method": "POST", "scheme": "https", "path": "/", "raw_path": b"/", **more}
    return scope | {"headers": [(name, host if name == b"host" else value) for name in names]}


ASKED = frozenset({"host", "origin", SCHEME, ORIGIN_FORM})
COMMON = keyed(b"host", b"x-own")


@pytest.mark.parametrize(
    ("scope", "same"),
    [
        (keyed(b"host"), True),
        (keyed(b"x-new", b"host"), True),
        (keyed(b"host", b"x-own", b"x-own"), True),
        (keyed(b"host", b"cookie", b"accept", value=b"y"), True),
        (keyed(b"host", raw_path=None), True),
        (keyed(b"host", method="GET"), True),  # which is looked up before
        (keyed(b"Host"), False),
        (keyed(b"host", b"Origin"), False),
        (keyed(b"host", b"X-Own"), False),
        (keyed(b"host", b"1"), False),
        (keyed(b"host", b"host"), False),
        (keyed(b"host", b"origin"), False),
        (keyed(b"origin"), False),
        (keyed(), False),
        (keyed(b"host", host=b"y"), False),
        (keyed(b"host", host=b""), False),
        (keyed(b"host", scheme="http"), False),
        (keyed(b"host", scheme=None), False),
        (keyed(b"host", raw_path=b"*"), False),
        (keyed(b"host", raw_path=b""), False),
        (keyed(b"host", raw_path=b"http://evil.example/"), False),
        (keyed(b"host", raw_path=None, path="*"), False),
    ],
    ids=str,
)
def test_requests_are_alike_by_what_was_asked_for_and_by_what_might_be_that(scope: Any, same: bool) -> None:
    alike: AlikeScopes[str] = AlikeScopes(ASKED)
    alike.keep(COMMON, "way")
    for _ in range(2):  # the second time, names are known
        assert alike.find(scope) == ("way" if same else None)
    alike.keep(scope, "other")
    assert alike.find(scope) == "other"
    assert alike.find(COMMON) == ("other" if same else "way")


@pytest.mark.parametrize("asked", [frozenset({"host"}), frozenset({"host", SCHEME}), frozenset({"host", ORIGIN_FORM})])
def test_what_was_not_asked_for_tells_nothing_apart(asked: frozenset[str]) -> None:
    alike: AlikeScopes[str] = AlikeScopes(asked)
    alike.keep(COMMON, "way")
    assert alike.find(keyed(b"host", b"origin")) == "way"
    assert (alike.find(keyed(b"host", scheme="http")) is None) is (SCHEME in asked)
    assert (alike.find(keyed(b"host", raw_path=b"*")) is None) is (ORIGIN_FORM in asked)


def test_fields_are_told_apart_from_values_and_by_their_order() -> None:
    alike: AlikeScopes[str] = AlikeScopes(frozenset({"host", "origin"}))
    one = keyed() | {"headers": [(b"host", b"origin"), (b"origin", b"a")]}
    alike.keep(one, "one")
    for headers in (
        [(b"host", b"origin"), (b"origin", b"host")],
        [(b"origin", b"a"), (b"host", b"origin")],
        [(b"host", b"origin")],
        [(b"host", b"origin"), (b"origin", b"a"), (b"origin", b"a")],
    ):
        assert alike.find(keyed() | {"headers": headers}) is None
    assert alike.find(one | {"headers": [[b"host", b"origin"], [b"accept", b"a"], [b"origin", b"a"]]}) == "one"


def test_names_that_somebody_makes_up_fill_no_memory_and_let_no_capitals_by() -> None:
    alike: AlikeScopes[str] = AlikeScopes(frozenset({"host"}))
    alike.keep(keyed(b"host"), "way")
    for number in range(2 * MOST_NAMES):
        assert alike.find(keyed(b"host", b"x-%d" % number)) == "way"
    assert alike.find(keyed(b"host", b"x-" + b"a" * 10_000)) == "way"
    assert alike.find(keyed(b"host", b"X-%d" % (2 * MOST_NAMES))) is None
    assert alike.find(keyed(b"host", b"accept", b"user-agent")) == "way"
    others = alike.entry[0]
    assert others is not None
    assert len(others) <= MOST_NAMES
    assert max(map(len, others)) <= LONGEST_NAME
    assert b"host" not in others


def test_a_shield_finds_by_new_names_and_odd_forms_what_it_knows() -> None:
    asked: list[str] = []
    shield = ASGIShield(asgi_page, Plan.of([Adding(asked)]))
    for fields in ((), (("x-new", "1"),), (("x-new", "2"),), (("x-newer", "3"),)):
        asked_asgi(shield, ("GET", "https", "/", (("host", "app.example"), *fields)))
    assert asked == [""]
    asked_asgi(shield, ("GET", "https", "/", (("host", "app.example"), ("X-New", "1"))))
    assert asked == ["", ""]


def test_a_websocket_by_wsgi_says_nothing_of_other_requests() -> None:
    """A handshake is checked as what is not safe; its verdict is no other request's, nor the other way round."""
    shield = WSGIShield(wsgi_page, POLICIES["csrf"].plan())
    plain: Request = ("GET", "https", "/", FORGED[3])
    for request, status in ((plain, 200), (("GET", "https", "/", (*FORGED[3], ("upgrade", "websocket"))), 403)) * 2:
        assert asked_wsgi(shield, request)[0] == status
    fresh = WSGIShield(wsgi_page, POLICIES["csrf"].plan())
    handshake: Request = ("GET", "https", "/", (*GOOD[3], ("upgrade", "websocket")))
    assert [asked_wsgi(fresh, one)[0] for one in (handshake, plain, handshake)] == [200, 200, 200]
    assert fresh._verdicts.count >= 1
