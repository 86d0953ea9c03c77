"""Where a login asks for an anti-forgery token, it is still seen whether a browser sends the session from elsewhere."""

import secrets
from typing import Any

import pytest
from flask import Flask, Response, abort, redirect, request, session

from hauberk.scan.lab import normal
from hauberk.scan.messages import Request as Sent
from hauberk.scan.messages import Response as Answer
from hauberk.scan.outside import cookies_of
from hauberk.scan.trial import Shot
from tests.scan.test_access import SITE, rows, run


def site(same_site: str | None) -> Flask:
    app = Flask("site")
    app.secret_key = secrets.token_bytes(16)
    app.config["SESSION_COOKIE_SAMESITE"] = same_site

    def page(content: str) -> Response:
        return Response(f"<!DOCTYPE html><title>x</title>{content}", content_type="text/html; charset=utf-8")

    @app.get("/")
    def entrance() -> Response:
        token = session.setdefault("csrf", secrets.token_hex(8))
        hidden = f'<input type=hidden name=csrf_token value="{token}">'
        return page(
            f"<form method=post action=/login>{hidden}<input name=user><input name=password type=password></form>"
        )

    @app.post("/login")
    def login() -> Any:
        if request.form.get("csrf_token") != session.get("csrf"):
            abort(403)
        if (request.form.get("user"), request.form.get("password")) != ("ada", "Ada-pass-1"):
            abort(401)
        session["user"] = "ada"
        return redirect("/mine")

    @app.get("/mine")
    def mine() -> Any:
        return page("<form method=post action=/note><input name=text></form>") if "user" in session else redirect("/")

    @app.post("/note")
    def note() -> str:
        return "noted" if "user" in session else abort(401)

    return app


@pytest.mark.parametrize(("same_site", "found"), [(None, {("csrf", "POST /note")}), ("Lax", set())])
def test_a_session_that_stays_at_home(same_site: str | None, found: set[tuple[str, str]]) -> None:
    assert {row for row in rows(run(site(same_site), SITE)) if row[0] == "csrf"} == found


@pytest.mark.parametrize("text", ["<p>a&nbsp;b &lt;i&gt; &amp;amp; c", "<p>plain"])
def test_what_is_escaped_in_two_answers_is_no_difference(text: str) -> None:
    """One value holds its canary, the other is the name of a file; neither comes back."""
    answer = Answer(status=200, body=text.encode())
    shots = [
        Shot(value=value, canary="hbk00000001", request=Sent(), response=answer) for value in ("hbk00000001", "/etc/x")
    ]
    assert normal(shots[0]) == normal(shots[1])


def test_the_newest_token_is_the_jar_s() -> None:
    """A cookie that a page sets comes back as it was; one that forms are compared with changes with each login."""
    fields = (("set-cookie", "csrftoken=1"), ("set-cookie", "theme=dark"), ("set-cookie", "XSRF-TOKEN=2"))
    assert cookies_of("/", Answer(status=200, headers=fields)) == {("/", "theme"): "dark"}
