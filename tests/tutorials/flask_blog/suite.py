"""The blog's own tests, as its tutorial teaches to write them."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, g, render_template, session
from flask.testing import FlaskClient, FlaskCliRunner
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from tests.tutorials.flask_blog import flaskr
from tests.tutorials.flask_blog.flaskr import db


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    app = flaskr.create_app({"TESTING": True, "DATABASE": str(tmp_path / "blog.sqlite")})
    with app.app_context():
        db.make_tables()
        for name, password in (("test", "test"), ("other", "other")):
            secret = generate_password_hash(password, method="pbkdf2:sha256:1000")
            db.connection().execute("INSERT INTO account (name, secret) VALUES (?, ?)", (name, secret))
        db.connection().execute(
            "INSERT INTO post (title, body, writer, written) VALUES (?, ?, 1, '2018-01-01 00:00:00')",
            ("first title", "first\nbody"),
        )
        db.connection().commit()
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


class Account:
    """Logs in and out."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def login(self, name: str = "test", password: str = "test", **more: str) -> TestResponse:
        return self.client.post("/auth/login", data={"name": name, "password": password, **more})

    def logout(self) -> TestResponse:
        return self.client.get("/auth/logout")


@pytest.fixture
def account(client: FlaskClient) -> Account:
    return Account(client)


@pytest.fixture
def as_user(client: FlaskClient, account: Account) -> Iterator[FlaskClient]:
    with client:
        account.login()
        yield client


# --- the factory and the database --------------------------------------------------------------------------------


def test_configuration() -> None:
    assert not flaskr.create_app().testing
    app = flaskr.create_app({"TESTING": True})
    assert app.testing
    assert type(app) is Flask


def test_hello(client: FlaskClient) -> None:
    assert client.get("/hello").data == b"Hello, World!"


def test_one_connection_for_each_request(app: Flask) -> None:
    with app.app_context():
        connection = db.connection()
        assert connection is db.connection()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_the_command_makes_the_tables(runner: FlaskCliRunner, app: Flask, client: FlaskClient) -> None:
    result = runner.invoke(args=["init-db"])
    assert result.exit_code == 0, result.output
    assert "The database is ready." in result.output
    assert b"first title" not in client.get("/").data


def test_the_commands_help(runner: FlaskCliRunner) -> None:
    assert "make empty tables" in runner.invoke(args=["init-db", "--help"]).output


# --- accounts ----------------------------------------------------------------------------------------------------


def test_register(client: FlaskClient, app: Flask) -> None:
    assert client.get("/auth/register").status_code == 200
    reply = client.post("/auth/register", data={"name": "ann", "password": "a&b=c"})
    assert (reply.status_code, reply.headers["Location"]) == (302, "/auth/login")
    with app.app_context():
        assert db.connection().execute("SELECT * FROM account WHERE name = 'ann'").fetchone() is not None


@pytest.mark.parametrize(
    ("name", "password", "message"),
    [("", "", b"A name is required."), ("a", "", b"A password is required."), ("test", "x", b"registered already")],
)
def test_register_is_checked(client: FlaskClient, name: str, password: str, message: bytes) -> None:
    reply = client.post("/auth/register", data={"name": name, "password": password})
    assert message in reply.data


def test_login_and_logout(client: FlaskClient, account: Account) -> None:
    assert client.get("/auth/login").status_code == 200
    reply = account.login()
    assert reply.headers["Location"] == "/"
    assert "HttpOnly" in reply.headers["Set-Cookie"]
    with client:
        assert b"<span>test</span>" in client.get("/").data
        assert session["account"] == 1
        assert g.account["name"] == "test"
    with client:
        account.logout()
        assert "account" not in session
    assert b"Log in" in client.get("/").data


@pytest.mark.parametrize(("name", "password"), [("nobody", "test"), ("test", "wrong"), ("test' --", "x")])
def test_login_is_checked(account: Account, name: str, password: str) -> None:
    reply = account.login(name, password)
    assert reply.status_code == 200
    assert b"The name or the password is wrong." in reply.data


def test_a_session_can_be_permanent(client: FlaskClient, account: Account) -> None:
    assert "Expires" not in account.login().headers["Set-Cookie"]
    assert "Expires" in account.login(remember="1").headers["Set-Cookie"]


def test_a_session_can_be_set_by_the_test(client: FlaskClient) -> None:
    with client.session_transaction() as opened:
        opened["account"] = 2
    assert b"<span>other</span>" in client.get("/").data


def test_a_forged_session_counts_for_nothing(client: FlaskClient) -> None:
    client.set_cookie("session", "eyJhY2NvdW50IjoxfQ.forged.forged")
    assert b"Log in" in client.get("/").data


def test_a_message_is_shown_once(client: FlaskClient) -> None:
    with client.session_transaction() as opened:
        opened["_flashes"] = [("message", "only <once>")]
    assert b"only &lt;once&gt;" in client.get("/").data
    assert b"only" not in client.get("/").data


# --- posts -------------------------------------------------------------------------------------------------------


def test_the_index(client: FlaskClient, account: Account) -> None:
    page = client.get("/").data
    assert b"Log in" in page
    assert b"INDEX!</footer>" in page
    account.login()
    page = client.get("/").data
    assert b"first title" in page
    assert b"by test" in page
    assert b"first\nbody" in page
    assert b'href="/1/update"' in page
    assert b"<title>Posts - Flaskr</title>" in page


@pytest.mark.parametrize("path", ["/create", "/1/update", "/1/delete"])
def test_writing_needs_an_account(client: FlaskClient, path: str) -> None:
    assert client.post(path).headers["Location"] == "/auth/login"


def test_writing_needs_the_writer(app: Flask, client: FlaskClient, account: Account) -> None:
    account.login("other", "other")
    assert client.post("/1/update").status_code == 403
    assert client.post("/1/delete").status_code == 403
    assert b"/1/update" not in client.get("/").data


def test_create(as_user: FlaskClient, app: Flask) -> None:
    assert as_user.get("/create").status_code == 200
    text = 'it\'s "here" -- <b>; DROP TABLE post;'
    assert as_user.post("/create", data={"title": text, "body": "../../etc/passwd $(id)"}).status_code == 302
    with app.app_context():
        row = db.connection().execute("SELECT * FROM post WHERE id = 2").fetchone()
    assert (row["title"], row["body"]) == (text, "../../etc/passwd $(id)")
    assert b"&lt;b&gt;; DROP TABLE post;" in as_user.get("/").data


def test_update(as_user: FlaskClient, app: Flask) -> None:
    assert b"first title" in as_user.get("/1/update").data
    as_user.post("/1/update", data={"title": "updated", "body": ""})
    with app.app_context():
        assert db.connection().execute("SELECT title FROM post WHERE id = 1").fetchone()["title"] == "updated"


@pytest.mark.parametrize("path", ["/create", "/1/update"])
def test_posts_are_checked(as_user: FlaskClient, path: str) -> None:
    assert b"A title is required." in as_user.post(path, data={"title": "", "body": ""}).data


def test_delete(as_user: FlaskClient, app: Flask) -> None:
    assert as_user.post("/1/delete").headers["Location"] == "/"
    with app.app_context():
        assert db.connection().execute("SELECT * FROM post WHERE id = 1").fetchone() is None
    assert as_user.post("/1/delete").status_code == 404


@pytest.mark.parametrize(("wanted", "titles"), [("first", ["first title"]), ("none", []), ("' OR 1=1 --", [])])
def test_search(client: FlaskClient, wanted: str, titles: list[str]) -> None:
    assert client.get("/search", query_string={"q": wanted}).json == {"titles": titles}


# --- streams and files -------------------------------------------------------------------------------------------


def test_a_stream_has_its_request(as_user: FlaskClient) -> None:
    as_user.post("/create", data={"title": "second", "body": ""})
    reply = as_user.get("/export.ndjson")
    assert reply.mimetype == "application/x-ndjson"
    assert "Content-Length" not in reply.headers
    assert [json.loads(line) for line in reply.data.splitlines()] == [
        {"title": "second", "asked": "/export.ndjson"},
        {"title": "first title", "asked": "/export.ndjson"},
    ]


def test_a_template_can_be_streamed(client: FlaskClient) -> None:
    whole, _, _ = client.get("/").data.partition(b"<footer>")
    streamed = client.get("/export.html")
    assert streamed.data.startswith(whole)
    assert b"<footer>BLOG.EXPORT_PAGE!</footer>" in streamed.data
    assert "Content-Length" not in streamed.headers


def test_a_file_made_for_the_request(client: FlaskClient) -> None:
    made = client.get("/export.txt")
    assert made.data == b"first title"
    assert made.headers["Content-Disposition"] == "attachment; filename=posts.txt"


@pytest.mark.parametrize(
    ("path", "mimetype", "content"),
    [
        ("/licence", "text/plain", b"Take it, and be kind.\n"),
        ("/static/blog.css", "text/css", b"main { max-width: 40em; }\n"),
    ],
)
def test_files(client: FlaskClient, path: str, mimetype: str, content: bytes) -> None:
    with client.get(path) as reply:
        assert (reply.status_code, reply.mimetype, reply.data) == (200, mimetype, content)
        assert reply.content_length == len(content)
        etag = reply.headers["ETag"]
    with client.get(path, headers={"If-None-Match": etag}) as again:
        assert (again.status_code, again.data) == (304, b"")
    with client.get(path, headers={"Range": "bytes=0-3"}) as part:
        assert (part.status_code, part.data) == (206, content[:4])
    with client.head(path) as head:
        assert (head.data, head.content_length) == (b"", len(content))


def test_how_long_files_are_kept(client: FlaskClient) -> None:
    with client.get("/licence") as licence, client.get("/static/blog.css") as style:
        assert "max-age=60" in licence.headers["Cache-Control"]
        assert style.headers["Cache-Control"] == "no-cache"
    assert client.get("/static/../flaskr/db.py").status_code in {400, 404}


def test_an_upload(as_user: FlaskClient) -> None:
    data = {"picture": (io.BytesIO(b"\x89PNG" * 1000), "../../my pic.png", "image/png")}
    reply = as_user.post("/picture", data=data)
    assert reply.json == {"name": "my_pic.png", "type": "image/png", "size": 4000}
    assert as_user.post("/picture", data={"picture": (io.BytesIO(b"x" * 100_000), "a")}).status_code == 413
    assert as_user.post("/picture", data={}).status_code == 400


def test_a_cookie_of_the_blogs_own(client: FlaskClient) -> None:
    reply = client.get("/theme/dark")
    assert "SameSite=Strict" in reply.headers["Set-Cookie"]
    cookie = client.get_cookie("theme")
    assert cookie is not None
    assert (cookie.value, cookie.max_age) == ("dark", 3600)
    client.get("/theme/none")
    assert client.get_cookie("theme") is None


# --- errors and methods ------------------------------------------------------------------------------------------


def test_the_blogs_own_error_pages(client: FlaskClient) -> None:
    missing = client.get("/no/<such>/page")
    assert missing.status_code == 404
    assert b"There is nothing at /no/&lt;such&gt;/page." in missing.data
    ink = client.get("/ink")
    assert (ink.status_code, ink.json, ink.headers["Retry-After"]) == (503, {"error": "the pot is dry"}, "60")


def test_an_unhandled_error_reaches_the_test(client: FlaskClient) -> None:
    with pytest.raises(ZeroDivisionError, match="by the printer"):
        client.get("/broken")


def test_an_unhandled_error_reaches_the_user_as_a_500(app: Flask) -> None:
    app.testing = False
    reply = app.test_client().get("/broken")
    assert reply.status_code == 500
    assert b"printer" not in reply.data


def test_methods(client: FlaskClient) -> None:
    reply = client.get("/1/delete")
    assert reply.status_code == 405
    assert set(reply.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
    assert set(client.options("/hello").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    head = client.head("/hello")
    assert (head.data, head.content_length) == (b"", 13)


def test_every_answer_is_signed(client: FlaskClient) -> None:
    for path in ("/", "/nothing", "/static/blog.css"):
        with client.get(path) as reply:
            assert reply.headers["X-Blog"] == "flaskr"


def test_redirects_are_followed(client: FlaskClient, account: Account) -> None:
    reply = client.post("/auth/login", data={"name": "test", "password": "test"}, follow_redirects=True)
    assert [r.request.path for r in reply.history] == ["/auth/login"]
    assert reply.request.path == "/"
    assert b"<span>test</span>" in reply.data


def test_a_request_context_of_the_tests_own(app: Flask) -> None:
    with app.test_request_context("/?q=1", method="POST"):
        assert app.preprocess_request() is None
        assert g.account is None
        assert "Register" in render_template("blog/index.html", posts=[])
