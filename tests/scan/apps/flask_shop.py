"""A small Flask application that declares no parameters: what it reads must be found in its code. For tests only."""

import os
import sqlite3
import subprocess
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from flask import Blueprint, Flask, Response, abort, make_response, redirect, render_template_string, request, session
from flask.views import MethodView
from werkzeug.security import safe_join

FILES = Path(mkdtemp(prefix="scan-test-"))
(FILES / "hello.txt").write_text("hello")
app = Flask(__name__)
app.secret_key = "for tests only"
api = Blueprint("api", __name__, url_prefix="/api")


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)")
    connection.execute("INSERT INTO users VALUES (1, 'ann')")
    return connection


DB = database()


@app.get("/")
def index() -> str:
    return """<a href="/login">login</a><form method=post action=/safe/form><input name=name value=ann></form>"""


@app.route("/open/user")
def open_user() -> Any:
    name = request.args.get("name", "ann")
    return DB.execute("SELECT * FROM users WHERE name = '" + name + "'").fetchall()


@app.route("/safe/user")
def safe_user() -> Any:
    return DB.execute("SELECT * FROM users WHERE name = ?", [request.args.get("name", "ann")]).fetchall()


@app.route("/safe/number")
def safe_number() -> Any:
    return DB.execute("SELECT * FROM users WHERE id = " + str(int(request.args["id"]))).fetchall()


@app.post("/open/form")
def open_form() -> Any:
    form = request.form
    return DB.execute(f"SELECT * FROM users WHERE name = '{form['name']}'").fetchall()


@app.post("/safe/form")
def safe_form() -> Any:
    return DB.execute("SELECT * FROM users WHERE name = :name", {"name": request.form["name"]}).fetchall()


@api.post("/open/json")
def open_json() -> Any:
    data = request.get_json()
    return DB.execute(f"SELECT * FROM users WHERE name = '{data['user']['name']}'").fetchall()


@api.post("/safe/json")
def safe_json() -> Any:
    data = request.get_json() or {}
    return DB.execute("SELECT * FROM users WHERE name = ?", (data.get("user", {}).get("name"),)).fetchall()


@app.get("/open/agent")
def open_agent() -> Any:
    agent = request.headers.get("User-Agent", "")
    return DB.execute(f'SELECT * FROM users WHERE name = "{agent}"').fetchall()


@app.get("/open/backup")
def open_backup() -> str:
    os.system("true " + request.args["name"])
    return "ok"


@app.get("/safe/backup")
def safe_backup() -> str:
    subprocess.run(["true", "--", request.args["name"]], check=False)
    return "ok"


class Download(MethodView):
    def get(self) -> Response:
        with open(os.path.join(FILES, request.args["file"])) as file:
            return Response(file.read(), mimetype="text/plain")


app.add_url_rule("/open/download", view_func=Download.as_view("download"))


@app.get("/safe/download")
def safe_download() -> Response:
    path = safe_join(str(FILES), request.args["file"])
    if path is None or not os.path.isfile(path):
        abort(404)
    with open(path) as file:
        return Response(file.read(), mimetype="text/plain")


@app.get("/open/hello/<name>")
def open_hello(name: str) -> str:
    return f"<p>Hello {name}"


@app.get("/safe/hello/<name>")
def safe_hello(name: str) -> str:
    return render_template_string("<p>Hello {{ name }}", name=name)


def read_page(source: Any) -> str:
    return str(source.args.get("page", "1"))


@app.get("/open/through")
def open_through() -> str:
    return f"<p>{read_page(request)}"


@app.get("/open/theme")
def open_theme() -> str:
    return f"<body class='{request.cookies.get('theme', 'light')}'>"


@app.route("/login", methods=["GET", "POST"])
def login() -> Any:
    if request.method == "POST":
        if request.form["token"] != session.get("token") or request.form["password"] != "secret":
            abort(400)
        session["user"] = request.form["user"]
        return redirect("/")
    session["token"] = "t0"
    return """<form method=post><input name=user><input type=password name=password>
    <input type=hidden name=token value=t0></form>"""


@app.get("/logout")
def logout() -> str:
    session.clear()
    return "bye"


def private(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs) if "user" in session else redirect("/login")

    return guarded


@app.get("/private")
@private
def open_private() -> str:
    return f"<p>{request.args.get('q', 'x')}"


@app.get("/cookie")
def cookie() -> Response:
    response = make_response("x")
    response.set_cookie("session_id", "abc")
    return response


app.register_blueprint(api)
