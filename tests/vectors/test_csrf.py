"""csrf_origin.json and csrf_token.json: who may send what with somebody else's cookies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.shield.csrf import CSRF, Exempt
from tests.drivers import Answer, Got, Serve, handshake_asgi, serve_asgi, serve_wsgi

Case = tuple[str, Callable[[], None]]
KEY = b"k" * 32
SESSION = "S" * 43


# csrf_origin.json


def origin_cases(path: Path) -> Iterator[Case]:
    for row in json.loads(path.read_text("utf-8"))["cases"]:
        yield row["id"], partial(_origin_case, row)


def _origin_case(row: dict[str, Any]) -> None:
    if "trusted_origin" in row:
        return _trusted_case(row)
    for mode, key in (("headers", "recommended"), ("strict", "recommended_strict")):
        wanted = row.get(key, row["recommended"])
        if wanted == "either":
            continue
        policy = row["policy"]
        csrf = CSRF(
            trusted_origins=tuple(policy["trusted_origins"]),
            exempt=tuple(Exempt(path=path, reason="as the case says") for path in policy["exempt"]),
            mode="strict" if mode == "strict" else "headers",
            keys=(KEY,),
        )
        request = row["request"]
        headers = [("host", request["host"]), *((k, _octets(v)) for k, v in request["headers"])]
        drivers = (serve_asgi, serve_wsgi) if len({k.lower() for k, _ in headers}) == len(headers) else (serve_asgi,)
        for serve in drivers:
            if serve is serve_asgi and any(k.lower() == "upgrade" for k, _ in headers):
                passed = handshake_asgi(
                    Plan.of([csrf]), path=request["path"], headers=headers, scheme=request["scheme"]
                )
                assert ("allow" if passed else "deny") == wanted, f"{mode}, handshake"
                continue
            got = serve(
                Plan.of([csrf]),
                method=request["method"],
                path=request["path"],
                scheme=request["scheme"],
                headers=headers,
            )
            assert ("deny" if got.status == 403 else "allow") == wanted, f"{mode}, {serve.__name__}: {got.status}"
    return None


def _trusted_case(row: dict[str, Any]) -> None:
    try:
        CSRF(trusted_origins=(row["trusted_origin"],))
    except ConfigurationError:
        answer = "refused"
    else:
        answer = "accepted"
    assert row["recommended"] in {answer, "either"}, answer


def _octets(text: str) -> str:
    """As a client sends it: in UTF-8, seen as Latin-1."""
    return text.encode("utf-8").decode("latin-1")


# csrf_token.json


def token_cases(path: Path) -> Iterator[Case]:
    for row in json.loads(path.read_text("utf-8"))["cases"]:
        yield row["id"], partial(_token_case, row)


def _token_case(row: dict[str, Any]) -> None:
    state, *rest = row["id"].split("/")
    options = dict(part.partition("=")[::2] for part in rest)
    run = SPECIAL.get(row["id"]) or SPECIAL.get(state)
    for serve in (serve_asgi, serve_wsgi):
        answer = run(serve) if run else _in_place(serve, state, options)
        assert row["recommended"] in {answer, "either"}, f"{serve.__name__}: {answer}"


class Site:
    """A strict application whose pages hand out tokens."""

    def __init__(self, serve: Serve, *, keys: tuple[bytes, ...] = (KEY,), per_form: bool = False) -> None:
        self.serve, self.plan = serve, Plan.of([CSRF(mode="strict", keys=keys, per_form=per_form)])

    def page(
        self, cookie: str = "", path: str | None = None, method: str = "POST", session: bytes | None = None
    ) -> Got:
        """A page with a token in it; `session` stands for a session of which only the binding is known."""

        bound = None if session is None else Bound(session)

        def app(ex: Exchange) -> Answer:
            if bound is not None:
                ex.session = bound
            return Answer(body=ex.csrf.token(ex, path, method).encode())

        return self.serve(self.plan, app, headers=[("cookie", cookie)] if cookie else [])

    def send(self, *, method: str = "POST", path: str = "/", query: str = "", **parts: Any) -> str:
        headers, body, session = parts.get("headers", []), parts.get("body", b""), parts.get("session")
        plan = self.plan
        if session is not None:
            plan = Plan.of([Sessions(session), CSRF(mode="strict", keys=(KEY,))])
        got = self.serve(plan, method=method, path=path, query=query, headers=headers, body=body)
        assert got.status in {200, 403}, got.status
        return "allow" if got.status == 200 else "deny"


class Bound:
    """A session, as far as CSRF sees it."""

    def __init__(self, binding: bytes) -> None:
        self.binding = binding


class Sessions:
    """Gives every request this session, and keeps it: an exchange does not."""

    def __init__(self, binding: bytes) -> None:
        self.session = Bound(binding)

    def steps(self) -> Any:
        from hauberk.core.plan import Steps

        def begin(ex: Exchange) -> None:
            ex.session = self.session

        return Steps(on_request=begin)


def _visit(site: Site) -> tuple[str, str]:
    """Cookie and token of a new visitor."""
    got = site.page()
    cookie = got.one("set-cookie")
    assert cookie is not None
    return cookie.partition(";")[0], got.body.decode()


def _flip(text: str, at: int) -> str:
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


CHANGES: dict[str, Callable[[str], str]] = {
    "valid": lambda t: t,
    "absent": lambda t: "",
    "empty": lambda t: "",
    "garbage": lambda t: "not-a-token",
    "flip-first": lambda t: _flip(t, 0),
    "flip-middle": lambda t: _flip(t, len(t) // 2),
    "flip-last": lambda t: _flip(t, len(t) - 1),
    "swapcase": str.swapcase,
    "upper": str.upper,
    "lower": str.lower,
    "reversed": lambda t: t[::-1],
    "truncated": lambda t: t[:-1],
    "half": lambda t: t[: len(t) // 2],
    "longer": lambda t: t + "A",
    "extended": lambda t: t + "A",
    "doubled": lambda t: t + t,
    "padded": lambda t: f"  {t} ",
    "non-ascii": lambda t: "\u00e9" + t[1:],
    "raw-secret": lambda t: KEY.hex(),
    "nul": lambda t: t + "\x00",
    "long": lambda t: t * 2_000,
    "huge": lambda t: t * 2_000,
}


def _in_place(serve: Serve, state: str, options: dict[str, str]) -> str:
    site = Site(serve)
    cookie, token = _visit(site)
    if state == "other-session":
        token = _visit(site)[1]
    elif state in CHANGES:
        token = CHANGES[state](token)
    else:
        pytest.fail(f"no such state is known: {state}")
    method = options.get("method", "POST")
    given = _place(options.get("place", "header" if state != "absent" else "none"), token)
    given["headers"] = [*given.get("headers", []), ("cookie", cookie)]
    return site.send(method=method, **given)


def _form(text: str) -> dict[str, Any]:
    return {"headers": [("content-type", "application/x-www-form-urlencoded")], "body": text.encode()}


def _multipart(*parts: bytes) -> dict[str, Any]:
    body = b"".join(b"--xYz\r\n" + part + b"\r\n" for part in parts) + b"--xYz--\r\n"
    return {"headers": [("content-type", "multipart/form-data; boundary=xYz")], "body": body}


def _place(place: str, token: str) -> dict[str, Any]:
    text = quote(token)
    field = b'Content-Disposition: form-data; name="csrf_token"\r\n\r\n' + token.encode()
    file = b'Content-Disposition: form-data; name="f"; filename="a.bin"\r\n\r\n' + bytes(range(256))
    places: dict[str, Callable[[], dict[str, Any]]] = {
        "none": dict,
        "header": lambda: {"headers": [("x-csrf-token", token.encode().decode("latin-1"))]},
        "form": lambda: _form(f"a=1&csrf_token={text}&b=2"),
        "multipart": lambda: _multipart(field, file),
        "multipart-after-file": lambda: _multipart(file, field),
        "query": lambda: {"query": f"csrf_token={text}&x-csrf-token={text}"},
        "text-plain": lambda: {"headers": [("content-type", "text/plain")], "body": f"csrf_token={token}".encode()},
        "json": lambda: {
            "headers": [("content-type", "application/json")],
            "body": json.dumps({"csrf_token": token}).encode(),
        },
        "cookie": lambda: {"headers": [("cookie", f"csrf_token={token}")]},
        "form-first-of-two": lambda: _form(f"csrf_token={text}&csrf_token=x"),
        "form-second-of-two": lambda: _form(f"csrf_token=x&csrf_token={text}"),
        "form-array": lambda: _form(f"csrf_token%5B%5D={text}"),
        "form-nested": lambda: _form(f"form%5Bcsrf_token%5D={text}"),
    }
    if place not in places:
        pytest.fail(f"no such place is known: {place}")
    return places[place]()


def _with(cookie: str, token: str) -> dict[str, Any]:
    return {"headers": [("cookie", cookie), ("x-csrf-token", token)]}


def _twice(serve: Serve) -> str:
    site = Site(serve)
    cookie, token = _visit(site)
    return {site.send(**_with(cookie, token)) for _ in range(2)}.pop()


def _older_page(serve: Serve) -> str:
    site = Site(serve)
    cookie, token = _visit(site)
    assert site.page(cookie).body.decode() != token
    return site.send(**_with(cookie, token))


def _no_cookie(serve: Serve) -> str:
    site = Site(serve)
    return site.send(headers=[("x-csrf-token", _visit(site)[1])])


def _cookie_only(serve: Serve) -> str:
    site = Site(serve)
    return site.send(headers=[("cookie", _visit(site)[0])])


def _tossed(serve: Serve) -> str:
    """The attacker's own cookie and token, in the browser of somebody who has a session."""
    site = Site(serve)
    return site.send(session=b"victim", **_with(*_visit(site)))


def _masked(serve: Serve) -> str:
    site = Site(serve)
    cookie, token = _visit(site)
    return "differ" if site.page(cookie).body.decode() != token else "same"


def _before_login(serve: Serve) -> str:
    site = Site(serve)
    token = site.page(session=b"anonymous").body.decode()
    assert site.send(session=b"anonymous", headers=[("x-csrf-token", token)]) == "allow"
    return site.send(session=b"logged in", headers=[("x-csrf-token", token)])


def _key_rotated(serve: Serve, *, old_listed: bool) -> str:
    cookie, token = _visit(Site(serve))
    keys = (b"n" * 32, KEY) if old_listed else (b"n" * 32,)
    return Site(serve, keys=keys).send(**_with(cookie, token))


def _per_form(serve: Serve, method: str, path: str, query: str = "", *, made_for: str | None = "/a") -> str:
    site = Site(serve)
    cookie, _ = _visit(site)
    token = site.page(cookie, made_for).body.decode()
    return site.send(method=method, path=path, query=query, **_with(cookie, token))


def _cached(serve: Serve) -> str:
    for page in (Site(serve).page(), Site(serve).page(session=b"s")):
        assert "Cookie" in page.all("vary")
        assert "no-store" in (page.one("cache-control") or "")
    return "no-store"


def _unsigned_double(serve: Serve) -> str:
    return Site(serve).send(**_with(f"__Host-csrf={SESSION}", SESSION))


def _anonymous(serve: Serve) -> str:
    site = Site(serve)
    return site.send(**_with(*_visit(site)))


def _markup(serve: Serve) -> str:
    page = Site(serve).page('__Host-csrf="><script>alert(1)</script>')
    return "raw" if b"<" in page.body or b'"' in page.body else "escaped"


def _content_type(serve: Serve, value: str) -> str:
    site = Site(serve)
    return site.send(headers=[("cookie", _visit(site)[0]), ("content-type", value)], body=b"a=1")


def _requested_with(serve: Serve) -> str:
    site = Site(serve)
    return site.send(headers=[("cookie", _visit(site)[0]), ("x-requested-with", "XMLHttpRequest")])


SPECIAL: dict[str, Callable[[Serve], str]] = {
    "twice": _twice,
    "older-page": _older_page,
    "no-cookie": _no_cookie,
    "cookie-only": _cookie_only,
    "cookie-tossed": _tossed,
    "masking": _masked,
    "rotation/token-of-before-login-after-login": _before_login,
    "rotation/token-of-before-logout-after-logout": _before_login,
    "rotation/secret-key-rotated-old-listed": partial(_key_rotated, old_listed=True),
    "rotation/secret-key-rotated-old-removed": partial(_key_rotated, old_listed=False),
    "per-form/own-action": partial(_per_form, method="POST", path="/a"),
    "per-form/same-action": partial(_per_form, method="POST", path="/a"),
    "per-form/other-action": partial(_per_form, method="POST", path="/b"),
    "per-form/other-method": partial(_per_form, method="DELETE", path="/a"),
    "per-form/same-action-query-differs": partial(_per_form, method="POST", path="/a", query="x=1"),
    "per-form/global-token-where-per-form-wanted": partial(_per_form, method="POST", path="/a", made_for=None),
    "cached-page": _cached,
    "double-submit/random-cookie-without-hmac": _unsigned_double,
    "double-submit/anonymous-bound-to-pre-session": _anonymous,
    "token-injection": _markup,
    "content-type/mixed-case": partial(_content_type, value="Application/X-WWW-Form-Urlencoded"),
    "content-type/parameter-trick": partial(_content_type, value="text/plain; application/json"),
    "content-type/absent": partial(_content_type, value=""),
    "content-type/json": partial(_content_type, value="application/json"),
    "content-type/text-plain": partial(_content_type, value="text/plain"),
    "header/x-requested-with-only": _requested_with,
}


FILES = {"sessions/csrf_origin.json": origin_cases, "sessions/csrf_token.json": token_cases}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
