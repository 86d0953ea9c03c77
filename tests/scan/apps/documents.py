"""An application over documents: each way in which a request's operators get into a query beside a twin where they do
not. For tests only."""

from __future__ import annotations

import atexit
import json
import re
from typing import Any
from urllib.parse import parse_qsl

import pymongo
from flask import Flask, Response, jsonify, request

from tests.guard.mongo import Mongo

app = Flask("documents")
mongo = Mongo()
client: Any = pymongo.MongoClient(mongo.url, serverSelectionTimeoutMS=5_000)
atexit.register(client.close)
people = client["shop"]["people"]
PEOPLE = [{"name": "ada", "password": "engine-1843"}, {"name": "bob", "password": "tree-house-7"}]
people.insert_many([dict(person) for person in PEOPLE])


def parsed(text: str) -> dict[str, Any]:
    """`a[b]=1` and `a.b=1` as parsers of queries read them."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        first, *rest = [part.rstrip("]") for part in re.split(r"[\[.]", name)]
        here = found
        for part in rest:
            inner = here.setdefault(first, {})
            here, first = (inner if isinstance(inner, dict) else {}), part
        here[first] = value
    return found


def names(wanted: Any) -> str:
    return f"{len([*people.find({'name': wanted})])} found"


@app.get("/open/find")
def find() -> str:
    return names(parsed(request.query_string.decode()).get("name", ""))


@app.get("/safe/find")
def find_safe() -> str:
    return names(str(parsed(request.query_string.decode()).get("name", "")))


@app.get("/open/quiet")
def quiet() -> str:
    """No error is ever shown."""
    try:
        return names(parsed(request.query_string.decode()).get("name", ""))
    except pymongo.errors.PyMongoError:
        return "0 found"


@app.get("/safe/quiet")
def quiet_safe() -> str:
    """What begins with `$` is taken out."""
    name = parsed(request.query_string.decode()).get("name", "")
    return names({k: v for k, v in name.items() if not k.startswith("$")} if isinstance(name, dict) else name)


def login(name: Any, password: Any) -> Any:
    try:
        found = people.find_one({"name": name, "password": password})
    except pymongo.errors.PyMongoError:
        found = None
    return jsonify(welcome=found["name"]) if found else (jsonify(error="wrong name or password"), 401)


@app.post("/open/login")
def login_open() -> Any:
    return login(request.json["name"], request.json["password"])


@app.post("/safe/login")
def login_safe() -> Any:
    return login(str(request.json["name"]), str(request.json["password"]))


@app.post("/open/rename")
def rename() -> Any:
    """It writes, so that nothing may be sent that every record is."""
    done = people.update_many({"name": request.json["name"]}, {"$set": {"nick": "x"}})
    return jsonify(renamed=done.matched_count)


@app.post("/safe/rename")
def rename_safe() -> Any:
    if not isinstance(request.json["name"], str):
        return jsonify(error="name is a text"), 422
    return rename()


@app.post("/open/form")
def form() -> str:
    return names(parsed(request.get_data(as_text=True)).get("name", ""))


@app.post("/safe/form")
def form_safe() -> str:
    return names(request.form.get("name", ""))


@app.get("/open/filter")
def filtered() -> str:
    return f"{len([*people.find(json.loads(request.args.get('filter') or '{}'))])} found"


@app.get("/safe/filter")
def filtered_safe() -> Any:
    """A filter of texts alone."""
    given = json.loads(request.args.get("filter") or "{}")
    if not isinstance(given, dict) or not all(
        isinstance(value, str) and key[:1] != "$" for key, value in given.items()
    ):
        return "a filter has texts", 400
    return f"{len([*people.find(given)])} found"


def by_script(script: str) -> str:
    try:
        return f"{len([*people.find({'$where': script})])} found"
    except pymongo.errors.PyMongoError:
        return "0 found"


@app.get("/open/where")
def where() -> str:
    return by_script(f"this.name == '{request.args.get('name', '')}'")


@app.get("/safe/where")
def where_safe() -> str:
    return by_script("this.name == " + json.dumps(request.args.get("name", "")))


@app.get("/safe/mirror")
def mirror() -> str:
    """It repeats what it understood, and looks for nothing."""
    return f"You asked for {parsed(request.query_string.decode())}."


@app.get("/safe/wall")
def wall() -> Response:
    """A page behind a filter of words, which knows operators by name."""
    words = {"$ne", "$nin", "$gt", "$regex", "$where"}
    stopped = any(word in request.args or f"[{word}]" in request.query_string.decode() for word in words)
    return Response("Your request looks odd." if stopped else "Nothing of that name.")


@app.get("/safe/turns")
def turns() -> str:
    """Its answers take turns, whatever is asked."""
    turns.count = getattr(turns, "count", 0) + 1  # type: ignore[attr-defined]
    return "tick" if turns.count % 2 else "tock"  # type: ignore[attr-defined]


HOLES = {
    ("GET", "/open/find", "query", "name"),
    ("GET", "/open/quiet", "query", "name"),
    ("POST", "/open/login", "json", "name"),
    ("POST", "/open/login", "json", "password"),
    ("POST", "/open/rename", "json", "name"),
    ("POST", "/open/form", "form", "name"),
    ("GET", "/open/filter", "query", "filter"),
    ("GET", "/open/where", "query", "name"),
}
TWINS = {(method, path.replace("/open/", "/safe/"), place, name) for method, path, place, name in HOLES} | {
    ("GET", "/safe/mirror", "query", "name"),
    ("GET", "/safe/wall", "query", "name"),
    ("GET", "/safe/turns", "query", "name"),
}
