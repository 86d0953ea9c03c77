"""Attacks that work on the bare application, each shown to work there, and stopped in block mode.

How a value travels, what the application does to it, and where it lands vary independently of each other.
"""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import os
import re
import sqlite3
import string
import subprocess
import unicodedata
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest

from hauberk.core.plan import Plan
from tests.guard.sites import BLOCK, site

SECRET = "S3CRET"
BARE = Plan.of([])
Handler = Callable[[Any], Any]


def rows(sql: str, *bound: object) -> str:
    """What a statement gives on a fresh database with a secret in it."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(
            f"""create table users (id integer, name text, secret text, age integer);
            insert into users values (1, 'ada', 'none', 30), (2, 'bob', 'none', 40), (3, 'root', '{SECRET}', 50);
            create table notes (owner integer, body text);"""
        )
        return str(db.execute(sql, bound).fetchall())


def script(sql: str) -> str:
    """The same for several statements; what stands in notes afterwards."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript("create table users (id, secret); create table notes (owner, body);")
        db.execute("insert into users values (3, ?)", (SECRET,))
        db.executescript(sql)
        return str(db.execute("select * from notes").fetchall())


def named(value: str) -> str:
    return rows(f"select id, name from users where id < 3 and name = '{value}'")


ALL = "' union select secret, 1 from users --"

STATEMENTS: list[tuple[str, Callable[[str], str], str]] = [
    ("quoted", named, ALL),
    (
        "double quotes",
        lambda v: rows(f'select id, name from users where id < 3 and name = "{v}"'),
        ALL.replace("'", '"'),
    ),
    ("number", lambda v: rows(f"select id, name from users where id = {v}"), "0 union select secret, 1 from users"),
    ("negative", lambda v: rows(f"select id, name from users where id = {v}"), "-1 union select secret, 1 from users"),
    (
        "parenthesis",
        lambda v: rows(f"select name, 1 from users where (id = {v})"),
        "0) union select secret, 1 from users--",
    ),
    ("list", lambda v: rows(f"select name, 1 from users where id in ({v})"), "0) union select secret,(1) from users--"),
    (
        "list, joined",
        lambda v: rows(f"select name from users where id in ({','.join(v.split(','))})"),
        "1) or (1=1 and secret in (select secret from users)) union select secret from users --",
    ),
    ("like", lambda v: rows(f"select name, 1 from users where name like '%{v}%'"), "zz%" + ALL),
    ("column", lambda v: rows(f"select {v} from users"), "secret, 1 as x"),
    ("column, call", lambda v: rows(f"select {v} from users"), "group_concat(secret)"),
    ("table", lambda v: rows(f"select * from {v}"), "(select secret from users)"),
    ("quoted name", lambda v: rows(f'select "{v}" from users'), 'name" , secret, "id'),
    ("brackets", lambda v: rows(f"select [{v}] from users"), "name], secret, [id"),
    ("backquotes", lambda v: rows(f"select `{v}` from users"), "name`, secret, `id"),
    ("insert", lambda v: script(f"insert into notes values (1, '{v}')"), "x'), (2, (select secret from users)) --"),
    (
        "update",
        lambda v: script(f"insert into notes values (1,'a'); update notes set body = '{v}'"),
        "' || (select secret from users) || '",
    ),
    ("stacked", lambda v: script(f"delete from notes where owner = {v}"), "1; insert into notes select * from users"),
    (
        "case",
        lambda v: rows(f"select case when name = '{v}' then 1 end, 1 from users"),
        "' then secret else secret end, 1 from users --",
    ),
    (
        "between",
        lambda v: rows(f"select name, 1 from users where age between {v} and 35"),
        "1 and 2 union select secret, 1 from users where 1 between 1",
    ),
    ("format", lambda v: rows(f"select id, name from users where id < 3 and name = '{v}'"), ALL),
    ("percent", lambda v: rows(f"select id, name from users where id < 3 and name = '{v}'"), ALL),
    (
        "template",
        lambda v: rows(string.Template("select id, name from users where id < 3 and name = '$v'").substitute(v=v)),
        ALL,
    ),
    ("joined", lambda v: rows(" ".join(["select id, name from users where id < 3 and name =", f"'{v}'"])), ALL),
    ("replaced", lambda v: rows("select id, name from users where id < 3 and name = ':v'".replace(":v", v)), ALL),
    ("lower", lambda v: named(v.lower()), ALL.upper()),
    ("stripped", lambda v: named(v.strip()), f"  {ALL}  "),
    ("cut", lambda v: named(v[:45]), ALL + " " * 40 + "x"),
    ("words", lambda v: named(" ".join(v.split())), "'  union\t select  secret, 1\nfrom users --"),
    ("plus", lambda v: named(v.replace("+", " ")), "'+union+select+secret,1+from+users--"),
    ("no blanks", lambda v: named(v.replace(" ", "")), "'/**/union/**/select/**/secret,1/**/from/**/users--"),
    ("tags off", lambda v: named(re.sub(r"<[^>]*>", "", v)), "' un<b>ion sel</b>ect secret, 1 fr<i>om users --"),
    ("decoded once more", lambda v: named(unquote(v)), quote(ALL)),
    ("decoded twice", lambda v: named(unquote(unquote(v))), quote(quote(ALL))),
    ("entities", lambda v: named(html.unescape(v)), html.escape(ALL)),
    ("numeric entities", lambda v: named(html.unescape(v)), ALL.replace("'", "&#39;").replace(" ", "&#32;")),
    ("compatible", lambda v: named(unicodedata.normalize("NFKC", v)), ALL.replace("'", "＇")),
    ("base64", lambda v: named(base64.b64decode(v).decode()), base64.b64encode(ALL.encode()).decode()),
    (
        "base64, for URLs",
        lambda v: named(base64.urlsafe_b64decode(v).decode()),
        base64.urlsafe_b64encode(b"~~~?" + ALL.encode()).decode(),
    ),
    ("hex", lambda v: named(bytes.fromhex(v).decode()), ALL.encode().hex()),
    ("JSON inside", lambda v: named(json.loads(v)["n"]), json.dumps({"n": ALL})),
    (
        "JSON inside, escaped",
        lambda v: named(json.loads(v)["n"]),
        '{"n": "' + "".join(f"\\u{ord(c):04x}" for c in ALL) + '"}',
    ),
    (
        "JSON in base64",
        lambda v: named(json.loads(base64.b64decode(v))["n"]),
        base64.b64encode(json.dumps({"n": ALL}).encode()).decode(),
    ),
    ("after a prefix", lambda v: named(v.split(":", 1)[1]), "name:" + ALL),
    ("one of a list", lambda v: named(v.split(";")[0]), ALL + ";b"),
    ("behind a dot", lambda v: named(v.rpartition(".")[2]), "a." + ALL),
    ("wrong escape", lambda v: named(v.replace("'", "\\'")), ALL),
    ("escape undone", lambda v: named(v.replace("'", "''").replace("''", "'")), ALL),
    ("half escaped", lambda v: named(v.replace("'", "''", 1)), "'" + ALL),
    ("quote of its own", lambda v: named(v.replace('"', "'")), ALL.replace("'", '"')),
    (
        "comment ended",
        lambda v: rows(f"select id, 1 from users where id < 3 /* {v} */"),
        "*/ union select secret, 1 from users /*",
    ),
    (
        "line comment ended",
        lambda v: rows(f"select id, 1 from users where id < 3 -- {v}"),
        "x\nunion select secret, 1 from users",
    ),
    (
        "collation",
        lambda v: rows(f"select name, 1 from (select name from users order by name collate {v})"),
        "nocase) union select secret, 1 from (select secret from users",
    ),
    (
        "having",
        lambda v: rows(f"select name, 1 from users group by name having count(*) > {v}"),
        "9 union select secret, 1 from users",
    ),
    ("date", lambda v: rows(f"select date('{v}'), 1"), "now'), (select secret from users where id = 3), ('1"),
    ("match", lambda v: rows(f"select id, 1 from users where id < 3 and name glob '{v}*'"), "zz" + ALL),
    ("concatenated", lambda v: rows(f"select id, 1 from users where id < 3 and name = 'x' || '{v}'"), ALL),
]


def by_query(client: Any, value: str) -> Any:
    return client.get("/?" + urlencode({"v": value}))


def by_form(client: Any, value: str) -> Any:
    return client.post("/", data={"v": value})


def by_json(client: Any, value: str) -> Any:
    return client.post("/", json={"a": [{"v": value}]})


def by_header(client: Any, value: str) -> Any:
    return client.get("/", headers={"X-V": quote(value)})


def by_cookie(client: Any, value: str) -> Any:
    client.set_cookie("v", quote(value))
    return client.get("/")


def by_name(client: Any, value: str) -> Any:
    return client.post("/", json={value: 1})


def by_file(client: Any, value: str) -> Any:
    return client.post("/", data={"v": (io.BytesIO(value.encode()), "x.txt")})


def by_cell(client: Any, value: str) -> Any:
    rows = f'id;name;age\r\n7;"{value}";30\r\n'
    return client.post("/", data={"v": (io.BytesIO(rows.encode()), "x.csv")})


def by_xml(client: Any, value: str) -> Any:
    return client.post("/", data=f"<a><v>{html.escape(value)}</v></a>", content_type="application/xml")


def taken(request: Any) -> str:
    """The value, wherever it is."""
    if request.mimetype == "application/json":
        body = request.get_json()
        return str(body["a"][0]["v"] if "a" in body else next(iter(body)))
    if request.mimetype == "application/xml":
        from xml.etree import ElementTree as ET

        return str(ET.fromstring(request.get_data()).findtext("v"))
    if request.files:
        text = request.files["v"].read().decode()
        return text if ";" not in text else str(next(iter(csv.DictReader(io.StringIO(text), delimiter=";")))["name"])
    if "X-V" in request.headers:
        return unquote(request.headers["X-V"])
    if "v" in request.cookies:
        return unquote(request.cookies["v"])
    return str(request.values["v"])


def refused_and_works(handler: Handler, send: Callable[[Any], Any], worked: Callable[[Any], bool]) -> None:
    """The attack does something bare, and is stopped in block mode."""
    bare = send(site(handler, BARE))
    assert worked(bare), f"no attack: {bare.status_code} {bare.get_data(as_text=True)[:200]}"
    assert send(site(handler, BLOCK)).status_code == 403


def told(answer: Any) -> bool:
    return SECRET in answer.get_data(as_text=True)


@pytest.mark.parametrize(("run", "value"), [pytest.param(run, value, id=name) for name, run, value in STATEMENTS])
def test_statements(run: Callable[[str], str], value: str) -> None:
    refused_and_works(lambda request: run(taken(request)), lambda client: by_query(client, value), told)


@pytest.mark.parametrize("send", [by_form, by_json, by_header, by_cookie, by_name, by_file, by_cell, by_xml])
def test_ways_in(send: Callable[[Any, str], Any]) -> None:
    refused_and_works(lambda request: named(taken(request)), lambda client: send(client, ALL), told)


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


FILES: list[tuple[str, Callable[[Path, str], str], str]] = [
    ("joined", lambda base, v: read(os.path.join(base, v)), "../secret.txt"),
    ("formatted", lambda base, v: read(f"{base}/{v}"), "../secret.txt"),
    ("with an extension", lambda base, v: read(f"{base}/{v}.txt"), "../secret"),
    ("below a folder", lambda base, v: read(f"{base}/a/{v}"), "../../secret.txt"),
    ("behind a prefix", lambda base, v: read(f"{base}/doc-{v}"), "/../../secret.txt"),
    ("pathlib", lambda base, v: (base / v).read_text(), "../secret.txt"),
    ("pathlib, two", lambda base, v: base.joinpath("a", v).read_text(), "../../secret.txt"),
    ("in and out", lambda base, v: read(f"{base}/{v}"), "a/../../secret.txt"),
    ("dots", lambda base, v: read(f"{base}/{v}"), "./.././secret.txt"),
    ("filter once", lambda base, v: read(f"{base}/" + v.replace("../", "", 1)), "../../secret.txt"),
    ("filter nested", lambda base, v: read(f"{base}/" + v.replace("../", "")), "....//secret.txt"),
    ("backslashes", lambda base, v: read(f"{base}/" + v.replace("\\", "/")), "..\\secret.txt"),
    ("decoded", lambda base, v: read(f"{base}/" + unquote(v)), "..%2fsecret.txt"),
    ("decoded twice", lambda base, v: read(f"{base}/" + unquote(unquote(v))), "..%252fsecret.txt"),
    (
        "base64",
        lambda base, v: read(f"{base}/" + base64.b64decode(v).decode()),
        base64.b64encode(b"../secret.txt").decode(),
    ),
    ("absolute", lambda base, v: read(os.path.join(base, v)), "{base}/secret.txt"),
    ("first of two", lambda base, v: read(f"{base}/{v}/x.txt"), "../b"),
    ("JSON inside", lambda base, v: read(os.path.join(base, json.loads(v)["f"])), '{"f": "../secret.txt"}'),
    ("stripped", lambda base, v: read(os.path.join(base, v.strip())), " ../secret.txt "),
    ("lower", lambda base, v: read(os.path.join(base, v.lower())), "../SECRET.TXT"),
    ("a list of parts", lambda base, v: read(os.path.join(base, *v.split(","))), "..,secret.txt"),
    ("parts by slash", lambda base, v: read(os.path.join(base, *v.split("/"))), "../secret.txt"),
    ("listed", lambda base, v: "".join(map(read, (f"{base}/{v}/{n}" for n in os.listdir(f"{base}/{v}")))), "../b"),
    ("sent", lambda base, v: "".join(part.decode() for part in send_file(base, v)), "../secret.txt"),
]


def send_file(base: Path, name: str) -> list[bytes]:
    from flask import send_file as send

    answer = send(os.path.join(base, name))
    answer.direct_passthrough = False
    try:
        return [answer.get_data()]
    finally:
        answer.close()


@pytest.mark.parametrize(("run", "value"), [pytest.param(run, value, id=name) for name, run, value in FILES])
def test_files(run: Callable[[Path, str], str], value: str, tmp_path: Path) -> None:
    base = tmp_path / "public"
    for name in ("a", "doc-"):
        (base / name).mkdir(parents=True)
    (tmp_path / "b").mkdir()
    for path in (tmp_path / "secret.txt", tmp_path / "b" / "x.txt"):
        path.write_text(SECRET)
    sent = value.replace("{base}", str(tmp_path))
    refused_and_works(lambda request: run(base, taken(request)), lambda client: by_query(client, sent), told)


def output(command: Any, **options: Any) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, shell=isinstance(command, str), **options
    )
    return str(done.stdout + done.stderr)


def by_popen(value: str) -> str:
    with os.popen(f"echo {value}") as pipe:
        return pipe.read()


HIDDEN = "S3''CRET"
"""As a shell has it: the answer holds the secret only if a shell read it."""

COMMANDS: list[tuple[str, Callable[[str], str], str]] = [
    ("bare", lambda v: output(f"echo {v}"), f"x; echo {HIDDEN}"),
    ("pipe", lambda v: output(f"echo {v}"), f"x | echo {HIDDEN}"),
    ("and", lambda v: output(f"echo {v}"), f"x && echo {HIDDEN}"),
    ("line", lambda v: output(f"echo {v}"), f"x\necho {HIDDEN}"),
    ("substitution", lambda v: output(f"echo {v}"), f"$(echo {HIDDEN})"),
    ("backquotes", lambda v: output(f"echo {v}"), f"`echo {HIDDEN}`"),
    ("in double quotes", lambda v: output(f'echo "{v}"'), f"$(echo {HIDDEN})"),
    ("out of double quotes", lambda v: output(f'echo "{v}"'), f'x"; echo {HIDDEN} "'),
    ("out of single quotes", lambda v: output(f"echo '{v}'"), f"x'; echo {HIDDEN} '"),
    ("no blanks", lambda v: output(f"echo {v}"), "x;echo${IFS}S3''CRET"),
    ("variable", lambda v: output(f"echo {v}", env={**os.environ, "TOKEN": SECRET}), "$TOKEN"),
    ("redirect in", lambda v: output(f"cat {v}", input=SECRET), "< /dev/stdin"),
    ("comment", lambda v: output(f"echo {v} --safe"), f"x; echo {HIDDEN} #"),
    ("background", lambda v: output(f"echo {v}"), f"x & echo {HIDDEN}"),
    ("brace", lambda v: output(["bash", "-c", f"echo {v}"]), "S3{CRET,X}"),
    ("list", lambda v: output(["sh", "-c", f"echo {v}"]), f"x; echo {HIDDEN}"),
    ("env", lambda v: output(["env", "A=1", "sh", "-c", f"echo {v}"]), f"x; echo {HIDDEN}"),
    ("find", lambda v: output(["find", "/etc/hostname", "-exec", "sh", "-c", f"echo {v}", ";"]), f"x; echo {HIDDEN}"),
    ("xargs", lambda v: output(["xargs", "sh", "-c", f"echo {v}"], input="y"), f"x; echo {HIDDEN}"),
    ("python", lambda v: output(["python3", "-c", f"print('{v}')"]), "x' + 'S3' + 'CRET"),
    ("python in sh", lambda v: output(f"python3 -c 'print(\"{v}\")'"), 'x" + "S3" + "CRET'),
    ("perl", lambda v: output(["perl", "-e", f'print "{v}"']), "@{['S3'.'CRET']}"),
    ("awk", lambda v: output(["awk", f'BEGIN {{ print "{v}" }}']), 'x" "S3" "CRET'),
    ("sed", lambda v: output(["sed", f"s/a/{v}/"], input="a"), "S3/;s/$/CRET"),
    ("stdin", lambda v: output(["sh"], input=f"echo {v}\n"), f"x; echo {HIDDEN}"),
    ("quoted for the wrong shell", lambda v: output(f"sh -c 'echo {v}'"), "x; echo S3CRET"),
    ("echo into sh", lambda v: output(f"echo 'echo {v}' | sh"), "x; echo S3''CRET".replace("'", '"')),
    (
        "quotes doubled",
        lambda v: output("echo '" + v.replace("'", "''") + "'"),
        f"x'; echo {HIDDEN} '".replace("''", ""),
    ),
    ("decoded", lambda v: output(f"echo {unquote(v)}"), quote(f"x; echo {HIDDEN}")),
    (
        "base64",
        lambda v: output(f"echo {base64.b64decode(v).decode()}"),
        base64.b64encode(f"x; echo {HIDDEN}".encode()).decode(),
    ),
    ("popen", by_popen, f"x; echo {HIDDEN}"),
    ("getoutput", lambda v: subprocess.getoutput(f"echo {v}"), f"x; echo {HIDDEN}"),
    ("eval", lambda v: str(eval(f"'{v}'.upper()")), "x'.upper() + 's3'.upper() + 'cret"),
    ("eval, number", lambda v: str(eval(f"1 + {v}")), "1, 'S3' + 'CRET'"),
    ("exec", lambda v: executed(f"result = '{v}'"), "x' + 'S3' + 'CRET"),
    ("template", lambda v: templated(f"Hello {v}"), "{{ 'S3' ~ 'CRET' }}"),
    ("template, statement", lambda v: templated(f"Hello {v}"), "{% if 1 %}S3{% endif %}CRET"),
    ("format", lambda v: templated("{{ x }}" + v), "{{ ['S3', 'CRET'] | join }}"),
]


def executed(source: str) -> str:
    names: dict[str, Any] = {}
    exec(source, names)
    return str(names["result"])


def templated(source: str) -> str:
    from flask import render_template_string

    return str(render_template_string(source))


@pytest.mark.parametrize(("run", "value"), [pytest.param(run, value, id=name) for name, run, value in COMMANDS])
def test_programs(run: Callable[[str], str], value: str) -> None:
    refused_and_works(lambda request: run(taken(request)), lambda client: by_query(client, value), told)
