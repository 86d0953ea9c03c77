"""cookie_session.json: what a sealed cookie session answers where a signed one was asked.

The peer's options are translated to ours and its scenarios run as they are, by ASGI and by WSGI. A sealed value has no
signature beside it: the cases that change one change the sealed value. What `recommended` says is what is judged, and
beside it what always holds: no error but one that says what is wrong, no cookie that a browser would drop.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hauberk.core.errors import ConfigurationError, LateSessionError
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.crypto.sealing import Sealer
from hauberk.shield.failures import Failures
from hauberk.shield.https import HTTPS
from hauberk.shield.sessions import CookieSessions
from hauberk.shield.sessions.cookie_keeper import MOST
from hauberk.shield.sessions.packing import unpack
from hauberk.shield.sessions.values import encode
from hauberk.stores.memory import MemoryStore
from tests.drivers import Answer, Serve, serve_asgi, serve_wsgi

Case = tuple[str, Callable[[], None]]
NOW = 1_000_000.0
PROXY = "192.0.2.7"
KEYS = ["key-one-for-tests"]

WHOLE_HOST = "a __Host- cookie belongs to the whole host: its path is / and it has no domain (RFC 6265bis, 4.1.3.2)"
ONE_POLICY = "a cookie's attributes are the policy's: a session cannot weaken or lengthen its own"
OTHER_ATTRIBUTE = "Partitioned and Priority are no attributes of a session's own site"
SKIPS = {"path": WHOLE_HOST, "domain": WHOLE_HOST, "partitioned": OTHER_ATTRIBUTE, "priority": OTHER_ATTRIBUTE}
PEERS_OWN = ("secure", "overwrite", "httpOnly")
"""Options that ours does not have: always HttpOnly, Secure by the connection, one cookie."""


def cases(path: Path) -> Iterator[Case]:
    for row in json.loads(path.read_text("utf-8"))["cases"]:
        yield row["id"], partial(_run, row)


def _run(row: dict[str, Any]) -> None:
    refused = (row.get("recommended") or {}).get("configuration") == "refused"
    if refused or _odd(row["options"]):
        with pytest.raises((ConfigurationError, TypeError)):
            Plan.of([CookieSessions(**_given(row["options"], as_they_are=True))])
        return
    for name in row["options"]:
        if name in SKIPS:
            pytest.skip(SKIPS[name])
    if any(action[0] == "session_option" for request in row["requests"] for action in request["actions"]):
        pytest.skip(ONE_POLICY)
    for serve in (serve_asgi, serve_wsgi):
        Server(row, serve).run()


def _odd(options: dict[str, Any]) -> bool:
    """What we refuse at the start, whatever the peer makes of it: it would lose sessions, or break the field."""
    age = options.get("maxAge")
    name = str(options.get("name", "session"))
    return (
        (age is not None and (age < 1_000 or age % 1_000 != 0))
        or options.get("sameSite") not in {None, True, False, "lax", "strict", "none"}
        or not name.replace("_", "").replace("-", "").isalnum()
        or any(set(str(options.get(field) or "")) & set(";, ") for field in ("path", "domain"))
    )


def _key(text: str) -> bytes:
    """32 octets, as every secret becomes before it is a key."""
    from hashlib import sha256

    return sha256(text.encode()).digest()


def _given(options: dict[str, Any], *, as_they_are: bool = False) -> dict[str, Any]:
    """Our options. `as_they_are`: keys are not made good first."""
    options = dict(options)
    for name in PEERS_OWN:
        options.pop(name, None)
    secret = options.pop("secret", None)
    keys = options.pop("keys", [secret] if secret else KEYS) or []
    given: dict[str, Any] = {"keys": tuple(text.encode() if as_they_are else _key(text) for text in keys)}
    if "name" in options:
        given["cookie"] = options.pop("name")
    if "maxAge" in options:
        given["idle"] = given["absolute"] = options.pop("maxAge") / 1_000
        if given["idle"] == int(given["idle"]):
            given["idle"] = given["absolute"] = int(given["idle"])
    if "sameSite" in options:
        asked = options.pop("sameSite")
        given["same_site"] = {True: "strict", False: "lax"}.get(asked, asked)
    if "expires_epoch" in options:
        given |= {"idle": 10**9, "absolute": int(options.pop("expires_epoch") - NOW)}
    return given | options


class Server:
    """Our sessions in the place of the peer's, and one browser."""

    def __init__(self, row: dict[str, Any], serve: Serve) -> None:
        self.row, self.serve = row, serve
        self.denied = MemoryStore()
        self.jars: list[str] = []
        self.seen: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        self.sent: list[bool] = []
        self.errors: list[BaseException | None] = []

    def run(self) -> None:
        for request in self.row["requests"]:
            self.request(request)
        self.judge(self.row.get("recommended") or {})

    def request(self, request: dict[str, Any]) -> None:
        options = _given(self.row["options"] | request.get("options", {}))
        sessions = CookieSessions(clock=lambda: NOW, denied=self.denied, **options)
        scheme = "http" if request.get("tls") is False or request.get("framework_secure") is False else "https"
        if request.get("framework_secure"):
            scheme = "https"
        plan = Plan.of([HTTPS(redirect=False), sessions, Failures()])
        seen: dict[str, Any] = {}
        errors: list[BaseException | None] = [None]

        def app(ex: Exchange) -> Answer:
            try:
                for action in request["actions"]:
                    act(ex, action, seen)
            except (LateSessionError, TypeError) as error:  # as a handler would let it pass
                errors[0] = error
                ex.sent = False
                return Answer(status=500)
            return Answer()

        name = sessions.cookie if scheme == "http" else "__Host-" + sessions.cookie
        cookie = self.cookie(request.get("cookie", "jar"), name, options["keys"])
        headers = [("host", "localhost" if scheme == "http" else "app.example")]
        headers += [("cookie", cookie.encode().decode("latin-1"))] if cookie else []
        got = self.serve(plan, app, headers=headers, scheme=scheme)
        lines = got.all("set-cookie")
        assert len(lines) < 2, lines
        for line in lines:
            self.sane(line, scheme)
            pair = line.partition(";")[0]
            self.jars.append("" if "Max-Age=0" in line else pair)
        self.sent.append(bool(lines))
        self.statuses.append(got.status)
        self.seen.append(seen)
        self.errors.append(errors[0])

    def cookie(self, kind: Any, name: str, keys: tuple[bytes, ...]) -> str:
        jar = self.jars[-1] if self.jars else ""
        value = jar.partition("=")[2]
        if isinstance(kind, dict) and "signed_raw" in kind:
            return f"{name}={sealed(kind['signed_raw'], name, keys[0])}"
        if isinstance(kind, dict):
            return str(kind["raw"]).replace("session", name)
        flip = len(value) // 2
        return {
            "jar": jar,
            "none": "",
            "first": self.jars[0] if self.jars else "",
            "no-signature": f"{name}={value[:-24]}",
            "signature-flipped": f"{name}={value[:-6]}{'B' if value[-6:-5] != 'B' else 'C'}{value[-5:]}",
            "signature-truncated": f"{name}={value[:-1]}",
            "signature-empty": f"{name}=",
            "value-changed": f"{name}={value[:flip]}{'B' if value[flip : flip + 1] != 'B' else 'C'}{value[flip + 1 :]}",
            "value-from-other-name": f"{name}={sealed(msgspec.msgpack.encode({}), 'other', keys[0])}",
        }[kind]

    # What is right.

    def sane(self, line: str, scheme: str) -> None:
        """What holds whatever the peer does."""
        pair, *attributes = line.split("; ")
        assert len(pair) - 1 <= MOST, "a browser drops it"
        assert {"Path=/", "HttpOnly"} <= set(attributes)
        assert ("Secure" in attributes) == (scheme == "https") == pair.startswith("__Host-")
        assert not any(part.startswith("Domain") for part in attributes)
        held = unpack(pair.partition("=")[2]) or b""
        for text in ("ann", "bob"):
            # With its length before it, as it stands in what is sealed: three octets alone come up by chance.
            assert encode(text) not in held, "it can be read"

    def judge(self, wanted: dict[str, Any]) -> None:
        if "set_cookie" in wanted:
            assert self.sent == wanted["set_cookie"], "when a cookie is sent"
        if wanted.get("over_4096") == "refused":
            # Ours may pack it into less: then it is sent, and `sane` has seen that a browser keeps it.
            assert self.statuses[0] == (200 if self.sent[0] else 500)
        elif wanted.get("status") is not None:
            assert self.statuses == wanted["status"], "status"
        elif not any(self.errors):
            assert set(self.statuses) == {200}, self.statuses
        if "last_seen" in wanted:
            self.same(self.seen[-1], wanted["last_seen"])
        if "seen_at" in wanted:
            number, values = wanted["seen_at"]
            self.same(self.seen[number], values)
        for request, error in zip(self.row["requests"], self.errors, strict=True):
            kinds = [action[0] for action in request["actions"]]
            if "flush_headers" in kinds and "set" in kinds[kinds.index("flush_headers") :]:
                assert isinstance(error, LateSessionError), "written after the header left: said, and not lost silently"
        for number, error in enumerate(self.errors):
            assert error is None or self.statuses[number] == 500, "an error is never an answer that all is well"

    @staticmethod
    def same(seen: dict[str, Any], wanted: dict[str, Any]) -> None:
        assert {key: seen.get(key) for key in wanted} == wanted, "what the handler reads"


def act(ex: Exchange, action: list[Any], seen: dict[str, Any]) -> None:
    """What a handler does."""
    session: Any = ex.session
    kind, *rest = action
    if kind == "set":
        session[rest[0]] = rest[1]
    elif kind == "set_big":
        session[rest[0]] = "a" * rest[1]
    elif kind == "delete":
        session.pop(rest[0], None)
    elif kind == "append":
        session.setdefault(rest[0], []).append(rest[1])
    elif kind == "read":
        seen[rest[0]] = session.get(rest[0])
    elif kind == "clear":
        session.clear()
    elif kind == "set_none":
        session.logout()
    elif kind == "replace":
        replacement = rest[0]
        if not isinstance(replacement, dict):
            raise TypeError("a session is replaced by a mapping")
        session.clear()
        session.update(replacement)
    elif kind == "flush_headers":
        ex.sent = True
    else:
        pytest.fail(f"an action that the runner does not know: {kind}")


def sealed(content: str | bytes, name: str, key: bytes) -> str:
    """This content, sealed rightly: as another application with the same key, or an older version, would."""
    from base64 import b64encode

    raw = content if isinstance(content, bytes) else _raw(content)
    return b64encode(Sealer((key,)).seal(raw, b"session " + name.encode())).decode()


def _raw(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError):
        return text.encode()


FILES: dict[str, Callable[[Path], Iterator[Case]]] = {"sessions/cookie_session.json": cases}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
