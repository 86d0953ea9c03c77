"""Pages with sessions in cookies, and a twin that has none of the holes. Ground truth: HOLES. For tests only."""

from __future__ import annotations

import secrets

from flask import Flask, Response, redirect, request

HOLES = {
    ("session-fixation", "POST /login"),
    ("logout", "GET /logout"),
    ("csrf", "POST /email"),
    ("csrf", "POST /password"),
}
FORM = "<form method=post action=/login><input name=user><input name=password type=password></form>"


def make(*, open_: bool) -> Flask:
    """The application with its holes, or without them."""
    app = Flask("people_site")
    sessions: dict[str, str] = {}
    emails, words = {"ada": "ada@example.com"}, {"ada": "Ada-pass-1"}

    def given(answer: Response, sid: str) -> Response:
        answer.set_cookie("sid", sid, httponly=True, secure=True, samesite=None if open_ else "Lax")
        return answer

    def who() -> str:
        return sessions.get(request.cookies.get("sid", ""), "")

    @app.get("/")
    def index() -> Response:
        answer = Response(FORM, content_type="text/html; charset=utf-8")
        if "sid" in request.cookies:
            return answer
        sid = secrets.token_urlsafe(16)
        sessions[sid] = ""
        return given(answer, sid)

    @app.post("/login")
    def login() -> Response:
        if request.form.get("user") != "ada" or request.form.get("password") != words["ada"]:
            return Response("wrong", 401)
        sid = request.cookies.get("sid", "") if open_ else ""
        sid = sid or secrets.token_urlsafe(16)
        sessions[sid] = "ada"
        return given(Response("welcome"), sid)

    @app.get("/profile")
    def profile() -> Response:
        if not who():
            return redirect("/")  # type: ignore[return-value]
        page = f"<p>{emails[who()]}</p><form method=post action=/email><input name=email type=email></form>"
        page += "<form method=post action=/password><input name=new_password type=password></form>"
        return Response(page, content_type="text/html; charset=utf-8")

    @app.post("/email")
    def email() -> Response:
        if not who():
            return Response("log in", 401)
        if not open_ and request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
            return Response("from another site", 403)
        emails[who()] = "changed@example.com"
        return redirect("/profile")  # type: ignore[return-value]

    @app.post("/password")
    def password() -> Response:
        if not who():
            return Response("log in", 401)
        if not open_ and request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
            return Response("from another site", 403)
        words[who()] = request.form.get("new_password", "")
        return redirect("/profile")  # type: ignore[return-value]

    @app.get("/logout")
    def logout() -> Response:
        if not open_:
            sessions.pop(request.cookies.get("sid", ""), None)
        answer = Response("bye")
        answer.delete_cookie("sid")
        return answer

    return app
