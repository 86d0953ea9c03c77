"""Odd but benign values through all that a sound application does with them: nothing is stopped."""

from __future__ import annotations

import csv
import html
import io
import json
import logging
import os
import re
import shlex
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.guard.sites import site

NAMES = [
    "O'Brien", "D'Angelo-O'Neil", "Jean-Luc d'Arc", "Ní Dhomhnaill", "Müller & Söhne GmbH", "Björk Guðmundsdóttir",
    "Robert'); DROP TABLE students;--", "null", "Null", "undefined", "true", "NaN", "Infinity", "-1", "0x1F", "1e10",
    "Union Station", "Select Comfort", "Drop Dead Fred", "Table for Two", "From Here to Eternity", "Where's Wally?",
    "and", "or", "like", "order", "group by the sea", "having fun", "limit 10", "1=1", "100%", "50% off!", "C++",
    "C#", "F# minor", "AT&T", "R&D", "P.S. I love you", "\"quoted\"", "'quoted'", "`quoted`", "«quoted»", "it's",
    "rock 'n' roll", "'90s music", "5'11\"", "5 o'clock", "--", "-- signature", "---", "/* a comment */", "// note",
    "#1", "a; b; c", "x || y", "a && b", "a | b", "a > b", "a < b", "<3", "i <3 u", "a <b> c", "$5.00", "$HOME",
    "${name}", "{{ name }}", "{% raw %}", "%(name)s", "%s", "{0}", "\\n", "C:\\Users\\ada", "\\\\server\\share",
    "~/notes", "./here",
]  # fmt: skip
"""Names, search words, titles, and what people type."""
TEXTS = [
    "select * from users where id = 1", "SELECT name FROM t; -- how do I run this?", "insert into t values ('a')",
    "How do I drop a table?", "union select explained", "what does ' or 1=1 -- do?", "ORDER BY name ASC",
    "order by 1", "id, name", "name desc", "users.name", "count(*)", "name like '%a%'", "a = 'b' and c = 'd'",
    "it''s", "''", "'", "\"", "rm -rf /", "curl https://example.org | sh", "echo $PATH", "ls; id", "`id`", "$(id)",
    "sudo !!", "cat /etc/passwd", "import os; os.system('id')", "print('hello')", "lambda x: x + 1", "__init__",
    "eval(x)", "def f(): pass", "<script>alert(1)</script>", "<b>bold</b>", "<img src=x onerror=alert(1)>",
    "&lt;b&gt;", "&amp;", "a=b&c=d", "# Title\n\n* one\n* two\n\n`code`", "```sql\nselect 'a' from t;\n```",
    "> quoted\n>> twice", "[link](https://x.example)", "| a | b |\n|---|---|\n| 1 | 2 |", "^\\d{3}-\\d{4}$",
    "(foo|bar)+?", "[a-z'\"]+", ".*", "a.b", "\\bword\\b", '{"a": [1, "two", {"b": null}]}', '{"$set": {"a": 1}}',
    '{"name": "O\'Brien"}', "[1, 2, 3]", "<a><b>c</b></a>", "<?xml version='1.0'?><a/>",
    "https://example.org/a?b=c&d='e'#f", "http://localhost:8000/", "file:///etc/hosts", "ftp://example.org",
    "//example.org/x", "mailto:ada@example.org", "ada+tag@example.org", "javascript: the good parts",
    "data:text/plain,hello", "192.168.0.1", "127.0.0.1:8080", "::1", "2001:db8::1", "../up", "a/../b", "/etc/hosts",
    "well... ok", "a .. b", "...", "....", "report.2024.final.pdf", "archive.tar.gz", ".htaccess", "con", "a\tb",
    "line one\nline two", "line one\r\nline two", "  padded  ", "日本語のテキスト", "Ünïcödé", "emoji 😀🎉",
    "ＦＵＬＬ", "ﬁne", "aGVsbG8gd29ybGQ=", "68656c6c6f", "%41%42", "a%20b", "a+b", "1,2,3", "1;2;3", "a:b",
    "key=value", "a,b\n1,2\n", "2024-02-30", "12:34:56", "1.234,56 €", "+49 (0)30 123-456", "BEGIN:VCARD\nEND:VCARD",
    "-rf", "--help", "-1 day", "exec master", "waitfor delay", "sleep(5)", "benchmark", "information_schema",
    "admin'--", "1 or 1", "@@version",
]  # fmt: skip
"""Questions, code and documents that a wiki, a forum or an issue tracker keeps."""


def bound(value: str) -> object:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("create table notes (id integer primary key, title text, body text)")
        db.execute(
            "insert into notes (title, body) values (?, :body)".replace(":body", "?"), (value, json.dumps(value))
        )
        return db.execute("select title from notes where title like ? order by id limit 5", (f"%{value}%",)).fetchall()


def escaped(value: str) -> object:
    text = value.replace("'", "''")
    with closing(sqlite3.connect(":memory:")) as db:
        return db.execute(f"select '{text}', 'it''s' where '{text}' <> 'x'").fetchall()


def sorted_by(value: str) -> object:
    column = {"name": "title", "name desc": "title desc", "order by 1": "1"}.get(value, "id")
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("create table notes (id, title)")
        return db.execute(f"select id, title from notes order by {column}").fetchall()


def by_orm(value: str) -> object:
    import sqlalchemy as sa

    notes = sa.Table("notes", sa.MetaData(), sa.Column("id", sa.Integer), sa.Column("title", sa.Text))
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    try:
        with engine.begin() as connection:
            notes.create(connection)
            connection.execute(notes.insert(), [{"id": 1, "title": value}])
            found = sa.select(notes).where(notes.c.title.contains(value, autoescape=True), notes.c.id.in_([1, 2]))
            return connection.execute(found.order_by(notes.c.title.desc())).fetchall()
    finally:
        engine.dispose()


def command(value: str) -> object:
    return subprocess.run(["printf", "%s", "--", value], capture_output=True, check=True).stdout


def quoted_command(value: str) -> object:
    return subprocess.run(f"printf %s {shlex.quote(value)} | cat", shell=True, capture_output=True, check=True).stdout


def saved(value: str) -> object:
    """A file whose name is made of the value as upload handlers make it."""
    name = re.sub(r"[/\\\0]", "_", value).strip(". ")[:60] or "file"
    folder = Path(os.environ["OWN_USES"])
    (folder / name).write_text(value, encoding="utf-8")
    return (folder / name).stat().st_size


def templated(value: str) -> object:
    from flask import render_template_string

    page = "<p title='{{ v }}'>{{ v }}</p><script>var v = {{ v | tojson }};</script><a href='/?q={{ v | urlencode }}'>"
    return render_template_string(page, v=value)


def shown(value: str) -> object:
    return f'<h1>Results for {html.escape(value)}</h1><input value="{html.escape(value)}">'


def found(value: str) -> object:
    return re.findall(re.escape(value), value * 2)


def parsed(value: str) -> object:
    return [*csv.reader(value.splitlines())], json.dumps({"v": value}), quote(value)


def logged(value: str) -> object:
    logging.getLogger("shop").info("searched for %r", value)
    return "ok"


def literal(value: str) -> object:
    return eval(repr(value))


USES: list[Callable[[str], object]] = [
    bound, escaped, sorted_by, by_orm, command, quoted_command, saved, templated, shown, found, parsed, logged, literal,
]  # fmt: skip


def by_query(client: Any, value: str) -> Any:
    return client.get("/?" + urlencode({"v": value}))


def by_form(client: Any, value: str) -> Any:
    return client.post("/", data={"v": value, "title": value, "next": "/notes"})


def by_json(client: Any, value: str) -> Any:
    return client.post("/", json={"v": value, "tags": [value]})


@pytest.mark.parametrize("use", USES, ids=[use.__name__ for use in USES])
@pytest.mark.parametrize("send", [by_query, by_form, by_json])
def test_nothing_is_stopped(
    send: Callable[[Any, str], Any],
    use: Callable[[str], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("OWN_USES", str(tmp_path))

    def handler(request: Any) -> object:
        value = request.get_json()["v"] if request.is_json else request.values["v"]
        if use in {templated, shown}:
            return use(value)
        use(value)
        return "ok"

    client = site(handler)
    stopped = [value for value in NAMES + TEXTS if send(client, value).status_code != 200]
    # That an argument begins with a hyphen is said, quoted or not: the program decides what it is.
    events = [record.hauberk for record in caplog.records if hasattr(record, "hauberk")]
    said = [event for event in events if "hyphen" not in event["reason"]]
    assert (stopped, said) == ([], [])


UPLOADS: list[tuple[str, str]] = [
    ("names.csv", "\r\n".join(f'{at};"{name}";x' for at, name in enumerate(name.replace('"', '""') for name in NAMES))),
    ("Übersicht (final) v2.csv", "name,comment\n" + "\n".join(f"{n},see below" for n in NAMES if "," not in n)),
    ("O'Brien's notes.md", "\n\n".join(TEXTS)),
    ("dump.sql", "create table t (a);\ninsert into t values ('it''s');\nselect * from t where a = 'x' or 1=1; --\n"),
    ("setup.py", "import os\nos.system('rm -rf /')\nprint(__import__('sys').path)\n"),
    ("page.html", "<!doctype html><script>alert(1)</script><p onclick='x()'>Hi</p>"),
    ("run me.sh", "#!/bin/sh\ncd ..\nrm -rf / ; echo $(id) `id` | sh\n"),
    ("..hidden", "../../etc/passwd\n/etc/passwd\n"),
    ("data.json", json.dumps({"values": NAMES + TEXTS})),
    ("picture.png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR'; -- \0"),
    ("empty.txt", ""),
]


@pytest.mark.parametrize(("name", "content"), UPLOADS, ids=[name for name, _ in UPLOADS])
@pytest.mark.parametrize(
    "use", [bound, escaped, by_orm, command, quoted_command, saved, templated, shown, found, parsed]
)
def test_files_that_are_kept_and_shown(
    use: Callable[[str], object], name: str, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_USES", str(tmp_path))

    def handler(request: Any) -> object:
        file = request.files["f"]
        text = file.read().decode("utf-8", "replace").replace("\0", "")
        saved(file.filename)
        for part in (text, *text.splitlines()[:5], file.filename):
            answer = use(part)
        return answer if use in {templated, shown} else "ok"

    sent = {"f": (io.BytesIO(content.encode("latin-1" if "PNG" in content else "utf-8")), name)}
    assert site(handler).post("/", data=sent).status_code == 200
