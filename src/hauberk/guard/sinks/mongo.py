"""MongoDB: every command as PyMongo writes it to the wire, for its blocking and its asyncio API, and for Motor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial, wraps
from types import ModuleType
from typing import Any

from hauberk.core.exchange import Exchange
from hauberk.guard.carry import MARK, listened
from hauberk.guard.documents import documents
from hauberk.guard.imports import when_imported
from hauberk.guard.inputs import Inputs, every
from hauberk.guard.likeness import judge_changed
from hauberk.guard.listeners import exchange, recorder
from hauberk.guard.nosql import Brought, Node, brought, judge_script, judged, nodes, scripts
from hauberk.guard.request import RequestGuard
from hauberk.guard.seen import SEEN
from hauberk.guard.sensor import sense, sense_found
from hauberk.guard.verdict import Judgement

DIALECT = "mongodb"
SHOWN = 2_000
"""How much of a command an event shows."""
_BULK = {1: ("update", "updates"), 2: ("delete", "deletes")}
"""By the number of the operation (`pymongo.bulk_shared`): 0 inserts, which interprets nothing."""


def look(command: Mapping[str, Any]) -> None:
    """Say which command is about to be sent. Raises BlockedError."""
    ex, events = exchange(), recorder()
    if events is None and (ex is None or ex.guard.modes["nosql"] == "off"):
        return
    found = nodes(command)
    name = next(iter(command), "")
    for script in scripts(command):
        sense(
            "nosql",
            f"pymongo.{name}",
            script,
            partial(judge_script, script),
            dialect="javascript",
            altered=judge_changed(script, judge_script),
        )
    if not found and events is None:
        return
    where = f"{command.get(name)}.{name}"
    if events is None and ex is not None and not _brought(ex):
        _learn(ex, where, found)
        return
    shown = repr({key: value for key, value in command.items() if not key.startswith("$") and key != "lsid"})
    sense_found("nosql", f"pymongo.{name}", shown[:SHOWN], partial(_search, where, found), dialect=DIALECT)


def _brought(ex: Exchange) -> Brought:
    guard: RequestGuard = ex.guard
    return guard.once(ex, "operators", _operators)


def _operators(ex: Exchange) -> Brought:
    # Names of fields and keys of JSON are parts of objects, which the documents have.
    values = (
        (name, value) for name, value in every(ex) if not name.startswith("json:") and name.partition(":")[2] != value
    )
    return brought(documents(ex), values)


def _learn(ex: Exchange, where: str, found: list[Node]) -> None:
    """Remember operators that the application wrote itself: those of a request that could bring none."""
    inputs = ex.guard.inputs(ex)
    if inputs.complete and inputs.plain:
        for node in found:
            SEEN.add("nosql", _key(where, node))


def _key(where: str, node: Node) -> str:
    return f"{where} {node.path} {' '.join(node.operators)}"


def _search(where: str, found: list[Node], ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
    request = _brought(ex)
    for node in found:
        if not SEEN.knows("nosql", _key(where, node)):
            yield from ((name, "", judgement) for name, judgement in judged(node, request))


def _command(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def op_msg(flags: int, command: Any, *args: Any, **options: Any) -> Any:
        if listened():
            look(command)
        return original(flags, command, *args, **options)

    return op_msg


def _batch(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def batched(namespace: str, operation: int, command: Any, docs: Any, *args: Any, **options: Any) -> Any:
        if listened() and operation in _BULK:
            name, statements = _BULK[operation]
            look({name: namespace.partition(".")[2], statements: [*docs]})
        return original(namespace, operation, command, docs, *args, **options)

    return batched


def _client_batch(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def batched(command: Any, operations: Any, namespaces: Any, *args: Any, **options: Any) -> Any:
        if listened():
            for (kind, statement), namespace in zip(operations, namespaces, strict=False):
                _look_at_statement(kind, statement, namespace)
        return original(command, operations, namespaces, *args, **options)

    return batched


def _look_at_statement(kind: str, statement: Mapping[str, Any], namespace: str) -> None:
    """One statement of a `bulkWrite` of the client (MongoDB 8), in the words of the older commands."""
    name = namespace.partition(".")[2]
    if kind == "update":
        parts = {"q": statement.get("filter"), "u": statement.get("updateMods")}
        look({"update": name, "updates": [parts | {"arrayFilters": statement.get("arrayFilters")}]})
    elif kind == "delete":
        look({"delete": name, "deletes": [{"q": statement.get("filter")}]})


_WATCHED = {"_op_msg": _command, "_do_batched_op_msg": _batch, "_client_do_batched_op_msg": _client_batch}


def _patch(module: ModuleType) -> list[str]:
    names = vars(module)
    for name, watched in _WATCHED.items():
        original = names.get(name)
        if original is None and name == "_client_do_batched_op_msg":
            continue  # Before PyMongo 4.9.
        if not getattr(names[name], MARK, False):
            replacement = watched(names[name])
            setattr(replacement, MARK, True)
            names[name] = replacement
    return ["pymongo.message"]


def install() -> list[str]:
    """Watch PyMongo where it is imported, now or later; what is hooked."""
    return when_imported("pymongo.message", _patch)
