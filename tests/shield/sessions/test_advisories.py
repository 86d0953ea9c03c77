"""What was published of other libraries, tried on ours: the attacks that no other test of this folder makes."""

from __future__ import annotations

import ast
import hmac
from base64 import b64decode, b64encode
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request

from hauberk import protect
from hauberk.core.errors import UnsealError
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.core.store import Store
from hauberk.crypto.sealing import Sealer
from hauberk.shield.cookies import Cookies
from hauberk.shield.csrf import CSRF
from hauberk.shield.csrf.tokens import ANYWHERE, fits, mask, mint
from hauberk.shield.hosts import Hosts
from hauberk.shield.limits import Limits
from hauberk.shield.limits.rate import Rate
from hauberk.shield.sessions import CookieSessions, Sessions
from hauberk.shield.sessions.identity import handle, new_token, record
from hauberk.stores.memory import MemoryStore
from tests.drivers import Answer, Got, Pairs, Serve
from tests.shield.sessions.advisories import ADVISORIES, ATTACKS_BY_KIND, Row
from tests.shield.sessions.test_sealed import Browser
from tests.shield.sessions.test_sessions import Visitor, put

ROOT = Path(__file__).parents[3]
KEY = b"k" * 32
HOST = ("host", "app.example")
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def visitor(serve: Serve) -> Visitor:
    return Visitor(serve)


@pytest.fixture
def browser(serve: Serve) -> Browser:
    return Browser(serve)


@cache
def _tests(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize(("name", "row"), [*ADVISORIES.items(), *ATTACKS_BY_KIND.items()])
def test_each_row_names_tests_or_a_reason(name: str, row: Row) -> None:
    assert bool(row.tests) != bool(row.not_ours)
    for test in row.tests:
        file, _, function = test.partition("::")
        assert function in _tests(file), f"{name}: {test} is not there"


def look(session: Any) -> object:
    return session.user, sorted(session)


def attributes(line: str) -> dict[str, str]:
    """What stands behind the pair of a Set-Cookie field."""
    parts = [part.strip().partition("=") for part in line.split(";")[1:]]
    return {name.lower(): value for name, _, value in parts}


def kept(store: Store) -> list[str]:
    """The keys of a store in memory."""
    assert isinstance(store, MemoryStore)
    return [key for key in store._entries if store._live(key) is not None]


# The store.


def test_ids_that_nobody_made_fill_no_store(visitor: Visitor) -> None:
    for _ in range(50):
        forged = f"__Host-session={new_token()}"
        visitor(look, cookie=forged)
        visitor(lambda s: (s.clear(), s.get("a"), s.pop("a", None)), cookie=forged)
    assert kept(visitor.store) == []


def test_logouts_of_nobody_fill_no_store(visitor: Visitor) -> None:
    for cookie in ("", f"__Host-session={new_token()}", "__Host-session=", "__Host-session=x"):
        got = visitor(lambda s: s.logout(), cookie=cookie)
        assert all(int(attributes(line)["max-age"]) == 0 for line in got.all("set-cookie"))
    assert kept(visitor.store) == []


def test_what_else_is_kept_is_no_session(visitor: Visitor, serve: Serve) -> None:
    """Whoever may choose a key of a limit, or read one of a cache, gets at no session with it."""
    visitor(lambda s: (s.login("ann"), s.update(a=1)))
    key = record(handle(visitor.token))
    rate = Rate(limit="1/minute", by=lambda ex: ex.header("x-key"))
    plan = Plan.of([Limits(rates=(rate,), store=visitor.store)])
    for chosen in (key, handle(visitor.token), visitor.token):
        assert [serve(plan, headers=[HOST, ("x-key", chosen)]).status for _ in range(2)] == [200, 429]
    assert visitor(look).body == b"('ann', ['a'])"
    denied = Browser(serve, denied=visitor.store)
    denied(put(a=1))
    denied(lambda s: s.logout())
    assert visitor(look).body == b"('ann', ['a'])"


# Sealed cookies.


def test_no_block_of_a_sealed_cookie_comes_twice(browser: Browser) -> None:
    seen: set[bytes] = set()
    for _ in range(5):
        browser(put(a="A" * 512), cookie="")
        sealed = b64decode(browser.value)
        blocks = [sealed[at : at + 16] for at in range(len(sealed) % 16, len(sealed), 16)]
        assert len(blocks) >= 32
        assert len(set(blocks)) == len(blocks)
        assert seen.isdisjoint(blocks)
        seen.update(blocks)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((b"session ", b"ab"), (b"session a", b"b")),
        ((b"session", b" a"), (b"sessio", b"n a!")),
        ((b"a", b""), (b"", b"")),
    ],
)
def test_a_sealed_cookie_is_no_other_ones(one: tuple[bytes, bytes], other: tuple[bytes, bytes], serve: Serve) -> None:
    """A purpose has its own key and a name its own context: joined, they may be the same octets."""
    sealer = Sealer((KEY,))
    sealed = sealer.seal(one[1], context=one[0])
    assert sealer.open(sealed, context=one[0]) == one[1]
    if one[0] != other[0]:
        with pytest.raises(UnsealError):
            sealer.open(sealed, context=other[0])
    browser = Browser(serve, cookie="ab")
    browser(put(a=1))
    for name in ("a", "abc", "session"):
        plan = Plan.of([CookieSessions(keys=(KEY,), cookie=name, clock=lambda: browser.now)])
        got = serve(plan, _shown, headers=[HOST, ("cookie", f"__Host-{name}={browser.value}")])
        assert got.body == b"(None, [])"


@pytest.mark.parametrize("cut", [1, 12, 16, 28, 32])
@pytest.mark.parametrize("end", ["front", "back"])
def test_a_sealed_cookie_without_its_tag_is_none(browser: Browser, cut: int, end: str) -> None:
    browser(put(a=1))
    sealed = b64decode(browser.value)
    stripped = sealed[cut:] if end == "front" else sealed[:-cut]
    assert browser.read(cookie=f"__Host-session={b64encode(stripped).decode()}") == "None"
    assert browser.read() == "1"


# Cookies.


def _shown(ex: Exchange) -> Answer:
    return Answer(body=repr(look(ex.session)).encode())


@pytest.mark.parametrize(
    "hidden",
    [
        "={name}={token}",
        "{name}",
        "\xa0{name}={token}",
        "\x85{name}={token}",
        "a=\xa0{name}={token}",
        "ga=x]{name}={token}",
        "ga=x,{name}={token}",
        'ga="x {name}={token}"',
        "ga=x&{name}={token}",
        "ga {name}={token}",
        "a={name}={token}",
        "$Version=1,{name}={token}",
        "\x00{name}={token}",
        "__HOST-session={token}",
        "__host-session={token}",
        "%5F_Host-session={token}",
        "x{name}={token}",
        "{name}x={token}",
    ],
)
def test_no_cookie_is_read_out_of_another(visitor: Visitor, hidden: str) -> None:
    """Each is one cookie that any neighbour can set, and that some server has taken for the one with the prefix."""
    victim, eve = Visitor(visitor.serve, visitor.store), Visitor(visitor.serve, visitor.store)
    victim(lambda s: s.login("ann"))
    eve(lambda s: s.login("eve"))
    planted = hidden.format(name="__Host-session", token=eve.token)
    assert visitor(look, cookie=planted).body == b"(None, [])"
    assert visitor(look, cookie=f"{planted}; {victim.cookie}").body == b"('ann', [])"
    assert visitor(look, cookie=f"{victim.cookie}; {planted}").body == b"('ann', [])"


def test_cookies_that_push_out_the_genuine_one(visitor: Visitor) -> None:
    """Browsers keep some 180 a site: a neighbour sets so many that ours goes, and then one that looks like it."""
    eve = Visitor(visitor.serve, visitor.store)
    eve(lambda s: s.login("eve"))
    many = "; ".join(f"c{n}=x" for n in range(180))
    assert visitor(look, cookie=f"{many}; session={eve.token}").body == b"(None, [])"
    visitor(put(a=1), cookie=f"{many}; session={eve.token}")
    assert eve(look).body == b"('eve', [])"


@pytest.mark.parametrize("feature", ["sessions", "sealed", "csrf"])
def test_every_cookie_keeps_the_rules_of_its_prefix(serve: Serve, feature: str) -> None:
    features: dict[str, tuple[Any, Any]] = {
        "sessions": (Sessions(store=MemoryStore()), lambda ex: ex.session.update(a=1)),
        "sealed": (CookieSessions(keys=(KEY,)), lambda ex: ex.session.update(a=1)),
        "csrf": (CSRF(keys=(KEY,)), lambda ex: ex.csrf.token(ex)),
    }
    made, act = features[feature]

    def app(ex: Exchange) -> Answer:
        act(ex)
        return Answer()

    (line,) = serve(Plan.of([Cookies(), made]), app, headers=[HOST]).all("set-cookie")
    said = attributes(line)
    assert line.startswith("__Host-")
    assert {"secure", "httponly"} <= said.keys()
    assert (said["path"], "domain" in said) == ("/", False)
    (line,) = serve(Plan.of([Cookies(), made]), app, headers=[("host", "localhost")], scheme="http").all("set-cookie")
    assert not line.startswith("__")


def test_bad_cookies_fill_no_log(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "hauberk"):
        for bad in ("__Host-session=\x00", "__Host-session", "=", ";" * 500, '"\\' * 500, "__Host-session=é"):
            for _ in range(20):
                visitor(look, cookie=bad)
    assert caplog.records == []


# CSRF.


def issued(serve: Serve, plan: Plan, cookie: str = "") -> tuple[str, Got]:
    """A page's token, and the page."""
    headers = [HOST, *([("cookie", cookie)] if cookie else [])]
    got = serve(plan, lambda ex: Answer(body=ex.csrf.token(ex).encode()), headers=headers)
    return got.body.decode(), got


def strict(store: Store | None = None) -> Plan:
    sessions = [Sessions(store=store)] if store is not None else []
    return Plan.of([*sessions, CSRF(mode="strict", keys=(KEY,))])


def given(got: Got) -> str:
    return got.all("set-cookie")[0].partition(";")[0]


def test_a_page_with_a_token_is_nobody_elses(serve: Serve) -> None:
    _, page = issued(serve, strict())
    assert page.one("cache-control") == "private, no-store"
    assert "cookie" in (page.one("vary") or "").lower()


def test_two_pages_have_two_tokens(serve: Serve) -> None:
    _, page = issued(serve, strict())
    texts = {issued(serve, strict(), given(page))[0] for _ in range(5)}
    assert len(texts) == 5
    rows = list(zip(*texts, strict=True))
    assert sum(len(set(row)) > 1 for row in rows) > 70  # of 86 letters: nothing stays that could be guessed


def test_a_token_of_another_user_is_worth_nothing(serve: Serve) -> None:
    """Nor does it help to set both the cookie and the token, as with a bare double submit."""
    store = MemoryStore()
    plan = strict(store)
    ann, eve = Visitor(serve, store), Visitor(serve, store)
    ann(lambda s: s.login("ann"))
    eve(lambda s: s.login("eve"))

    def post(cookie: str, token: str) -> int:
        headers = [HOST, ("cookie", cookie), ("x-csrf-token", token)]
        return serve(plan, method="POST", headers=headers).status

    (anns, _), (eves, _) = (issued(serve, plan, one.cookie) for one in (ann, eve))
    tossed, page = issued(serve, plan)
    assert (post(ann.cookie, anns), post(eve.cookie, eves), post(given(page), tossed)) == (200, 200, 200)
    assert post(ann.cookie, eves) == 403
    assert post(f"{ann.cookie}; {given(page)}", tossed) == 403
    assert post(f"{given(page)}; {ann.cookie}", tossed) == 403
    assert post(f"__Host-csrf=x; {ann.cookie}", "x") == 403


def test_what_a_token_is_bound_to_is_no_name_of_somebody(serve: Serve) -> None:
    """Two sessions of one user have two bindings, and what a session shows of itself is neither of them."""
    store, seen = MemoryStore(), set[bytes]()
    for _ in range(2):
        visitor = Visitor(serve, store)
        visitor(lambda s: s.login("ann"))
        shown: list[Any] = []
        visitor(lambda s: shown.extend((s.binding, s.id)))  # noqa: B023 - called at once
        binding, name = shown
        assert len(binding) == 32
        for known in (b"ann", name.encode(), visitor.token.encode()):
            assert known not in binding
            assert not fits(mask(mint(KEY, known, ANYWHERE)), [KEY], binding, [ANYWHERE])
        seen.add(binding)
    assert len(seen) == 2


@pytest.mark.parametrize("value", ['"><script>alert(1)</script>', "'onload='x", "</form>", "x" * 43 + '"'])
def test_no_markup_of_a_cookie_reaches_a_token(serve: Serve, value: str) -> None:
    for cookie in (f"__Host-csrf={value}", f"__Host-session={value}"):
        token, page = issued(serve, strict(MemoryStore()), cookie)
        assert token.replace("-", "").replace("_", "").isalnum()
        assert all(value not in line for line in page.all("set-cookie"))


@pytest.mark.parametrize(
    "field", [("x-requested-with", "XMLHttpRequest"), ("x-csrf-token", "x"), ("x-forwarded-host", "evil.example")]
)
def test_a_field_that_scripts_can_set_proves_nothing(serve: Serve, field: tuple[str, str]) -> None:
    foreign = [HOST, field, ("origin", "https://evil.example"), ("cookie", "__Host-csrf=x")]
    assert serve(Plan.of([CSRF()]), method="POST", headers=foreign).status == 403
    assert serve(strict(), method="POST", headers=[HOST, field, ("cookie", "__Host-csrf=x")]).status == 403


def test_a_forged_host_does_not_make_an_origin_the_own_one(serve: Serve) -> None:
    plan = Plan.of([Hosts(allow=("app.example",)), CSRF()])
    forged = [("host", "evil.example"), ("origin", "https://evil.example")]
    assert serve(plan, method="POST", headers=forged).status == 421
    for field in ("x-forwarded-host", "forwarded", "x-host", "x-original-host"):
        sent = [HOST, ("origin", "https://evil.example"), (field, "evil.example")]
        assert serve(plan, method="POST", headers=sent).status == 403
    assert serve(plan, method="POST", headers=[HOST, ("origin", "https://app.example")]).status == 200


@pytest.mark.parametrize("origin", ["null", "NULL", "null, https://app.example", "https://app.example, null", "data:"])
def test_an_opaque_origin_is_nobodys(serve: Serve, origin: str) -> None:
    for more in ([], [("referer", "https://app.example/")], [("sec-fetch-site", "cross-site")]):
        assert serve(Plan.of([CSRF()]), method="POST", headers=[HOST, ("origin", origin), *more]).status == 403


CONTENT_TYPES = [
    None,
    "",
    FORM,
    FORM.upper(),
    f"{FORM}; charset=utf-8",
    f" {FORM}",
    "text/plain",
    "Text/Plain;",
    "text/plain;application/json",
    "multipart/form-data; boundary=x",
    "MULTIPART/FORM-DATA; boundary=x",
    "application/json",
    "application/json; charset=utf-8",
    "application/csp-report",
    "image/png",
    "nonsense",
]


@pytest.mark.parametrize("kind", CONTENT_TYPES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post", "PROPFIND"])
def test_content_types_change_nothing(serve: Serve, kind: str | None, method: str) -> None:
    typed: Pairs = [] if kind is None else [("content-type", kind)]
    body = b'{"amount": 5}'
    foreign = [HOST, *typed, ("origin", "https://evil.example")]
    assert serve(Plan.of([CSRF()]), method=method, headers=foreign, body=body).status == 403
    assert serve(strict(), method=method, headers=[HOST, *typed], body=body).status == 403
    own = [HOST, *typed, ("origin", "https://app.example")]
    assert serve(Plan.of([CSRF()]), method=method, headers=own, body=body).status == 200


def test_json_as_text_from_another_site() -> None:
    """By FastAPI, which reads the body as JSON if it is asked to, whatever its type says."""
    from fastapi.testclient import TestClient

    app, done = FastAPI(), list[int]()

    @app.post("/transfer")
    async def transfer(request: Request) -> int:
        done.append((await request.json())["amount"])
        return done[-1]

    client = TestClient(protect(app, csrf=CSRF()), base_url="https://app.example")
    sent: dict[str, Any] = {"content": '{"amount": 5}', "headers": {"content-type": "text/plain"}}
    sent["headers"]["origin"] = "https://evil.example"
    assert (client.post("/transfer", **sent).status_code, done) == (403, [])
    sent["headers"]["origin"] = "https://app.example"
    assert (client.post("/transfer", **sent).status_code, done) == (200, [5])


def test_tokens_are_compared_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the function that takes as long for the first octet that differs as for the last."""
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def noting(one: Any, other: Any) -> bool:
        compared.append((bytes(one), bytes(other)))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", noting)
    right = mint(KEY, b"binding", ANYWHERE)
    for wrong in (right, bytes([right[0] ^ 1]) + right[1:], right[:-1] + bytes([right[-1] ^ 1])):
        assert fits(mask(wrong), [KEY], b"binding", [ANYWHERE]) is (wrong == right)
    assert [{len(one), len(other)} for one, other in compared] == [{32}] * 3
