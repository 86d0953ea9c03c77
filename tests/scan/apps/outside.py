"""An application to be judged by its answers alone: each hole beside a twin that has none. For tests only."""

from __future__ import annotations

import ast
import html
import io
import os
import pickle
import re
import shlex
import sqlite3
import subprocess
import urllib.request
import xml.sax
import xml.sax.handler
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

from flask import Flask, request

app = Flask("outside")
PEOPLE = [("1", "ada", "dean"), ("2", "bob", "chef"), ("3", "eve", "cook")]
COMMENTS: list[str] = []
SEEN: list[str] = []


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE people (id INTEGER, name TEXT, work TEXT)")
    connection.executemany("INSERT INTO people VALUES (?, ?, ?)", PEOPLE)
    return connection


def page(text: object) -> str:
    return f"<!DOCTYPE html><title>page</title><p>{html.escape(str(text))}</p>"


def argument(name: str) -> str:
    return request.args.get(name, "")


@app.get("/")
def home() -> str:
    links = "".join(f"<a href='{HOLES[name][1]}'>x</a><a href='{TWINS[name][1]}'>y</a>" for name in HOLES)
    return f"<!DOCTYPE html><title>home</title>{links}<a href='/danger?size=99999999'>do not follow</a>"


@app.get("/danger")
def danger() -> str:
    SEEN.append(argument("size"))
    return page("ok")


def sql_number() -> str:
    return page(database().execute(f"SELECT work FROM people WHERE id = {argument('id')}").fetchall())


def sql_number_safe() -> str:
    return page(database().execute("SELECT work FROM people WHERE id = ?", (argument("id"),)).fetchall())


def sql_blind() -> str:
    """No error is ever shown."""
    try:
        found = database().execute(f"SELECT work FROM people WHERE name = '{argument('name')}'").fetchall()
    except sqlite3.Error:
        found = []
    return page("welcome" if found else "nobody")


def sql_blind_safe() -> str:
    found = database().execute("SELECT work FROM people WHERE name = ?", (argument("name"),)).fetchall()
    return page("welcome" if found else "nobody")


def sql_error() -> str:
    try:
        return page(database().execute(f"SELECT work FROM people WHERE name LIKE '%{argument('q')}%'").fetchall())
    except sqlite3.Error as error:
        return page(f"sqlite3.OperationalError: {error}")


def sql_error_safe() -> str:
    """A page about errors, and one that is sensitive to quotes for reasons of its own."""
    odd = argument("q").count("'") % 2
    return page("see the manual on sqlite3.OperationalError" if odd else "sqlite3.OperationalError is documented here")


def shell() -> str:
    done = subprocess.run(f"echo host {argument('host')}", shell=True, capture_output=True, text=True, check=False)
    return page(done.stdout + done.stderr)


def shell_safe() -> str:
    line = f"echo host {shlex.quote(argument('host'))}"
    return page(subprocess.run(line, shell=True, capture_output=True, text=True, check=False).stdout)


def evaluate() -> str:
    try:
        return page(eval(argument("sum")))
    except Exception as error:
        return page(f"{type(error).__name__}: {error}")


def evaluate_safe() -> str:
    """A calculator, of numbers alone."""
    try:
        return page(ast.literal_eval(argument("sum")))
    except (ValueError, SyntaxError) as error:
        return page(type(error).__name__)


def entities(text: object) -> str:
    """As some encoders write: every sign that is neither letter nor digit is a reference."""
    return "".join(c if c.isalnum() or c == " " else f"&#x{ord(c):x};" for c in str(text))


def execute() -> str:
    """What it runs is not shown, nor why it did not run."""
    code = argument("code")
    try:
        exec(code, {})
    except Exception:
        return f"<!DOCTYPE html><title>x</title>Error in '{entities(code)}'"
    return page("")


def execute_safe() -> str:
    """It looks at the words, and runs nothing."""
    code = argument("code")
    return page("") if code.isdigit() else f"<!DOCTYPE html><title>x</title>Error in '{entities(code)}'"


def write(name: str) -> str:
    """It writes where it may not; the answer repeats the name."""
    try:
        os.close(os.open(f"/proc/self/task/{name}", os.O_WRONLY))
    except OSError as error:
        return f"<!DOCTYPE html><title>x</title>'{entities(name)}' was not written: {error.strerror}"
    return page("written")


def template() -> str:
    from jinja2 import Environment

    return Environment(autoescape=True).from_string("Hello " + argument("who")).render()


def letter() -> str:
    from mako.template import Template  # type: ignore[import-untyped]

    return str(Template("Dear " + html.escape(argument("letter"))).render())


def template_safe() -> str:
    from jinja2 import Environment

    return Environment(autoescape=True).from_string("Hello {{ who }}").render(who=argument("who"))


class Text(xml.sax.handler.ContentHandler):
    def __init__(self) -> None:
        self.text = ""

    def characters(self, content: str) -> None:
        self.text += content


def read_xml(*, entities: bool) -> str:
    handler, parser = Text(), xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, entities)
    parser.setContentHandler(handler)
    try:
        parser.parse(io.BytesIO(argument("xml").encode()))
    except xml.sax.SAXParseException as error:
        return page(error.getMessage())
    return page(handler.text)


def fetch() -> str:
    try:
        with urllib.request.urlopen(argument("feed"), timeout=2) as answer:
            return page(f"{len(answer.read())} octets")
    except (OSError, ValueError) as error:
        return page(type(error).__name__)


def fetch_safe() -> str:
    """It only says what it would do."""
    return page(f"refused to fetch {argument('feed')}")


def include() -> str:
    heard = io.StringIO()
    try:
        with urllib.request.urlopen(argument("module"), timeout=2) as answer, redirect_stdout(heard):
            exec(answer.read(), {})
    except Exception as error:
        return page(type(error).__name__)
    return page(heard.getvalue())


def include_safe() -> str:
    """What is fetched is shown, and not run: still a forged request, but no inclusion."""
    return page({"billing": "Bills"}.get(argument("module"), "no such module"))


def unpickle() -> str:
    try:
        return page(pickle.loads(argument("object").encode()))
    except Exception as error:
        return page(f"{type(error).__module__}.{type(error).__name__}: {error}; pickle.loads")


def unpickle_safe() -> str:
    return page("pickle.loads is not used here: " + argument("object"))


def jsonp() -> Any:
    return f"{argument('callback')}([1])", 200, {"content-type": "application/javascript"}


def jsonp_safe() -> Any:
    return [1] if re.fullmatch(r"\w+", argument("callback")) else []


def comment() -> str:
    if argument("comment"):
        COMMENTS.append(argument("comment"))
        return page("thanks")
    return page(COMMENTS)


def comment_safe() -> str:
    return page(f"you would say {argument('comment')}" if argument("comment") else "nothing was said")


def refresh() -> str:
    return f"<!DOCTYPE html><meta http-equiv=refresh content='0; url={html.escape(argument('next'))}'><title>x</title>"


def refresh_safe() -> str:
    return page(f"you wanted to go to {argument('next')}")


Row = tuple[Callable[[], Any], str]
HOLES: dict[str, Row] = {
    "sql-injection id": (sql_number, "/open/number?id=2"),
    "sql-injection name": (sql_blind, "/open/blind?name=ada"),
    "sql-injection q": (sql_error, "/open/error?q=b"),
    "command-injection host": (shell, "/open/shell?host=localhost"),
    "code-injection sum": (evaluate, "/open/eval?sum=12"),
    "template-injection who": (template, "/open/template?who=you"),
    "template-injection letter": (letter, "/open/letter?letter=you"),
    "xxe xml": (lambda: read_xml(entities=True), "/open/xml?xml="),
    "ssrf feed": (fetch, "/open/fetch?feed=news"),
    "code-inclusion module": (include, "/open/include?module=billing"),
    "deserialisation object": (unpickle, "/open/pickle?object=none"),
    "code-injection code": (execute, "/open/exec?code=none"),
    "path-traversal into": (lambda: write(argument("into")), "/open/write?into=a"),
    "jsonp callback": (jsonp, "/open/jsonp?callback=go"),
    "state-change-by-get comment": (comment, "/open/comment?comment="),
    "open-redirect next": (refresh, "/open/refresh?next=home"),
}
TWINS: dict[str, Row] = {
    "sql-injection id": (sql_number_safe, "/safe/number?id=2"),
    "sql-injection name": (sql_blind_safe, "/safe/blind?name=ada"),
    "sql-injection q": (sql_error_safe, "/safe/error?q=b"),
    "command-injection host": (shell_safe, "/safe/shell?host=localhost"),
    "code-injection sum": (evaluate_safe, "/safe/eval?sum=12"),
    "template-injection who": (template_safe, "/safe/template?who=you"),
    "template-injection letter": (lambda: page(argument("letter")), "/safe/letter?letter=you"),
    "xxe xml": (lambda: read_xml(entities=False), "/safe/xml?xml="),
    "ssrf feed": (fetch_safe, "/safe/fetch?feed=news"),
    "code-inclusion module": (include_safe, "/safe/include?module=billing"),
    "deserialisation object": (unpickle_safe, "/safe/pickle?object=none"),
    "code-injection code": (execute_safe, "/safe/exec?code=none"),
    "path-traversal into": (lambda: write(os.path.basename(argument("into")) or "a"), "/safe/write?into=a"),
    "jsonp callback": (jsonp_safe, "/safe/jsonp?callback=go"),
    "state-change-by-get comment": (comment_safe, "/safe/comment?comment="),
    "open-redirect next": (refresh_safe, "/safe/refresh?next=home"),
}
for _view, _link in (*HOLES.values(), *TWINS.values()):
    app.add_url_rule(_link.partition("?")[0], _link.partition("?")[0], _view)
