"""Operators of MongoDB that a request brings: by the pure judge, and through PyMongo to a server."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
import yaml

from hauberk.core.plan import Plan
from hauberk.guard import Guard, install
from hauberk.guard.documents import documents, nested
from hauberk.guard.inner import claims
from hauberk.guard.nosql import brought, interpreted, judge_script, judged, nodes
from hauberk.guard.seen import SEEN
from tests.guard.sites import site

pymongo = pytest.importorskip("pymongo")
pytest.importorskip("mongomock")

from tests.guard.mongo import Mongo  # noqa: E402

NE = {"$ne": None}
Handler = Callable[[Any, Any], Any]


@pytest.fixture(scope="module")
def mongo() -> Iterator[Mongo]:
    server = Mongo()
    yield server
    server.stop()


@pytest.fixture
def db(mongo: Mongo) -> Iterator[Any]:
    install()
    SEEN.clear()
    mongo.store["shop"]["users"].drop()
    mongo.store["shop"]["users"].insert_many([{"name": "ada", "role": "admin"}, {"name": "bob", "role": "user"}])
    with pymongo.MongoClient(mongo.url, serverSelectionTimeoutMS=5_000) as client:
        yield client["shop"]


def login(users: Any, body: Any) -> Any:
    return users.find_one({"name": body["name"], "role": {"$in": ["admin", "user"]}})


def whole(users: Any, body: Any) -> Any:
    return [*users.find(body)]


def by_pipeline(users: Any, body: Any) -> Any:
    return [*users.aggregate([{"$match": {"name": body["name"]}}, {"$count": "n"}])]


def pipeline(users: Any, body: Any) -> Any:
    return [*users.aggregate(body["stages"])]


def counted(users: Any, body: Any) -> Any:
    return users.count_documents({"name": body["name"]})


def distinct(users: Any, body: Any) -> Any:
    return users.distinct("role", {"name": body["name"]})


def deleted(users: Any, body: Any) -> Any:
    return users.delete_many({"name": body["name"]}).deleted_count


def updated(users: Any, body: Any) -> Any:
    return users.update_many({"name": body["name"]}, {"$set": {"seen": 1}}).matched_count


def patched(users: Any, body: Any) -> Any:
    return users.update_one({"name": "ada"}, body["change"]).matched_count


def replaced(users: Any, body: Any) -> Any:
    return users.replace_one({"name": body["name"]}, {"name": "eve"}).matched_count


def found_and_updated(users: Any, body: Any) -> Any:
    return users.find_one_and_update({"name": body["name"]}, {"$set": {"seen": 1}})


def found_and_deleted(users: Any, body: Any) -> Any:
    return users.find_one_and_delete({"name": body["name"]})


def in_bulk(users: Any, body: Any) -> Any:
    return users.bulk_write([pymongo.DeleteOne({"name": body["name"]})]).deleted_count


def updated_in_bulk(users: Any, body: Any) -> Any:
    return users.bulk_write([pymongo.UpdateMany({"name": body["name"]}, {"$set": {"seen": 1}})]).matched_count


def by_field(users: Any, body: Any) -> Any:
    return [*users.find({body["field"]: body["value"]})]


def by_script(users: Any, body: Any) -> Any:
    return [*users.find({"$where": f"this.name == '{body['name']}'"})]


ATTACKS: list[tuple[Handler, Any]] = [
    *((handler, {"name": NE}) for handler in (
        login, by_pipeline, counted, distinct, deleted, updated, replaced, found_and_updated, found_and_deleted,
        in_bulk, updated_in_bulk,
    )),
    (login, {"name": {"$regex": "^a"}}),
    (whole, {"$or": [{}, {"a": "a"}]}),
    (whole, {"name": "ada", "role": {"$gt": ""}}),
    (pipeline, {"stages": [{"$lookup": {"from": "secrets", "as": "x", "localField": "a", "foreignField": "b"}}]}),
    (patched, {"change": {"$set": {"role": "admin"}}}),
    (by_field, {"field": "$where", "value": "sleep(1000) || true"}),
    (by_script, {"name": "' || '1'=='1"}),
    (by_script, {"name": "';sleep(5000);'"}),
]  # fmt: skip


@pytest.mark.parametrize(("handler", "body"), ATTACKS)
def test_an_operator_of_the_request_is_not_sent(db: Any, mongo: Mongo, handler: Handler, body: Any) -> None:
    mongo.commands.clear()
    assert site(lambda request: handler(db["users"], request.get_json())).post("/", json=body).status_code == 403
    assert mongo.commands == []


def stored(users: Any, body: Any) -> Any:
    return users.insert_one({"name": "saved search", "search": body}).inserted_id


def stored_by_update(users: Any, body: Any) -> Any:
    return users.update_one({"name": "ada"}, {"$set": {"search": json.dumps(body)}}).matched_count


def compared(users: Any, body: Any) -> Any:
    return users.find_one({"search": {"$eq": body}})


def translated(users: Any, body: Any) -> Any:
    """An interface that takes filters in words of its own, and writes the operators itself."""
    words = {"from": "$gte", "to": "$lte", "not": "$ne"}
    return [*users.find({key: {words[word]: value} for key, (word, value) in body["filter"].items()})]


def own_operator(users: Any, body: Any) -> Any:
    return [*users.find({"role": {"$in": ["admin"]}, "left": {"$exists": False}})]


BENIGN: list[tuple[Handler, Any]] = [
    (login, {"name": "ada"}),
    (login, {"name": "costs $5 ($ne: not)"}),
    (login, {"name": "$ne"}),
    (login, {"name": "mail+$tag@shop.example"}),
    (whole, {"name": "ada"}),
    (stored, {"filter": {"price": {"$gt": 5}}}),
    (stored_by_update, {"filter": {"price": {"$gt": 5}}}),
    (compared, {"price": {"$gt": 5}}),
    (translated, {"filter": {"name": ["not", "ada"]}}),
    (own_operator, {"filter": {"price": {"$gt": 5}}, "note": "$set"}),
    (by_field, {"field": "name", "value": "$where"}),
    (by_script, {"name": "it is ada; (sleep)"}),
    (patched, {"change": {"$set": {"role": "admin"}}, "_": None}),
]


@pytest.mark.parametrize(("handler", "body"), BENIGN[:-1])
def test_what_is_no_operator_is_left_alone(db: Any, handler: Handler, body: Any) -> None:
    assert site(lambda request: handler(db["users"], request.get_json())).post("/", json=body).status_code == 200


def test_the_mode_is_its_own(db: Any) -> None:
    handler, body = BENIGN[-1]
    plan = Plan.of([Guard(mode="block", nosql="observe")])
    assert site(lambda request: handler(db["users"], request.get_json()), plan).post("/", json=body).status_code == 200


def bracketed(request: Any) -> Any:
    return nested(iter(parse_qsl(request.query_string.decode(), keep_blank_values=True)))


def token(claims: Any) -> str:
    parts = ({"alg": "HS256"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + ".x"


def claims_of(request: Any) -> Any:
    (_, payload, _) = request.headers["Authorization"].removeprefix("Bearer ").split(".")
    return json.loads(base64.urlsafe_b64decode(payload + "=="))


WAYS: list[tuple[str, Callable[[Any], Any], dict[str, Any]]] = [
    ("brackets", bracketed, {"path": "/?name[$ne]=1"}),
    ("brackets, encoded", bracketed, {"path": "/?name%5B%24ne%5D=1"}),
    ("a text of JSON", lambda r: {"name": json.loads(r.args["name"])}, {"path": "/?name=" + quote('{"$ne": 1}')}),
    ("JSON in JSON", lambda r: {"name": json.loads(r.json["n"])}, {"path": "/", "json": {"n": '{"$ne": 1}'}}),
    ("relaxed JSON", lambda r: {"name": yaml.safe_load(r.args["n"])}, {"path": "/?n=" + quote("{ $ne: 1 }")}),
    (
        "JSON put together",
        lambda r: json.loads('{"name": "%s"}' % r.args["n"]),  # noqa: UP031
        {"path": "/?n=" + quote('x", "name": {"$ne": 1}, "a": "')},
    ),
    (
        "base64 of JSON",
        lambda r: {"name": json.loads(base64.b64decode(r.args["n"]))},
        {"path": "/?n=" + base64.b64encode(b'{"$ne": 1}').decode()},
    ),
    (
        "claims of a token",
        claims_of,
        {"path": "/", "headers": {"Authorization": "Bearer " + token({"name": {"$ne": None}})}},
    ),
    ("a form", lambda r: nested(iter(r.form.items())), {"path": "/", "data": {"name[$ne]": "1"}}),
]


@pytest.mark.parametrize(("way", "options"), [(way, options) for _, way, options in WAYS], ids=[w[0] for w in WAYS])
def test_every_way_that_an_object_comes_in(db: Any, way: Callable[[Any], Any], options: dict[str, Any]) -> None:
    client = site(lambda request: login(db["users"], way(request)))
    send = client.post if options.keys() & {"json", "data"} else client.get
    assert send(**options).status_code == 403


def test_asyncio(mongo: Mongo) -> None:
    install()

    async def run(name: Any) -> Any:
        async with pymongo.AsyncMongoClient(mongo.url, serverSelectionTimeoutMS=5_000) as client:
            return await client["shop"]["users"].find_one({"name": name})

    client = site(lambda request: asyncio.run(run(request.json["name"])))
    assert client.post("/", json={"name": NE}).status_code == 403
    assert client.post("/", json={"name": "ada"}).status_code == 200


def test_an_operator_that_the_application_writes_anyway(db: Any) -> None:
    """Where it was seen in a request that could bring none, it is the application's own, whatever another sends."""
    client = site(lambda request: [*db["users"].find({"left": {"$ne": None}})])
    assert client.get("/").status_code == 200
    assert client.post("/", json={"search": {"left": {"$ne": None}}}).status_code == 200


@pytest.mark.parametrize(
    ("sent", "used", "attack"),
    [
        ({"a": {"$gt": "21"}}, {"b": {"$gt": 21}}, True),
        ({"a": {"$gt": "21"}}, {"b": {"$gt": 22}}, False),
        ({"a": {"$ne": None, "$gt": 0}}, {"b": {"$ne": None}}, False),
        ({"a": {"$in": ["x"]}}, {"b": {"$in": ["x", "y"]}}, False),
        ({"a": [{"$ne": 1}]}, {"$and": [{"b": {"$ne": 1}}]}, True),
        ({"a": {"b": 1}}, {"a": {"b": 1}}, False),
        ({"a": "$gt"}, {"b": {"$gt": 1}}, False),
        ({"a": "$function"}, {"$function": {"body": "x"}}, True),
    ],
)
def test_values_tell_apart(sent: Any, used: Any, attack: bool) -> None:
    request = brought([("json:", sent)], [])
    found = [judgement for node in interpreted(used, "filter") for _, judgement in judged(node, request)]
    assert any(judgement.attack for judgement in found) is attack


def test_documents_are_no_filters() -> None:
    assert nodes({"insert": "t", "documents": [{"a": NE}]}) == []
    assert [node.path for node in nodes({"update": "t", "updates": [{"q": {"a": NE}, "u": {"$set": {"b": NE}}}]})] == [
        "q.a",
        "update",
    ]
    assert [node.path for node in nodes({"explain": {"find": "t", "filter": {"a": NE}}})] == ["filter.a"]


def test_what_is_deep_ends() -> None:
    deep: Any = NE
    for _ in range(10_000):
        deep = {"a": deep}
    assert [*interpreted(deep, "filter")] == []
    assert brought([("json:", deep)], []).objects == []
    assert nested(iter([("a" + "[b]" * 10_000, "x")]))


@pytest.mark.parametrize("text", ["a.b.c", "e30.e30.x", "..", "a.!!.b", "eyJhIjoxfQ.eyJhIjoxfQ."])
def test_any_text_is_looked_at_for_a_token(text: str) -> None:
    assert all(isinstance(document, dict) for document in claims(text))


@pytest.mark.parametrize(
    ("script", "value", "attack"),
    [
        ("this.a == '{}'", "' || true || '", True),
        ("this.a == '{}'", "a || b", False),
        ("this.a == '{}'", "it\\'s", False),
        ("this.a == `{}`", "${sleep(1)}", True),
        ("this.a == {}", "1; sleep(1)", True),
        ("this.a == {}", "'a text'", False),
        ("/* {} */ true", "*/ sleep(1) /*", True),
        ("this.a == '{}'", "a\\", True),
    ],
)
def test_scripts(script: str, value: str, attack: bool) -> None:
    assert judge_script(script.replace("{}", value), value).attack is attack


def test_documents_need_a_request() -> None:
    from hauberk.adapters.asgi import ASGIExchange

    ex = ASGIExchange({"type": "http", "path": "/", "query_string": b"a[b]=1", "headers": []})
    assert documents(ex) == [("query:", {"a": {"b": "1"}})]
