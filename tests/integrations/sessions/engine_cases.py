"""What is asked of Django's sessions on our stores; `test_engine.py` runs this file once for each store and protocol.

ENGINE_STORE is a store's URL; ENGINE_PROTOCOL `asgi` or `wsgi`; with ENGINE_DOOR=policy the Shield's own sessions are
`request.session`, and with `engine` Django's middleware has them by SESSION_ENGINE.
"""

from __future__ import annotations

import asyncio
import io
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import django
import pytest
from django.conf import settings

from hauberk import Policy, Sessions
from hauberk.core.plan import run_inline
from hauberk.shield.sessions.identity import handle, new_token, record
from hauberk.stores import open_store

STORE, PROTOCOL, DOOR = (os.environ[f"ENGINE_{name}"] for name in ("STORE", "PROTOCOL", "DOOR"))
NOW = [datetime.now(UTC).timestamp()]
"""What the clock says."""


class Asked:
    """A store that counts what it is asked."""

    def __init__(self, store: Any) -> None:
        self.store, self.calls = store, 0

    def __getattr__(self, name: str) -> Any:
        if name in {"load", "save", "rotate", "delete", "forget"}:
            self.calls += 1
        return getattr(self.store, name)

    def blocking(self) -> Any:
        return self if not self.store.waits else self.store.blocking()


ASKED = Asked(open_store(STORE))
SESSIONS = Sessions(store=ASKED, idle=1_000, absolute=5_000, clock=lambda: NOW[0])
POLICY = Policy.recommended().replace(
    sessions=SESSIONS if DOOR == "policy" else None, https=None, hosts=None, csrf=None, limits=None, guard=None
)
NAME = "__Host-session" if DOOR == "policy" else "__Host-sessionid"

settings.configure(
    SECRET_KEY="for tests only, 50 characters long, never used elsewhere",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    HAUBERK=POLICY,
    HAUBERK_SESSIONS=SESSIONS,
    SESSION_ENGINE="hauberk.django.sessions",
    SESSION_COOKIE_NAME="__Host-sessionid",
    SESSION_COOKIE_SECURE=True,
    MIDDLEWARE=[
        "hauberk.django.Shield",
        *(["django.contrib.sessions.middleware.SessionMiddleware"] if DOOR == "engine" else []),
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "file:engine?mode=memory&cache=shared"}},
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    STATIC_URL="/static/",
    LOGGING_CONFIG=None,
)
django.setup()

from django.contrib import admin, auth  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.base import UpdateError  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.urls import path  # noqa: E402

from tests.integrations.driving import Visitor  # noqa: E402

Engine = import_module(settings.SESSION_ENGINE).SessionStore
ACTS: list[Callable[[Any], Any]] = []
"""What the next request's handler does."""


def act(request: HttpRequest) -> HttpResponse:
    return JsonResponse(ACTS[0](request), safe=False)


async def act_async(request: HttpRequest) -> HttpResponse:
    return JsonResponse(await ACTS[0](request), safe=False)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    request.session["streamed"] = True
    return StreamingHttpResponse(iter(["a", "b"]))


def boom(request: HttpRequest) -> HttpResponse:
    request.session["before"] = 1
    raise RuntimeError("no")


urlpatterns = [
    path("act", act),
    path("act_async", act_async),
    path("stream", stream),
    path("boom", boom),
    path("admin/", admin.site.urls),
]
application: Any = get_asgi_application() if PROTOCOL == "asgi" else get_wsgi_application()
pytestmark = [
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators"),
    pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def _database() -> None:
    keep = connection.cursor()
    call_command("migrate", verbosity=0)
    User.objects.create_superuser("ann", "ann@shop.example", "correct horse")
    User.objects.create_superuser("eve", "eve@shop.example", "correct horse")
    keep.close()


class Browser(Visitor):
    """Does this in a handler."""

    def __init__(self) -> None:
        super().__init__(application, PROTOCOL)  # type: ignore[arg-type]

    def do(self, what: Callable[[Any], Any], *, path: str = "/act") -> Any:
        import json

        ACTS[:] = [what]
        ASKED.calls = 0
        self.got = self.get(path)
        assert self.got.status == 200, (self.got.status, self.got.body)
        return json.loads(self.got.body)

    def read(self, key: str = "a") -> Any:
        return self.do(lambda r: r.session.get(key))

    def put(self, **values: Any) -> None:
        self.do(lambda r: r.session.update(values))

    @property
    def token(self) -> str:
        return self.cookies.get(NAME, "")

    def fork(self) -> Browser:
        other = Browser()
        other.cookies = dict(self.cookies)
        return other


@pytest.fixture
def browser() -> Browser:
    NOW[0] = datetime.now(UTC).timestamp()
    return Browser()


def login(name: str) -> Callable[[Any], Any]:
    def run(request: Any) -> Any:
        auth.login(request, User.objects.get(username=name), "django.contrib.auth.backends.ModelBackend")
        return request.user.username

    return run


def logout(request: Any) -> Any:
    auth.logout(request)
    return None


def who(request: Any) -> Any:
    return request.user.username


def test_who_stores_nothing_gets_nothing(browser: Browser) -> None:
    assert browser.read() is None
    assert (browser.got.all("set-cookie"), ASKED.calls) == ([], 0)


def test_a_value_comes_back(browser: Browser) -> None:
    browser.put(a=[1, 2])
    assert len(browser.token) == 43
    assert browser.read() == [1, 2]
    assert any("Cookie" in value for value in browser.got.all("vary"))


def test_what_is_untouched_costs_nothing(browser: Browser) -> None:
    browser.put(a=1)
    browser.do(lambda r: None)
    assert (browser.got.all("set-cookie"), ASKED.calls) == ([], 0)


def test_a_read_costs_one_call(browser: Browser) -> None:
    browser.put(a=1)
    browser.read()
    assert ASKED.calls == 1


def test_what_is_changed_in_place_is_kept(browser: Browser) -> None:
    browser.put(cart={"items": [1]})
    browser.do(lambda r: r.session["cart"]["items"].append(2))
    assert browser.read("cart") == {"items": [1, 2]}


def test_values_keep_their_types(browser: Browser) -> None:
    browser.do(lambda r: r.session.update({"a": (1, datetime(2026, 1, 2, tzinfo=UTC), timedelta(1), b"x", {3})}))
    assert browser.do(lambda r: str(r.session["a"])) == str(
        (1, datetime(2026, 1, 2, tzinfo=UTC), timedelta(1), b"x", {3})
    )


def test_what_cannot_be_kept_is_refused_where_it_is_set(browser: Browser) -> None:
    def put(request: Any) -> str:
        with pytest.raises(TypeError, match="session\\['a'\\]"):
            request.session["a"] = object()
        return "refused"

    assert browser.do(put) == "refused"


@pytest.mark.parametrize("value", [new_token(), "a" * 32, "x", "../../etc/passwd", "a" * 43 + "\x00"])
def test_an_id_that_the_client_made_up_is_never_taken(browser: Browser, value: str) -> None:
    browser.cookies[NAME] = value
    browser.put(a=1)
    assert browser.token not in {"", value}
    other = Browser()
    other.cookies[NAME] = value
    assert other.read() is None


def test_only_a_hash_lies_in_the_store(browser: Browser) -> None:
    browser.put(a=1)
    assert run_inline(ASKED.blocking().load(record(handle(browser.token)))) is not None
    assert run_inline(ASKED.blocking().load(browser.token)) is None


def test_login_gives_a_new_id_and_keeps_the_data(browser: Browser) -> None:
    browser.put(cart=1)
    planted = browser.fork()
    assert browser.do(login("ann")) == "ann"
    assert browser.token != planted.token
    assert (browser.do(who), browser.read("cart")) == ("ann", 1)
    assert (planted.do(who), planted.read("cart")) == ("", None)


@pytest.mark.parametrize("step", ["save", "create", "cycle_key"])
def test_a_handler_that_saves_by_itself_keeps_the_visitor(browser: Browser, step: str) -> None:
    """As code does that wants `session_key` at once."""
    if step == "cycle_key":
        browser.put(a=1)

    def act(request: Any) -> None:
        getattr(request.session, step)()
        request.session["b"] = 2
        request.session.save()

    browser.do(act)
    assert browser.read("b") == 2


def test_djangos_test_client_logs_in() -> None:
    with override_settings(SESSION_COOKIE_NAME=NAME):
        client = Client()
        client.force_login(User.objects.get(username="ann"))
        ACTS[:] = [who]
        assert client.get("/act", secure=True).json() == "ann"
        session = client.session
        session["a"] = 1
        session.save()
        ACTS[:] = [lambda request: request.session["a"]]
        assert client.get("/act", secure=True).json() == 1


def test_who_logs_in_as_somebody_else_finds_nothing_of_the_first(browser: Browser) -> None:
    browser.do(login("ann"))
    browser.put(mail="ann@shop.example")
    before = browser.fork()
    browser.do(login("eve"))
    assert (browser.do(who), browser.read("mail")) == ("eve", None)
    assert before.do(who) == ""


def test_logout_ends_it_everywhere(browser: Browser) -> None:
    browser.do(login("ann"))
    stolen = browser.fork()
    browser.do(logout)
    assert (browser.do(who), stolen.do(who)) == ("", "")
    assert browser.token == ""


def test_logout_of_nobody_fills_no_store(browser: Browser) -> None:
    browser.do(logout)
    assert browser.got.all("set-cookie") == []


def test_a_users_sessions_are_listed_and_ended(browser: Browser) -> None:
    browser.do(login("ann"))
    number = str(User.objects.get(username="ann").pk)
    mine = handle(browser.token)
    assert mine in {device.id for device in SESSIONS.of_sync(number)}
    SESSIONS.revoke_sync(mine)
    assert browser.do(who) == ""


def test_idle_and_absolute_lifetimes(browser: Browser) -> None:
    browser.put(a=1)
    for _ in range(5):
        NOW[0] += 900
        assert browser.read() == 1
    NOW[0] += 600
    assert browser.read() is None
    browser.put(a=2)
    NOW[0] += 1_001
    assert browser.read() is None


def test_its_use_is_written_down_now_and_then(browser: Browser) -> None:
    browser.put(a=1)
    browser.read()
    assert ASKED.calls == 1
    NOW[0] += 200
    browser.read()
    assert ASKED.calls == 2


def test_writers_of_different_keys_both_win(browser: Browser) -> None:
    browser.put(start=0, gone=1)
    other = browser.fork()

    def slow(request: Any) -> None:
        request.session["a"] = 1
        apart(lambda: other.do(lambda r: (r.session.update({"b": 2}), r.session.pop("gone"))[0]))

    browser.do(slow)
    assert browser.do(lambda r: sorted(r.session.keys())) == ["a", "b", "start"]


def apart(what: Callable[[], object]) -> None:
    thread = threading.Thread(target=what)
    thread.start()
    thread.join()


def test_a_slow_writer_does_not_bring_it_back(browser: Browser) -> None:
    browser.put(a=1)
    other, stolen = browser.fork(), browser.fork()

    def slow(request: Any) -> None:
        request.session["x"] = request.session["a"]
        apart(lambda: other.do(lambda r: r.session.flush()))

    ACTS[:] = [slow]
    assert browser.get("/act").status in {200, 400}, "Django's own middleware says that the session was interrupted"
    assert stolen.read() is None


def test_asynchronous_handlers(browser: Browser) -> None:
    async def put(request: Any) -> Any:
        await request.session.aset("a", [1])
        return await request.session.aget("a")

    async def change(request: Any) -> Any:
        (await request.session.aget("a")).append(2)
        return sorted(await request.session.akeys())

    async def end(request: Any) -> Any:
        await request.session.aflush()
        return await request.session.aget("a")

    async def cycle(request: Any) -> Any:
        await request.session.acycle_key()
        return await request.session.aget("a")

    assert browser.do(put, path="/act_async") == [1]
    assert browser.do(change, path="/act_async") == ["a"]
    before = browser.fork()
    assert browser.do(cycle, path="/act_async") == [1, 2]
    assert (browser.read(), before.read()) == ([1, 2], None)
    assert browser.do(end, path="/act_async") is None
    assert browser.read() is None


def test_a_stream_keeps_what_was_set_before_it(browser: Browser) -> None:
    assert browser.get("/stream").body == b"ab"
    assert browser.read("streamed") is True


def test_messages_are_kept_until_they_are_shown(browser: Browser) -> None:
    from django.contrib import messages

    browser.do(lambda r: messages.success(r, "saved"))
    assert browser.do(lambda r: [str(m) for m in messages.get_messages(r)]) == ["saved"]
    assert browser.do(lambda r: [str(m) for m in messages.get_messages(r)]) == []


def test_the_admin(browser: Browser) -> None:
    if DOOR == "policy":
        browser.do(login("ann"))
    else:
        browser.do(lambda r: auth.login(r, auth.authenticate(r, username="ann", password="correct horse")))
    got = browser.get("/admin/")
    assert (got.status, b"Site administration" in got.body) == (200, True)
    browser.do(logout)
    assert browser.get("/admin/").status == 302


def test_clearsessions() -> None:
    call_command("clearsessions", stdout=io.StringIO())


engine_only = pytest.mark.skipif(DOOR != "engine", reason="the policy's sessions are no engine")


@engine_only
def test_the_engine_by_itself() -> None:
    session = Engine()
    assert (session.session_key, session.is_empty(), session.modified) == (None, True, False)
    session["a"] = 1
    session.save()
    token = session.session_key
    assert token is not None
    again = Engine(token)
    assert (again["a"], again.exists(token), again.exists(new_token()), again.exists("x")) == (1, True, False, False)
    again.flush()
    assert (again.session_key, Engine(token).load()) == (None, {})
    session["a"] = 2
    with pytest.raises(UpdateError):
        session.save()
    assert not session.exists(token)


@engine_only
def test_an_expiry_of_its_own() -> None:
    session = Engine()
    session["a"] = 1
    session.set_expiry(100)
    session.save()
    assert session.get_expiry_age() == 100
    assert Engine(session.session_key).get_expiry_age() == 100


@engine_only
def test_the_engine_without_a_thread() -> None:
    async def run() -> None:
        session = Engine()
        await session.acreate()
        token = session.session_key
        await session.aset("a", 1)
        await session.asave()
        assert await Engine(token).aget("a") == 1
        assert await session.aexists(token)
        await Engine(token).adelete()
        assert not await session.aexists(token)
        await Engine.aclear_expired()

    asyncio.run(run())
