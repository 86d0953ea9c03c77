"""A server that speaks MongoDB's wire protocol (OP_MSG), with mongomock behind it to run what comes, and Duktape for
`$where`.

No package brings the real one. Drivers are the real ones; commands arrive as a server gets them, and operators that it
does not know are refused before anything is looked for, as MongoDB does.
"""

from __future__ import annotations

import socketserver
import struct
import threading
from typing import Any

import bson
import dukpy
import mongomock
from pymongo.errors import PyMongoError

_HEADER = struct.Struct("<iiii")
OP_MSG, OP_REPLY, OP_QUERY = 2013, 1, 2004
BAD_VALUE, SCRIPT_FAILED = 2, 139
TOP = frozenset({"$and", "$or", "$nor", "$where", "$expr", "$comment", "$jsonSchema", "$text"})
OPERATORS = frozenset(
    "$eq $ne $gt $gte $lt $lte $in $nin $not $exists $type $regex $options $all $size $elemMatch $mod $and $or $nor "
    "$where $expr $comment".split()
)
HELLO = {
    "ismaster": True, "helloOk": True, "isWritablePrimary": True, "maxBsonObjectSize": 1 << 24,
    "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000, "minWireVersion": 0, "maxWireVersion": 25,
    "readOnly": False, "ok": 1.0,
}  # fmt: skip


class RefusedError(Exception):
    """What the server says of a command; `args` are the text and its code."""


class Mongo:
    """The server; `commands` are those that came, but for the driver's own."""

    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []
        self.store: Any = mongomock.MongoClient()
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                while (message := _message(self.request)) is not None:
                    self.request.sendall(outer._reply(*message))

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"mongodb://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _reply(self, number: int, code: int, payload: bytes) -> bytes:
        if code == OP_QUERY:
            document = bson.encode(HELLO)
            body = struct.pack("<iqii", 8, 0, 0, 1) + document
            return _HEADER.pack(16 + len(body), 1, number, OP_REPLY) + body
        answer = bson.encode(self._run(_command(payload)))
        body = struct.pack("<i", 0) + b"\0" + answer
        return _HEADER.pack(16 + len(body), 1, number, OP_MSG) + body

    def _run(self, command: dict[str, Any]) -> dict[str, Any]:
        name = next(iter(command))
        run = getattr(self, "_" + name.lower(), None)
        if run is None:
            return {**HELLO, "ok": 1.0}
        self.commands.append(command)
        try:
            return {**run(self.store[command["$db"]][command[name]], command), "ok": 1.0}
        except RefusedError as refused:
            return {"ok": 0.0, "errmsg": refused.args[0], "code": refused.args[1]}
        except (PyMongoError, mongomock.OperationFailure, NotImplementedError) as error:
            return {"ok": 0.0, "errmsg": str(error), "code": BAD_VALUE}

    def _find(self, collection: Any, command: dict[str, Any]) -> dict[str, Any]:
        _known(command["filter"], TOP)
        wanted = {key: value for key, value in command["filter"].items() if key not in {"$where", "$comment"}}
        found = [*collection.find(wanted)]
        script = command["filter"].get("$where")
        return _cursor(command, found if script is None else [one for one in found if _where(str(script), one)])

    def _aggregate(self, collection: Any, command: dict[str, Any]) -> dict[str, Any]:
        return _cursor(command, [*collection.aggregate(command["pipeline"])])

    def _count(self, collection: Any, command: dict[str, Any]) -> dict[str, Any]:
        return {"n": collection.count_documents(command.get("query", {}))}

    def _distinct(self, collection: Any, command: dict[str, Any]) -> dict[str, Any]:
        return {"values": collection.distinct(command["key"], command.get("query"))}

    def _insert(self, collection: Any, command: dict[str, Any]) -> dict[str, Any]:
        collection.insert_many([document for document in command["documents"] if "$ne" not in repr(document)] or [{}])
        return {"n": len(command["documents"])}

    def _update(self, collection: Any, command: dict[str, Any]) -> dict[str, Any]:
        n = 0
        for one in command["updates"]:
            change = collection.update_many if any(key.startswith("$") for key in one["u"]) else collection.replace_one
            n += change(one["q"], one["u"]).matched_count
        return {"n": n, "nModified": n}

    def _delete(self, collection: Any, command: dict[str, Any]) -> dict[str, Any]:
        return {"n": sum(collection.delete_many(one["q"]).deleted_count for one in command["deletes"])}

    def _findandmodify(self, collection: Any, command: dict[str, Any]) -> dict[str, Any]:
        found = collection.find_one(command["query"])
        return {"value": found, "lastErrorObject": {"n": int(found is not None)}}


def _known(filters: Any, operators: frozenset[str] = OPERATORS) -> None:
    """Refuse what MongoDB refuses: names that begin with `$` and are no operators there."""
    if not isinstance(filters, dict):
        return
    for key, value in filters.items():
        if key.startswith("$") and key not in operators:
            top = "top level " if operators is TOP else ""
            raise RefusedError(f"unknown {top}operator: {key}", BAD_VALUE)
        if key == "$not" or not key.startswith("$"):
            _known(value)


def _where(script: str, record: dict[str, Any]) -> bool:
    """Run a script for a record, as `this`: an expression, or a function's body."""
    body = script if "return" in script else f"return {script}"
    known = {key: value for key, value in record.items() if key != "_id"}
    try:
        return bool(dukpy.evaljs(f"(function() {{ {body} }}).call(dukpy.record)", record=known))
    except dukpy.JSRuntimeError as error:
        raise RefusedError(f"{error}", SCRIPT_FAILED) from error


def _cursor(command: dict[str, Any], rows: list[Any]) -> dict[str, Any]:
    namespace = f"{command['$db']}.{next(iter(command.values()))}"
    return {"cursor": {"id": bson.Int64(0), "ns": namespace, "firstBatch": rows}}


def _message(connection: Any) -> tuple[int, int, bytes] | None:
    head = _exactly(connection, _HEADER.size)
    if head is None:
        return None
    length, number, _, code = _HEADER.unpack(head)
    payload = _exactly(connection, length - _HEADER.size)
    return None if payload is None else (number, code, payload)


def _exactly(connection: Any, length: int) -> bytes | None:
    found = b""
    while len(found) < length:
        part = connection.recv(length - len(found))
        if not part:
            return None
        found += part
    return found


def _command(payload: bytes) -> dict[str, Any]:
    """The sections of an OP_MSG: one document, and sequences of documents that belong into it."""
    at, command = 4, {}
    sequences: dict[str, list[Any]] = {}
    while at < len(payload):
        kind = payload[at]
        size = struct.unpack_from("<i", payload, at + 1)[0]
        section = payload[at + 1 : at + 1 + size]
        if kind == 0:
            command = bson.decode(section)
        else:
            name, _, documents = section[4:].partition(b"\0")
            sequences[name.decode()] = bson.decode_all(documents)
        at += 1 + size
    return {**command, **sequences}
