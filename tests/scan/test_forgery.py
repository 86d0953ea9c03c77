"""Forms whose anti-forgery token ends: with its first use, with a login, or with the page that is read next."""

import secrets
from typing import Any

import pytest
from flask import Flask, request

from hauberk.scan import Operation, Surface, WSGITransport, scan
from hauberk.scan.forgery import _put


def shop(kind: str, heard: list[str]) -> Flask:
    """A form with a token that holds once, that holds with a cookie, or that never holds."""
    app = Flask("shop")
    valid: set[str] = set()

    @app.get("/")
    def page() -> Any:
        token = secrets.token_hex(8)
        if kind == "once":
            valid.add(token)
        form = (
            '<form method="post" action="/say"><input type="hidden" name="csrf_token" '
            f'value="{token}"><input name="text"></form>'
            f'<form action="/"><input type="hidden" name="csrf_token" value="{token}"></form>'
        )
        heard.append("page")
        return form, 200, {"set-cookie": f"pair={token}; Path=/", "content-type": "text/html"}

    @app.post("/say")
    def say() -> Any:
        token = request.form.get("csrf_token", "")
        good = token in valid if kind == "once" else kind == "cookie" and token == request.cookies.get("pair")
        valid.discard(token)
        if not good:
            heard.append("refused")
            return "no", 403
        heard.append("said")
        return f"<p>{request.form.get('text')}</p>", 200, {"content-type": "text/html"}

    return app


def scanned(kind: str) -> tuple[set[str], list[str]]:
    heard: list[str] = []
    surface = Surface.of([Operation(method="GET", path="/")])
    result = scan(surface, WSGITransport(shop(kind, heard)), target="shop")
    return {f.rule.id for f in result.failures}, heard


@pytest.mark.parametrize("kind", ["once", "cookie"])
def test_what_stands_behind_a_token_is_tested(kind: str) -> None:
    found, heard = scanned(kind)
    assert "scan.reflected-xss" in found
    assert heard.count("said") >= 3


def test_a_form_that_refuses_everybody_is_not_asked_for_ever() -> None:
    found, heard = scanned("never")
    assert "scan.reflected-xss" not in found
    # The form by GET has a new token each time: it is the same page.
    assert heard.count("page") < 60


@pytest.mark.parametrize(
    ("body", "renewed"),
    [
        (b"t=old&x=1", b"t=new%2B&x=1"),
        (b"x=%27%22+1&t=old", b"x=%27%22+1&t=new%2B"),
        (b"xt=old", b"xt=old"),
        (b"t=", b"t=new%2B"),
        (b'--b\r\ncontent-disposition: form-data; name="t"\r\n\r\nold\r\n--b--', None),
        (b'{"t": "old"}', b'{"t": "old"}'),
    ],
)
def test_nothing_else_is_written_anew(body: bytes, renewed: bytes | None) -> None:
    assert _put(body, "t", "new+") == (body.replace(b"old", b"new+") if renewed is None else renewed)
