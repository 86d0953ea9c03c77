"""A small application with one hole of each class beside its sound twin, and the ground truth: what works where.

Every function takes the client's value and gives status, header fields and body. Whether an attack worked is seen by
its effect, never by what the guard says.
"""

from __future__ import annotations

import base64
import builtins
import json
import logging
import pickle
import shlex
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

Reply = tuple[int, list[tuple[str, str]], str]
Handler = Callable[[str], Reply]
Worked = Callable[[Reply], bool]

_FOLDER = TemporaryDirectory(prefix="holes")
"""Gone with the process."""
LOGGER = logging.getLogger("holes")
MARK = "__import__('builtins').__dict__.update(breached=1)"
STAFF = b"<staff><p id='1'><name>Ada</name></p><p id='2'><name>Grace</name></p></staff>"


def plain(body: object) -> Reply:
    return 200, [("content-type", "text/plain; charset=utf-8")], str(body)


def page(body: str) -> Reply:
    return 200, [("content-type", "text/html; charset=utf-8")], f"<!doctype html><title>x</title><p>{body}</p>"


def to(target: str) -> Reply:
    return 303, [("location", target), ("content-type", "text/plain")], ""


class Hole(NamedTuple):
    """One class."""

    open: Handler
    sound: Handler
    attacks: tuple[str, ...]
    benign: tuple[str, ...]
    worked: Worked
    headers: bool = True
    """Whether its values can stand in a header field."""


@contextmanager
def _people() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE people (name TEXT)")
        db.executemany("INSERT INTO people VALUES (?)", [("Ada",), ("Grace",)])
        yield db


def sql_open(value: str) -> Reply:
    with _people() as db:
        return plain(db.execute(f"SELECT name FROM people WHERE name = '{value}'").fetchall())


def sql_sound(value: str) -> Reply:
    with _people() as db:
        return plain(db.execute("SELECT name FROM people WHERE name = ?", (value,)).fetchall())


def shell_open(value: str) -> Reply:
    return plain(subprocess.run(f"echo {value}", shell=True, capture_output=True, text=True, check=False).stdout)


def shell_sound(value: str) -> Reply:
    quoted = f"echo {shlex.quote(value)}"
    return plain(subprocess.run(["sh", "-c", quoted], capture_output=True, text=True, check=False).stdout)


def _docs() -> Path:
    folder = Path(_FOLDER.name).resolve() / "docs"
    (folder / "x").mkdir(parents=True, exist_ok=True)
    (folder / "a.txt").write_text("public", encoding="utf-8")
    (folder.parent / "canary.txt").write_text("canary", encoding="utf-8")
    return folder


def path_open(value: str) -> Reply:
    with open(f"{_docs()}/{value}", encoding="utf-8") as file:
        return plain(file.read())


def path_sound(value: str) -> Reply:
    base = _docs().resolve()
    wanted = (base / value).resolve()
    if not wanted.is_relative_to(base) or not wanted.is_file():
        return 404, [("content-type", "text/plain")], "no such file"
    return plain(wanted.read_text(encoding="utf-8"))


def code_open(value: str) -> Reply:
    return plain(eval(value))


def code_sound(value: str) -> Reply:
    import ast

    try:
        return plain(ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return plain("no literal")


def pickle_open(value: str) -> Reply:
    return plain(pickle.loads(base64.b64decode(value)))


def pickle_sound(value: str) -> Reply:
    try:
        return plain(json.loads(base64.b64decode(value)))
    except ValueError:
        return plain("no JSON")


def _read(value: str, *, entities: bool) -> Reply:
    import xml.sax
    from xml.sax.handler import ContentHandler, feature_external_ges

    class Text(ContentHandler):
        def __init__(self) -> None:
            super().__init__()
            self.text = ""

        def characters(self, content: str) -> None:
            self.text += content

    handler = Text()
    parser: Any = xml.sax.make_parser()
    parser.setFeature(feature_external_ges, entities)
    parser.setContentHandler(handler)
    try:
        parser.feed(value)
        parser.close()
    except xml.sax.SAXException as error:
        return plain(error)
    return plain(handler.text)


def xml_open(value: str) -> Reply:
    return _read(value, entities=True)


def xml_sound(value: str) -> Reply:
    return _read(value, entities=False)


def xpath_open(value: str) -> Reply:
    from lxml import etree

    return plain([node.text for node in etree.fromstring(STAFF).xpath(f"//p[@id='{value}']/name")])


def xpath_sound(value: str) -> Reply:
    from lxml import etree

    return plain([node.text for node in etree.fromstring(STAFF).xpath("//p[@id=$wanted]/name", wanted=value)])


def _directory(name: str) -> Reply:
    import ldap3

    connection = ldap3.Connection(ldap3.Server("mock"), client_strategy=ldap3.MOCK_SYNC)
    for person in ("Ada", "Grace"):
        connection.strategy.add_entry(f"cn={person},o=shop", {"objectClass": "person", "cn": person, "sn": person})
    connection.bind()
    connection.search("o=shop", f"(&(objectClass=person)(cn={name}))", attributes=["cn"])
    return plain([str(entry.cn) for entry in connection.entries])


def ldap_open(value: str) -> Reply:
    return _directory(value)


def ldap_sound(value: str) -> Reply:
    from ldap3.utils.conv import escape_filter_chars

    return _directory(escape_filter_chars(value))


def markup_open(value: str) -> Reply:
    return page(f"You searched for {value}")


def markup_sound(value: str) -> Reply:
    return page(f'You searched for <b>{escape(value)}</b> <input name="q" value="{escape(value)}">')


def script_open(value: str) -> Reply:
    return page(f"<script>var q = '{value}';</script>")


def script_sound(value: str) -> Reply:
    return page(f"<script>var q = {json.dumps(value).replace('<', chr(92) + 'u003c')};</script>")


def redirect_sound(value: str) -> Reply:
    ours = value.startswith("/") and not value.startswith(("//", "/\\")) and value.isprintable()
    return to(value if ours else "/")


def log_open(value: str) -> Reply:
    LOGGER.warning("login of %s", value)
    return plain("logged")


def log_sound(value: str) -> Reply:
    LOGGER.warning("login of %s", value.encode("unicode_escape").decode())
    return plain("logged")


def _marked(reply: Reply) -> bool:
    return builtins.__dict__.pop("breached", None) is not None


def _both(reply: Reply) -> bool:
    return "Ada" in reply[2] and "Grace" in reply[2]


def _canary(reply: Reply) -> bool:
    return "canary" in reply[2]


def _abroad(reply: Reply) -> bool:
    return "evil.example" in dict(reply[1]).get("location", "")


def _scripted(reply: Reply) -> bool:
    signs = ("<script>alert", "onerror=alert", "';alert", "'-alert")
    return reply[0] == 200 and any(sign in reply[2] for sign in signs)


def _packed(code: bytes) -> str:
    return base64.b64encode(code).decode()


HOLES: dict[str, Hole] = {
    "sql": Hole(
        sql_open, sql_sound, ("x' OR '1'='1", "x' UNION SELECT name FROM people--"), ("Ada", "Mary Ann", "x=1"), _both
    ),
    "shell": Hole(
        shell_open, shell_sound, ("a; echo $((6*7))x", "$(echo $((6*7)))x", "`echo 42`x"), ("hello", "a-b_c.txt"),
        lambda reply: "42x" in reply[2],
    ),
    "path": Hole(
        path_open, path_sound, ("../canary.txt", "x/../../canary.txt"),
        ("a.txt", "./a.txt"), _canary,
    ),
    "code": Hole(code_open, code_sound, (MARK, f"[{MARK}]"), ("'a text'", "42", "[1, 2]"), _marked),
    "deserialisation": Hole(
        pickle_open, pickle_sound, (_packed(f"cbuiltins\nexec\n(V{MARK}\ntR.".encode()),),
        (_packed(pickle.dumps({"a": 1})),), _marked,
    ),
    "xml": Hole(
        xml_open, xml_sound,
        (f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{_docs().parent}/canary.txt">]><a>&x;</a>',),
        ("<a>b &amp; c</a>", '<a b="c">d</a>'), _canary,
    ),
    "xpath": Hole(xpath_open, xpath_sound, ("x' or '1'='1", "x'] | //p[name != '"), ("1", "no-1"), _both),
    "ldap": Hole(ldap_open, ldap_sound, ("*)(cn=*", "*"), ("Ada", "Mary Ann"), _both),
    "xss": Hole(
        markup_open, markup_sound, ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>"),
        ("Ada", "<b>Ada</b>", "a < b", "it's me"), _scripted,
    ),
    "script": Hole(script_open, script_sound, ("';alert(1)//", "'-alert(1)-'"), ("Ada", "a (b) < c"), _scripted),
    "redirect": Hole(
        to, redirect_sound, ("https://evil.example/", "//evil.example"), ("/next", "/a?b=//c"),
        _abroad,
    ),
    "log": Hole(
        log_open, log_sound, ("Ada\nlogin of root", "Ada\r\nx"), ("Ada", "Mary Ann"), lambda reply: False, headers=False
    ),
}  # fmt: skip
SOURCES = ("query", "form", "json", "cookie", "header")
