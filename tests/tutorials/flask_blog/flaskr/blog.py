"""Posts: read, write, change, delete; export them all, as a stream or as a file."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    stream_template,
    stream_with_context,
    url_for,
)
from werkzeug.utils import secure_filename

from tests.tutorials.flask_blog.flaskr.auth import login_required
from tests.tutorials.flask_blog.flaskr.db import connection

pages = Blueprint("blog", __name__)
POSTS = (
    "SELECT post.id, title, body, written, writer, name FROM post JOIN account ON account.id = writer "
    "ORDER BY written DESC, post.id DESC"
)


def all_posts() -> list[sqlite3.Row]:
    return connection().execute(POSTS).fetchall()


def own_post(number: int) -> sqlite3.Row:
    post: sqlite3.Row | None = connection().execute("SELECT * FROM post WHERE id = ?", (number,)).fetchone()
    if post is None:
        abort(404)
    if post["writer"] != g.account["id"]:
        abort(403)
    return post


@pages.get("/")
def index() -> str:
    return render_template("blog/index.html", posts=all_posts())


@pages.get("/search")
def search() -> dict[str, list[str]]:
    wanted = f"%{request.args.get('q', '')}%"
    found = connection().execute("SELECT title FROM post WHERE title LIKE ? OR body LIKE ?", (wanted, wanted))
    return {"titles": [row["title"] for row in found]}


@pages.route("/create", methods=("GET", "POST"))
@login_required
def create() -> Any:
    if request.method == "POST":
        title, body = request.form["title"], request.form["body"]
        if title:
            values = (title, body, g.account["id"])
            connection().execute("INSERT INTO post (title, body, writer) VALUES (?, ?, ?)", values)
            connection().commit()
            return redirect(url_for("blog.index"))
        flash("A title is required.")
    return render_template("blog/edit.html", post=None)


@pages.route("/<int:number>/update", methods=("GET", "POST"))
@login_required
def update(number: int) -> Any:
    post = own_post(number)
    if request.method == "POST":
        title, body = request.form["title"], request.form["body"]
        if title:
            connection().execute("UPDATE post SET title = ?, body = ? WHERE id = ?", (title, body, number))
            connection().commit()
            return redirect(url_for("blog.index"))
        flash("A title is required.")
    return render_template("blog/edit.html", post=post)


@pages.post("/<int:number>/delete")
@login_required
def delete(number: int) -> Any:
    own_post(number)
    connection().execute("DELETE FROM post WHERE id = ?", (number,))
    connection().commit()
    return redirect(url_for("blog.index"))


@pages.get("/export.ndjson")
def export() -> Response:
    def lines() -> Iterator[str]:
        for row in connection().execute(POSTS):
            yield json.dumps({"title": row["title"], "asked": request.path}) + "\n"

    return Response(stream_with_context(lines()), mimetype="application/x-ndjson")


@pages.get("/export.html")
def export_page() -> Response:
    return Response(stream_template("blog/index.html", posts=all_posts()))


@pages.get("/export.txt")
def export_file() -> Response:
    text = "\n".join(row["title"] for row in all_posts())
    return send_file(io.BytesIO(text.encode()), mimetype="text/plain", as_attachment=True, download_name="posts.txt")


@pages.get("/licence")
def licence() -> Response:
    return send_file(Path(__file__).parent / "static" / "licence.txt", max_age=60)


@pages.post("/picture")
@login_required
def picture() -> dict[str, Any]:
    file = request.files["picture"]
    content = file.read()
    return {"name": secure_filename(file.filename or ""), "type": file.mimetype, "size": len(content)}


@pages.get("/theme/<name>")
def theme(name: str) -> Response:
    response = make_response(redirect(url_for("blog.index")))
    if name == "none":
        response.delete_cookie("theme")
    else:
        response.set_cookie("theme", name, max_age=3600, samesite="Strict")
    return response
