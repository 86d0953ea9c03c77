"""express_session.json: what visitors of a well-known session middleware see, and what they see of ours.

The peer's options are translated to ours, its scenarios run as they are. What handlers read, whether a session begins,
goes on or is gone, and how many are kept has to be the same, except where a case says what would be better, and except
where these laws of ours differ: nobody without data has a session, what has not changed is not written, whoever looks
keeps his session alive, and a cookie is sent when its id is new and not to prolong it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from hauberk.adapters.asgi import ASGIShield, Message, Receive, Scope, Send
from hauberk.core.errors import ConfigurationError, HauberkError, LateSessionError, StoreError
from hauberk.core.exchange import held
from hauberk.core.plan import Feature, Plan
from hauberk.shield.failures import Failures
from hauberk.shield.https import HTTPS
from hauberk.shield.sessions import Sessions
from hauberk.shield.sessions.identity import handle, new_token, record
from hauberk.stores.memory import MemoryStore

Case = tuple[str, Callable[[], None]]
FOREVER = 10_000_000
PROXY = "192.0.2.7"
PUTS = {"set", "append", "increment"}
CALLS = {"get": {"load"}, "set": {"save"}, "destroy": {"delete"}, "touch": {"save", "touch"}}
"""The peer's calls of a store, and ours."""

NO_SIGNATURE = "the cookie holds 256 random bits: there is no signature, and so no secret to name or to rotate"
WHOLE_HOST = "a __Host- cookie belongs to the whole host: its path is / and it has no domain (RFC 6265bis, 4.1.3.2)"
ONE_POLICY = "a cookie's attributes are the policy's: a session cannot weaken or lengthen its own"
NO_RELOAD = "each request reads its session once; changes that are not wanted are not made"
OTHER_ATTRIBUTE = "Partitioned and Priority are no attributes of a session's own site"
SKIPS: dict[str, str] = {"domain": WHOLE_HOST, "path": WHOLE_HOST, "partitioned": OTHER_ATTRIBUTE}
SKIPS |= {"priority": OTHER_ATTRIBUTE}


def cases(path: Path) -> Iterator[Case]:
    for row in json.loads(path.read_text("utf-8"))["cases"]:
        yield row["id"], partial(_run, row)


def _run(row: dict[str, Any]) -> None:
    _skip(row)
    if _refusable(row):
        with pytest.raises((ConfigurationError, TypeError)):
            Sessions(**_given(row))
        return
    Server(row).run()


def _actions(row: dict[str, Any]) -> Iterator[list[Any]]:
    for request in row["requests"]:
        for action in request.get("actions", []):
            yield action
            if action[0] == "inner":
                yield from action[1].get("actions", [])


def _skip(row: dict[str, Any]) -> None:
    options, done = row["options"], {action[0] for action in _actions(row)}
    secrets = [options.get("secret", ""), *(r.get("options", {}).get("secret", "") for r in row["requests"])]
    if secrets != [""] * len(secrets):
        pytest.skip(NO_SIGNATURE)
    if "cookie" in done:
        pytest.skip(ONE_POLICY)
    if "reload" in done:
        pytest.skip(NO_RELOAD)
    if "refuse at configuration" not in row.get("better", ""):
        for name in options.get("cookie") or {}:
            if name in SKIPS:
                pytest.skip(SKIPS[name])


def _refusable(row: dict[str, Any]) -> bool:
    """Whether the peer refuses it, now or later, or should; and what we cannot be told, since it would do nothing."""
    name = row["options"].get("name", "sid")
    odd = not name or name.startswith(("__Host-", "__Secure-")) or not name.replace("_", "").isalnum()
    cookie = row["options"].get("cookie") or {}
    better = row.get("better", "")
    at_start = row["observed"].get("refused_at_configuration", False)
    return bool(at_start or odd or cookie.get("maxAge") == 0 or "refuse at configuration" in better)


def _given(row: dict[str, Any]) -> dict[str, Any]:
    """Our options."""
    options = dict(row["options"])
    cookie = dict(options.pop("cookie", None) or {})
    for peers_own in ("resave", "saveUninitialized", "rolling", "proxy", "unset"):
        options.pop(peers_own, None)
    if "name" in options:
        options["cookie"] = options.pop("name")
    if "maxAge" in cookie:
        options |= {"idle": cookie.pop("maxAge") // 1000, "absolute": 0}
    else:
        options |= {"idle": FOREVER, "absolute": 0}
    if "sameSite" in cookie:
        asked = cookie.pop("sameSite")
        options["same_site"] = {True: "strict", False: "lax", "auto": "lax"}.get(asked, asked)
    for always in ("httpOnly", "secure"):
        cookie.pop(always, None)
    return options | cookie


class Failing(MemoryStore):
    """A store whose calls fail when they are told to."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock=clock)
        self.failing: set[str] = set()
        self.calls: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name in {"load", "save", "rotate", "delete", "touch", "forget"}:
            object.__getattribute__(self, "calls").append(name)
            if name in object.__getattribute__(self, "failing"):
                raise StoreError("memory://", "unavailable", "as the case says")
        return object.__getattribute__(self, name)

    def kept(self) -> dict[str, dict[str, bytes]]:
        """Every session that lives."""
        found = {key: entry.fields for key, entry in list(self._entries.items()) if entry.fields is not None}
        return {key: dict(fields) for key, fields in found.items() if self._live(key) is not None}


class Answered:
    """What one request got."""

    def __init__(self) -> None:
        self.status, self.lines, self.seen = 0, [""][:0], dict[str, Any]()
        self.error: BaseException | None = None
        self.inner: list[Answered] = []
        self.started_with: str | None = None

    @property
    def line(self) -> str:
        assert len(self.lines) < 2, self.lines
        return self.lines[0] if self.lines else ""

    @property
    def begun(self) -> str:
        """The id that a session got in this request; empty if none did."""
        return self.line.partition("=")[2].partition(";")[0]


class Server:
    """Our sessions in the place of the peer's, and one browser."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row, self.now = row, 1_000_000.0
        self.store = Failing(lambda: self.now)
        self.sessions = Sessions(store=self.store, clock=lambda: self.now, **_given(row))
        features: list[Feature] = [self.sessions, Failures()]
        if row["options"].get("proxy"):
            features.insert(0, HTTPS(redirect=False, proxies=(PROXY,)))
        self.plan = Plan.of(features)
        self.jar: list[str] = []
        self.with_data: set[str] = set()
        """The peer's numbers of sessions that hold something."""
        self.plain_only = (row["options"].get("cookie") or {}).get("secure") is not True

    def run(self) -> None:
        start = self.now
        for request, observed in zip(self.row["requests"], self.row["observed"]["requests"], strict=True):
            self.now = start + request.get("at", 0)
            before = self.store.kept()
            self.store.calls.clear()
            answered = self.request(request, observed)
            self.judge(request, observed, answered, before)

    # One request.

    def scheme(self, request: dict[str, Any]) -> str:
        if request.get("tls_seen_by_framework") and not self.row["options"].get("proxy"):
            return "https" if self.row["options"].get("proxy") is None else "http"
        return "http" if "forwarded_proto" in request or "tls_seen_by_framework" in request else "https"

    def request(self, request: dict[str, Any], observed: dict[str, Any]) -> Answered:
        answered = Answered()
        # The peer's `secure: true` is our refusal of plain http on a host that others can reach.
        host = "localhost" if self.plain_only else "app.example"
        headers = [("host", host), ("cookie", self.cookie(request))]
        if request.get("forwarded_proto"):
            headers += [("x-forwarded-proto", request["forwarded_proto"])]

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            session = held(scope["hauberk"]).session
            answered.started_with = session.binding and session.id
            sent = False
            for action in self.translated(request, observed):
                if action[0] == "flush_headers":
                    await send({"type": "http.response.start", "status": 200, "headers": []})
                    await send({"type": "http.response.body", "body": b"a", "more_body": True})
                    sent = True
                else:
                    self.act(session, action, answered)
            if not sent:
                await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"b"})

        self._drive(app, self.scheme(request), request.get("path", "/"), headers, answered)
        if answered.begun or "Max-Age=0" in answered.line:
            self.jar.append(answered.line.partition(";")[0] if answered.begun else "")
        return answered

    def _drive(self, app: Any, scheme: str, path: str, headers: list[tuple[str, str]], answered: Answered) -> None:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers if value]
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "scheme": scheme}
        scope |= {"client": (PROXY, 40_000), "headers": raw}
        try:
            asyncio.run(ASGIShield(app, self.plan)(scope, receive, send))
        except HauberkError as error:
            answered.error = error
        answered.status = sent[0]["status"] if sent else 500
        fields = sent[0]["headers"] if sent else []
        answered.lines = [value.decode() for name, value in fields if name == b"set-cookie"]

    def cookie(self, request: dict[str, Any]) -> str:
        kind = request.get("cookie", "jar")
        jar = self.jar or [""]
        name, _, token = jar[-1].partition("=")
        if isinstance(kind, dict):
            return str(kind["raw"]).replace("connect.sid", "__Host-session")
        other = {"Z": "Y"}.get(token[20:21], "Z")
        return {
            "jar": jar[-1],
            "none": "",
            "first": jar[0],
            "previous": jar[-2:][0],
            "tampered": f"{name}={token[:20]}{other}{token[21:]}",
            "unsigned": f"{name}={token[:32]}",
            "twice": f"{name}=garbage; {name}={token}",
            "signed-unknown-id": f"__Host-session={new_token()}",
        }[kind]

    # What its handler does.

    def translated(self, request: dict[str, Any], observed: dict[str, Any]) -> list[list[Any]]:
        """The peer prolongs a session at each request; ours lives on when somebody looks into it."""
        actions = list(request.get("actions", []))
        if actions or not self.prolonging(request):
            return actions
        return [["touch"]]

    def prolonging(self, request: dict[str, Any]) -> bool:
        idle = self.row["options"].get("cookie", {}).get("maxAge", FOREVER) / 1000
        seen = [at for at in (r.get("at", 0) for r in self.row["requests"]) if at > idle]
        return bool(seen) and request.get("at", 0) > 0 and "store_clear" not in str(request)

    def act(self, session: Any, action: list[Any], answered: Answered) -> None:
        kind, *rest = action
        if kind == "inner":
            self.inner(rest[0], answered)
        elif kind in {"store_fail", "store_ok", "store_clear"}:
            self.fault(kind, rest)
        elif kind in {"set", "set_same"}:
            session[rest[0]] = rest[1] if kind == "set" else session[rest[0]]
        elif kind == "delete":
            session.pop(rest[0], None)
        elif kind == "increment":
            session[rest[0]] = session.get(rest[0], 0) + 1
        elif kind == "append":
            session.setdefault(rest[0], []).append(rest[1])
        elif kind == "read":
            answered.seen[rest[0]] = session.get(rest[0])
        elif kind == "regenerate":
            kept = {key: session[key] for key in (rest[0] if rest else []) if key in session}
            session.logout()
            session.update(kept)
        elif kind == "destroy" or (kind == "set_none" and self.row["options"].get("unset") == "destroy"):
            session.logout()
        elif kind == "touch":
            assert session.last_seen is None or session.last_seen <= self.now
        else:
            assert kind in {"save", "set_none"}, f"an action that the runner does not know: {kind}"

    def fault(self, kind: str, rest: list[Any]) -> None:
        if kind == "store_fail":
            self.store.failing = CALLS[rest[0]]
        elif kind == "store_ok":
            self.store.failing = set()
        else:
            for key in self.store.kept():
                self.store._drop(key)

    def inner(self, request: dict[str, Any], answered: Answered) -> None:
        cookie = self.jar[-1:]

        def run() -> None:
            answered.inner.append(self.request(request, {}))
            if not request.get("update_jar") and cookie:
                self.jar.append(cookie[0])

        thread = Thread(target=run)  # another request has another event loop
        thread.start()
        thread.join()

    # What is right.

    def judge(
        self, request: dict[str, Any], observed: dict[str, Any], got: Answered, before: dict[str, dict[str, bytes]]
    ) -> None:
        kept, actions = self.store.kept(), [action[0] for action in request.get("actions", [])]
        began = self.begins(request, observed)
        self.sane(got, before, kept)
        if self.refused(observed, got, began):
            return
        assert (got.error, got.status) == (None, 200), got.error
        assert got.seen == self.seen(request, observed), "what the handler reads"
        assert bool(got.begun) == began, f"a session {'should begin' if began else 'goes on or there is none'}"
        if not actions and not self.prolonging(request):
            assert self.store.calls == [], "nobody looked"
            assert not got.lines
        self.count(observed, kept)

    def sane(self, got: Answered, before: dict[str, dict[str, bytes]], kept: dict[str, dict[str, bytes]]) -> None:
        """What holds whatever the peer does."""
        fresh = set(kept) - set(before)
        told = {record(handle(answer.begun)) for answer in (got, *got.inner) if answer.begun}
        assert fresh <= told, "a session is kept whose id nobody has"
        assert all(
            answer.begun not in cookie for answer in (got, *got.inner) if answer.begun for cookie in self.jar[:-2]
        )
        for answer in (got, *got.inner):
            parts = answer.line.split("; ")[1:]
            assert not answer.line or {"Path=/", "HttpOnly"} <= set(parts)
            assert not any(part.startswith("Domain") for part in parts)
            assert answer.line.startswith("__Host-") == ("Secure" in parts)

    def refused(self, observed: dict[str, Any], got: Answered, began: bool) -> bool:
        """A store that fails, a session that begins too late, plain http: no cookie, and no answer that all is well."""
        failed = self.store.failing & set(self.store.calls)
        late = isinstance(got.error, LateSessionError)
        plain = isinstance(got.error, ConfigurationError)
        if failed:
            assert got.status == 503, f"{failed} failed, and the answer was {got.status}"
        elif late:
            assert "raise" in self.row["better"]
            self.with_data.discard(observed["session_id_at_end"])
        elif plain:
            assert not self.plain_only
            assert not observed["set_cookie"], "the peer takes this for https"
        if failed or late or plain:
            assert not got.lines
        return bool(failed or late or plain)

    def begins(self, request: dict[str, Any], observed: dict[str, Any]) -> bool:
        """Whether this request is the first to put something into the session that it ends with."""
        kinds = [action[0] for action in request.get("actions", [])]
        kept = [rest for kind, *rest in request.get("actions", []) if kind == "regenerate" and rest and rest[0]]
        puts, end = bool(PUTS & set(kinds)) or bool(kept), observed.get("session_id_at_end")
        if not puts or end is None or end in self.with_data or request.get("cookie") == "twice":
            return False  # of two cookies, ours takes the one that has the form of an id
        self.with_data.add(end)
        return True

    def seen(self, request: dict[str, Any], observed: dict[str, Any]) -> dict[str, Any]:
        """What the peer's handler read, or a better one's."""
        seen = {key: value for key, value in observed.get("seen", {}).items() if key not in {"inner", "error"}}
        better, written = self.row.get("better", ""), self.written()
        last = request is self.row["requests"][-1]
        if "merge" in better and last and len(written) > 1:
            return {key: written.get(key, [None])[-1] for key in seen}
        if "orphan" in better or "logged out" in better or ("stay dead" in better and request.get("cookie") == "first"):
            return dict.fromkeys(seen)
        if "stale" in self.row.get("note", "") and last:
            return {key: written[key][-1] for key in seen}
        if request.get("cookie") == "twice":
            return {key: written[key][-1] if key in written else value for key, value in seen.items()}
        return seen

    def written(self) -> dict[str, list[Any]]:
        """What was set, by key."""
        found: dict[str, list[Any]] = {}
        for kind, *rest in _actions(self.row):
            if kind == "set":
                found.setdefault(rest[0], []).append(rest[1])
        return found

    def count(self, observed: dict[str, Any], kept: dict[str, dict[str, bytes]]) -> None:
        """The peer keeps sessions without data where it is told to; ours never does."""
        own = any(request.get("cookie") == "twice" for request in self.row["requests"])
        told = own or {"better", "note"} & set(self.row) or "regenerate" in {kind for kind, *_ in _actions(self.row)}
        if self.row["options"].get("saveUninitialized") is False and not told:
            assert len(kept) == observed["sessions_stored"], "how many are kept"
        else:
            assert len(kept) <= observed["sessions_stored"]


FILES: dict[str, Callable[[Path], Iterator[Case]]] = {"sessions/express_session.json": cases}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
