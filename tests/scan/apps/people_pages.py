"""Projects that are somebody's own, as pages with anti-forgery tokens, beside a board for all. For tests only.

Ground truth: HOLES; the closed twin has none of them.
"""

from __future__ import annotations

import itertools
import secrets
from typing import Any

from flask import Flask, Response, abort, redirect, request, session
from markupsafe import escape

HOLES = {
    ("bola", "GET /projects/{project_id} path:project_id"),
    ("bola", "GET /projects/{project_id}/edit path:project_id"),
    ("bola", "POST /projects/{project_id}/edit path:project_id"),
    ("bola", "GET /tasks/{task_id} path:task_id"),
}
SEEN_BY_LINKS = {("bola", "GET /projects/{}"), ("bola", "GET /projects/{}/edit")}
"""Of these, what is told where no route is known: what B made, and a link of his leads to."""
USERS = {"ada": "Ada-pass-1", "bob": "Bob-pass-1"}


def make(*, open_: bool) -> Flask:
    """The application with its holes, or without them."""
    app = Flask("people_pages")
    app.secret_key = secrets.token_bytes(16)
    projects: dict[int, dict[str, Any]] = {1: {"owner": "ada", "title": "Engine", "text": "Brass", "tasks": [1]}}
    tasks: dict[int, dict[str, Any]] = {1: {"project": 1, "text": "Polish"}}
    board: dict[int, dict[str, Any]] = {1: {"title": "Welcome", "text": "To all", "replies": []}}
    numbers = itertools.count(2)

    def page(content: str) -> Response:
        return Response(f"<!DOCTYPE html><title>Projects</title>{content}", content_type="text/html; charset=utf-8")

    def form(action: str, **fields: object) -> str:
        token = session.setdefault("csrf", secrets.token_hex(8))
        inputs = "".join(f'<input name="{name}" value="{escape(value)}">' for name, value in fields.items())
        hidden = f'<input type="hidden" name="csrf_token" value="{token}">'
        return f'<form method="post" action="{action}">{hidden}{inputs}<button>Send</button></form>'

    def me() -> str:
        return str(session.get("user", ""))

    def allowed(number: int) -> dict[str, Any]:
        one = projects.get(number)
        if one is None or (not open_ and one["owner"] != me()):
            abort(404)
        return one

    @app.before_request
    def guard() -> Any:
        if request.method == "POST" and request.form.get("csrf_token") != session.get("csrf", secrets.token_hex(8)):
            abort(403)
        if request.path != "/login" and not me():
            return redirect("/login")
        return None

    @app.get("/login")
    def entrance() -> Response:
        return page(form("/login", user="").replace("<button>", '<input name="password" type="password"><button>'))

    @app.post("/login")
    def login() -> Any:
        name = request.form.get("user", "")
        if USERS.get(name) != request.form.get("password"):
            abort(401)
        session["user"] = name
        return redirect("/projects")

    @app.get("/projects")
    def listed() -> Response:
        mine = [(n, one) for n, one in projects.items() if one["owner"] == me()]
        links = "".join(f'<a href="/projects/{n}">{escape(one["title"])}</a>' for n, one in mine)
        return page(links + form("/projects", title="", text="") + '<a href="/board">Board</a>')

    @app.post("/projects")
    def made() -> Any:
        projects[next(numbers)] = {
            "owner": me(), "title": request.form["title"], "text": request.form["text"], "tasks": []
        }  # fmt: skip
        return redirect("/projects")

    @app.get("/projects/<int:project_id>")
    def project(project_id: int) -> Response:
        one = allowed(project_id)
        links = "".join(f'<a href="/tasks/{n}">A task</a>' for n in one["tasks"])
        edit = f'<a href="/projects/{project_id}/edit">Edit</a>' + form(f"/projects/{project_id}/tasks", text="")
        return page(f"<p>{escape(one['text'])}</p>{links}{edit}")

    @app.get("/projects/<int:project_id>/edit")
    def edit(project_id: int) -> Response:
        one = allowed(project_id)
        return page(form(f"/projects/{project_id}/edit", title=one["title"], text=one["text"]))

    @app.post("/projects/<int:project_id>/edit")
    def edited(project_id: int) -> Any:
        allowed(project_id).update(title=request.form["title"], text=request.form["text"])
        return redirect(f"/projects/{project_id}")

    @app.post("/projects/<int:project_id>/tasks")
    def begun(project_id: int) -> Any:
        number = next(numbers)
        allowed(project_id)["tasks"].append(number)
        tasks[number] = {"project": project_id, "text": request.form["text"]}
        return redirect(f"/projects/{project_id}")

    @app.get("/tasks/<int:task_id>")
    def task(task_id: int) -> Response:
        one = tasks.get(task_id) or abort(404)
        allowed(one["project"])
        return page(f"<p>{escape(one['text'])}</p>")

    @app.get("/board")
    def posts() -> Response:
        links = "".join(f'<a href="/board/{n}">{escape(one["title"])}</a>' for n, one in board.items())
        return page(links + form("/board", title="", text=""))

    @app.post("/board")
    def posted() -> Any:
        board[next(numbers)] = {"title": request.form["title"], "text": request.form["text"], "replies": []}
        return redirect("/board")

    @app.get("/board/<int:post_id>")
    def post(post_id: int) -> Response:
        one = board.get(post_id) or abort(404)
        said = "".join(f"<p>{escape(text)}</p>" for text in (one["text"], *one["replies"]))
        return page(said + form(f"/board/{post_id}/reply", text=""))

    @app.post("/board/<int:post_id>/reply")
    def reply(post_id: int) -> Any:
        (board.get(post_id) or abort(404))["replies"].append(request.form["text"])
        return redirect(f"/board/{post_id}")

    return app
