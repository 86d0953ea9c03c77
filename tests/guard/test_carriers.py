"""Every way in which a client gets a value into an application: the same attack is stopped in each, its twin is not."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import sqlite3
import unicodedata
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import quote, unquote
from xml.etree import ElementTree as ET

import pytest

from hauberk.guard import install
from tests.guard.sites import site

ATTACK = "1' or '1'='1"
BENIGN = "one or two = three"

Send = Callable[[Any, str], Any]
Take = Callable[[Any], str]


def b64(text: str, *, safe: bool = False) -> str:
    octets = text.encode()
    return (base64.urlsafe_b64encode(octets).rstrip(b"=") if safe else base64.b64encode(octets)).decode()


def token(value: str) -> str:
    return ".".join((b64('{"alg":"none"}', safe=True), b64(json.dumps({"sub": {"name": value}}), safe=True), "x"))


def claim(token: str) -> str:
    payload = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=="))["sub"]["name"])


def graphql(value: str) -> str:
    return "query { user(name: %s) { id } }" % json.dumps(value)  # noqa: UP031


def literal(query: str) -> str:
    found = re.search(r'name: ("(?:[^"\\]|\\.)*")', query)
    assert found is not None
    return str(json.loads(found[1]))


def xml(text: str) -> Callable[[Any, str], Any]:
    def send(client: Any, value: str) -> Any:
        document = text.replace("{}", html.escape(value))
        return client.post("/", data=document, content_type="application/xml")

    return send


def packed(client: Any, value: str) -> Any:
    body = gzip.compress(json.dumps({"v": value}).encode())
    return client.post("/", data=body, headers={"Content-Encoding": "gzip"}, content_type="application/json")


def root(request: Any) -> ET.Element:
    return ET.fromstring(request.get_data())


def query(change: Callable[[str], str]) -> Send:
    return lambda client, value: client.get("/?v=" + quote(change(value)))


def wide(value: str) -> str:
    return value.replace("'", "\uff07")


WAYS: dict[str, tuple[Send, Take]] = {
    "query": (query(str), lambda r: r.args["v"]),
    "header": (lambda c, v: c.get("/", headers={"X-Name": v}), lambda r: r.headers["X-Name"]),
    "cookie": (lambda c, v: c.set_cookie("v", quote(v)) or c.get("/"), lambda r: unquote(r.cookies["v"])),
    "JSON": (lambda c, v: c.post("/", json={"a": [{"v": v}]}), lambda r: r.json["a"][0]["v"]),
    "a key of JSON": (lambda c, v: c.post("/", json={v: 1}), lambda r: next(iter(r.json))),
    "form": (lambda c, v: c.post("/", data={"v": v}), lambda r: r.form["v"]),
    "multipart": (
        lambda c, v: c.post("/", data={"v": v}, content_type="multipart/form-data"),
        lambda r: r.form["v"],
    ),
    "name of a file": (
        lambda c, v: c.post("/", data={"f": (BytesIO(b"x"), v)}),
        lambda r: r.files["f"].filename,
    ),
    "element": (xml("<a><b>{}</b></a>"), lambda r: root(r).findtext("b") or ""),
    "attribute": (xml('<a b="{}"/>'), lambda r: root(r).get("b") or ""),
    "CDATA": (
        lambda c, v: c.post("/", data=f"<a><![CDATA[{v}]]></a>", content_type="text/xml"),
        lambda r: root(r).text or "",
    ),
    "variable of GraphQL": (
        lambda c, v: c.post("/", json={"query": "query Q($n: String!) { a(n: $n) }", "variables": {"n": v}}),
        lambda r: r.json["variables"]["n"],
    ),
    "literal of GraphQL": (lambda c, v: c.post("/", json={"query": graphql(v)}), lambda r: literal(r.json["query"])),
    "claim": (
        lambda c, v: c.get("/", headers={"Authorization": "Bearer " + token(v)}),
        lambda r: claim(r.headers["Authorization"].split()[1]),
    ),
    "claim in a cookie": (
        lambda c, v: c.set_cookie("t", token(v)) or c.get("/"),
        lambda r: claim(r.cookies["t"]),
    ),
    "user of Basic": (
        lambda c, v: c.get("/", headers={"Authorization": "Basic " + b64(v + ":pin")}),
        lambda r: r.authorization.username,
    ),
    "JSON in a parameter": (query(lambda v: json.dumps({"f": v})), lambda r: json.loads(r.args["v"])["f"]),
    "base64": (query(b64), lambda r: base64.b64decode(r.args["v"]).decode()),
    "base64url": (
        query(lambda v: b64(v, safe=True)),
        lambda r: base64.urlsafe_b64decode(r.args["v"] + "=" * (-len(r.args["v"]) % 4)).decode(),
    ),
    "URL-encoded twice": (query(quote), lambda r: unquote(r.args["v"])),
    "plus signs": (query(lambda v: v.replace(" ", "+")), lambda r: r.args["v"].replace("+", " ")),
    "HTML": (query(html.escape), lambda r: html.unescape(r.args["v"])),
    "wide signs": (query(wide), lambda r: unicodedata.normalize("NFKC", r.args["v"])),
    "gzip": (packed, lambda r: json.loads(gzip.decompress(r.get_data()))["v"]),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_value_is_known_however_it_came(way: str) -> None:
    install()
    send, take = WAYS[way]

    def rows(request: Any) -> Any:
        value = take(request)
        assert value in {ATTACK, BENIGN}
        connection = sqlite3.connect(":memory:")
        try:
            connection.execute("create table t (n)")
            return connection.execute(f"select n from t where n = '{value}'").fetchall()
        finally:
            connection.close()

    assert send(site(rows), BENIGN).status_code == 200
    assert send(site(rows), ATTACK).status_code == 403
