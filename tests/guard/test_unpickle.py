"""Deserialisation: a global that the request's own octets name is not loaded, the application's own pickles are."""

from __future__ import annotations

import _pickle
import base64
import collections
import datetime as dt
import gzip
import io
import json
import marshal
import os
import pickle
import shelve
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.errors import BlockedError
from hauberk.core.plan import Plan
from hauberk.guard import Guard
from hauberk.guard.pickles import ANY, named
from hauberk.guard.seen import SEEN
from hauberk.guard.tagged import names_by_tag

BLOCK = Plan.of([Guard(mode="block")])


class Cart:
    """A class of the application."""

    def __init__(self) -> None:
        self.items = ["a"]


class Evil:
    def __reduce__(self) -> Any:
        return os.getpid, ()


EVIL = [pickle.dumps(Evil(), protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
DATA = pickle.dumps({"when": dt.datetime(2026, 1, 1), "all": collections.OrderedDict(a={1, 2}), "name": "os.getpid"})
COMPUTED = b"\x80\x04\x8c\x05posix\x8c\x06getpidN0\x93)R."
HIDDEN = b"V\\u0070osix\nV\\u0067etpid\n\x93)R."
HEXADECIMAL = b"I0x1\n0S'\xff'\n0" + HIDDEN


@pytest.mark.parametrize("octets", [*EVIL, *(b"head " + evil + b" tail" for evil in EVIL), HIDDEN, HEXADECIMAL])
def test_globals_are_read_without_loading(octets: bytes) -> None:
    assert ("posix", "getpid") in named(octets)


def test_a_name_that_is_computed_stands_for_any() -> None:
    assert ANY in named(COMPUTED)
    assert WAYS["loads"](COMPUTED) == os.getpid()


@given(st.binary())
def test_any_octets_are_read(octets: bytes) -> None:
    for module, name in named(octets):
        assert isinstance(module, str)
        assert isinstance(name, str)


KNOWN = {*sys.modules, "__builtin__", "", "copy_reg"}


@given(
    st.recursive(
        st.text() | st.integers() | st.binary(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_plain_data_names_nothing_that_is_not_harmless(data: Any) -> None:
    for protocol in (2, 5):
        loadable = {(module, name) for module, name in named(pickle.dumps(data, protocol)) if module in KNOWN}
        assert loadable <= {("_codecs", "encode"), ("__builtin__", "bytes")}


def body(request: Any) -> bytes:
    octets: bytes = request.get_data()
    return octets


def client(handler: Callable[[Any], Any], plan: Plan = BLOCK) -> Any:
    from flask import Flask, request

    app = Flask(__name__)

    @app.route("/", methods=["GET", "POST"])
    def page() -> str:
        request.get_data(parse_form_data=True)
        return str(handler(request))

    app.wsgi_app = WSGIShield(app.wsgi_app, plan)  # type: ignore[method-assign]
    return app.test_client()


def stale(octets: bytes) -> Any:
    return _LOADS(octets)


_LOADS = pickle.loads
WAYS: dict[str, Callable[[bytes], Any]] = {
    "loads": pickle.loads,
    "stale": stale,
    "load": lambda octets: pickle.load(io.BytesIO(octets)),
    "Unpickler": lambda octets: pickle.Unpickler(io.BytesIO(octets)).load(),
    "_pickle": _pickle.loads,
    "python": lambda octets: vars(pickle)["_loads"](octets),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("octets", EVIL)
def test_a_pickle_of_the_body_loads_nothing(way: str, octets: bytes) -> None:
    handler = client(lambda request: WAYS[way](body(request)))
    assert handler.post("/", data=octets).status_code == 403
    assert handler.post("/", data=DATA).status_code == 200


def swallowing(request: Any) -> str:
    try:
        return str(pickle.loads(body(request)))
    except Exception:
        return "nothing"


def test_an_application_that_catches_everything_does_not_run_it_either() -> None:
    assert client(swallowing).post("/", data=EVIL[2]).status_code == 403


b64 = base64.b64decode
CODINGS: dict[str, tuple[Callable[[bytes], bytes | str], Callable[[str], bytes]]] = {
    "base64": (base64.b64encode, b64),
    "urlsafe": (base64.urlsafe_b64encode, base64.urlsafe_b64decode),
    "unpadded": (lambda o: base64.b64encode(o).rstrip(b"="), lambda text: b64(text + "=" * (-len(text) % 4))),
    "hexadecimal": (bytes.hex, bytes.fromhex),
    "compressed": (lambda o: base64.b64encode(zlib.compress(o)), lambda text: zlib.decompress(b64(text))),
    "gzip": (lambda o: base64.b64encode(gzip.compress(o)), lambda text: gzip.decompress(b64(text))),
    "latin-1": (lambda o: o.decode("latin-1"), lambda text: text.encode("latin-1")),
    "signed": (lambda o: base64.b64encode(o) + b".c2lnbmF0dXJl", lambda text: b64(text.partition(".")[0])),
    "twice": (lambda o: base64.b64encode(base64.b64encode(o)), lambda text: b64(b64(text))),
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_in_a_parameter_in_any_coding(coding: str, protocol: int) -> None:
    encode, decode = CODINGS[coding]
    handler = client(lambda request: pickle.loads(decode(request.values["v"])))
    assert handler.post("/", data={"v": encode(EVIL[protocol])}).status_code == 403
    assert handler.post("/", data={"v": encode(DATA)}).status_code == 200


def with_cookie(handler: Any, text: str) -> Any:
    handler.set_cookie("v", text)
    return handler


def test_a_pickle_in_a_cookie_a_header_a_path_json_and_an_upload() -> None:
    def cookie(request: Any) -> Any:
        return pickle.loads(base64.b64decode(request.cookies["v"]))

    def header(request: Any) -> Any:
        return pickle.loads(base64.b64decode(request.headers["x-v"]))

    def document(request: Any) -> Any:
        return pickle.loads(base64.b64decode(request.json["a"][0]["v"]))

    def upload(request: Any) -> Any:
        return pickle.load(request.files["v"])

    for octets, status in ((EVIL[4], 403), (EVIL[0], 403), (DATA, 200)):
        text = base64.b64encode(octets).decode()
        assert client(header).get("/", headers={"x-v": text}).status_code == status
        assert with_cookie(client(cookie), text).get("/").status_code == status
        assert client(document).post("/", json={"a": [{"v": text}]}).status_code == status
        assert client(upload).post("/", data={"v": (io.BytesIO(octets), "v.pickle")}).status_code == status


def own_cache(request: Any) -> Any:
    return pickle.loads(pickle.dumps(Cart()))


def own_shelf(request: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder, shelve.open(os.path.join(folder, "own")) as shelf:
        shelf["a"] = Cart()
        return shelf["a"]


@pytest.mark.parametrize("handler", [own_cache, own_shelf])
@pytest.mark.parametrize(
    "data",
    [
        DATA,
        b"c.Cart is what __main__ holds",
        f'{{"class": "{Cart.__module__}.Cart", "module": "{Cart.__module__}", "name": "Cart"}}'.encode(),
        f"{Cart.__module__}\nCart\n".encode(),
        EVIL[4],
        "“quoted” – with dashes".encode(),
    ],
)
def test_the_applications_own_pickles_are_loaded(handler: Callable[[Any], Any], data: bytes) -> None:
    assert client(handler).post("/", data=data).status_code == 200


def test_a_thread_of_the_request_is_part_of_it() -> None:
    done: list[Any] = []

    def handler(request: Any) -> Any:
        octets = body(request)

        def work() -> None:
            try:
                done.append(pickle.loads(octets))
            except BlockedError as error:
                done.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert client(handler).post("/", data=EVIL[4]).status_code == 403
    assert not any(isinstance(value, int) for value in done)


CODE = marshal.dumps(compile("1", "<client>", "eval"))


@pytest.mark.parametrize(("octets", "status"), [(CODE, 403), (marshal.dumps({"c": "class", "a": [1, 2]}), 200)])
def test_marshalled_code_of_a_request(octets: bytes, status: int) -> None:
    assert client(lambda request: marshal.loads(body(request))).post("/", data=octets).status_code == status
    assert client(lambda request: marshal.load(io.BytesIO(body(request)))).post("/", data=octets).status_code == status
    assert client(lambda request: marshal.loads(CODE[:])).post("/", data=b"something").status_code == 200


TAGS = [
    "!!python/object/apply:os.getpid []",
    "a: [!!python/object/new:os.getpid []]",
    "!<tag:yaml.org,2002:python/object/apply:os.getpid> []",
    "!!python/object/apply:os%2Egetpid []",
    "%TAG !p! tag:yaml.org,2002:python/object/apply:os.\n---\n!p!getpid []",
    "!!python/name:os.getpid",
    "!!python/module:os",
]


@pytest.mark.parametrize("text", TAGS)
def test_tags_that_name_an_object(text: str) -> None:
    yaml = pytest.importorskip("yaml")
    handler = client(lambda request: yaml.load(body(request), Loader=yaml.UnsafeLoader))
    assert handler.post("/", data=text).status_code == 403
    assert (
        client(lambda request: yaml.unsafe_load(request.args["v"])).get("/", query_string={"v": text}).status_code
        == 403
    )


def test_tags_of_plain_data_and_of_the_applications_own_file() -> None:
    yaml = pytest.importorskip("yaml")
    handler = client(lambda request: yaml.load(body(request), Loader=yaml.UnsafeLoader))
    for text in ("!!python/tuple [1, 2]", "a: !!python/str b", "os.getpid! !x", "a: [1, 2]"):
        if text != "os.getpid! !x":
            assert handler.post("/", data=text).status_code == 200
    own = client(lambda request: yaml.unsafe_load("!!python/name:os.getpid"))
    for text in ("!x os.getpid", "os.getpid! how?", "a: b"):
        assert own.post("/", data=text).status_code == 200


def test_a_safe_loader_needs_no_guard() -> None:
    yaml = pytest.importorskip("yaml")

    def handler(request: Any) -> str:
        try:
            return str(yaml.safe_load(body(request)))
        except yaml.YAMLError:
            return "refused"

    assert client(handler).post("/", data=TAGS[0]).data == b"refused"


def test_a_name_in_parts_is_put_together() -> None:
    assert names_by_tag("!!python/name:a.b", "a.b")
    assert not names_by_tag("a.b ! c", "a.b")


def test_jsonpickle() -> None:
    jsonpickle = pytest.importorskip("jsonpickle")
    evil = json.dumps({"py/reduce": [{"py/function": "os.getpid"}, {"py/tuple": []}]})
    escaped = evil.replace("os", "o\\u0073").replace("py/", "p\\u0079/")
    handler = client(lambda request: jsonpickle.decode(body(request), keys=True))
    for text in (evil, escaped):
        assert handler.post("/", data=text).status_code == 403
    assert handler.post("/", data='{"a": "os.getpid", "b": [1]}').status_code == 200
    own = client(lambda request: jsonpickle.decode(jsonpickle.encode(Cart(), keys=True), keys=True).items)
    name = f"{Cart.__module__}.Cart"
    assert own.post("/", json={"class": name}).status_code == 200
    assert own.post("/", json={"a": {"py/object": name}}).status_code == 403


@pytest.fixture(autouse=True)
def _forget() -> None:
    SEEN.clear()
