"""Which globals does a pickle in a request name? Read by its opcodes, never loaded (CWE-502).

An attack is a load of a global that a pickle of the request names: whoever writes a pickle chooses what runs. Plain
data is left alone, and so are the classes that hold nothing else.
"""

from __future__ import annotations

import pickletools
import re
from collections.abc import Iterable, Iterator
from itertools import islice

from hauberk.guard.verdict import Judgement

ANY = ("", "")
"""Stands for a global whose name is computed."""
MOST_OPCODES = 200_000
MOST_STARTS = 64
ATTACK = Judgement("attack", "a pickle in the request names what is loaded")

_PROTOCOL = re.compile(rb"\x80[\x00-\x05]")
_TEXT = re.compile(rb"[ci]([\w.]+)\n([\w.]+)\n")
_PUSHES_TEXT = frozenset(
    {"STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
)
_REMEMBERS = frozenset({"MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"})
_RECALLS = frozenset({"GET", "BINGET", "LONG_BINGET"})
_WIDTHS = {
    pickletools.TAKEN_FROM_ARGUMENT1: 1,
    pickletools.TAKEN_FROM_ARGUMENT4: 4,
    pickletools.TAKEN_FROM_ARGUMENT4U: 4,
    pickletools.TAKEN_FROM_ARGUMENT8U: 8,
}
_OPCODES = {
    ord(op.code): (op.name, 0 if op.arg is None else op.arg.n) for op in pickletools.opcodes if len(op.code) == 1
}
"""Names, and how an argument is written: so many octets, a line, or a length first."""
_HARMLESS = {
    "builtins": {
        "bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int", "list", "object", "range", "set",
        "slice", "str", "tuple",
    },
    "collections": {"Counter", "OrderedDict", "deque"},
    "copyreg": {"_reconstructor", "__newobj__", "__newobj_ex__"},
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
    "fractions": {"Fraction"},
    "ipaddress": {"IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network"},
    "uuid": {"UUID", "SafeUUID"},
    "zoneinfo": {"ZoneInfo._unpickle"},
    "_codecs": {"encode"},
    "numpy": {"dtype", "ndarray"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.numeric": {"_frombuffer"},
    "numpy._core.numeric": {"_frombuffer"},
}  # fmt: skip
_OLD_NAMES = {"__builtin__": "builtins", "copy_reg": "copyreg"}


def harmless(module: str, name: str) -> bool:
    """Whether a global is a class of plain data, or a function that makes one of those and nothing else."""
    return name in _HARMLESS.get(_OLD_NAMES.get(module, module), ())


def named(blob: bytes) -> set[tuple[str, str]]:
    """The globals, as module and name, of every pickle in some octets; `ANY` among them if one is computed."""
    found = {(m.decode("latin-1"), n.decode("latin-1")) for m, n in _TEXT.findall(blob)}
    starts = [0, *(match.start() for match in islice(_PROTOCOL.finditer(blob), MOST_STARTS))]
    for start in dict.fromkeys(starts):
        found |= set(_globals(_opcodes(blob[start:])))
    return found


def _opcodes(blob: bytes) -> Iterator[tuple[str, bytes]]:
    """Opcodes with their arguments, as far as they go: a pickle does its work before the end of it is seen.

    Arguments are not looked into: a reader that is stricter than the unpickler would be led astray.
    """
    at = 0
    for _ in range(MOST_OPCODES):
        known = _OPCODES.get(blob[at]) if at < len(blob) else None
        if known is None:
            return
        name, size = known
        at += 1
        end = at + size
        if size in _WIDTHS:
            begin = at + _WIDTHS[size]
            end = begin + int.from_bytes(blob[at:begin], "little")
            at = begin
        elif size < 0:
            end = _line(blob, at, 2 if name in {"GLOBAL", "INST"} else 1)
        if end > len(blob):
            return
        yield name, blob[at:end]
        at = end
    yield "STACK_GLOBAL", b""


def _line(blob: bytes, at: int, lines: int) -> int:
    """Where so many lines end; beyond the octets where they don't."""
    for _ in range(lines):
        found = blob.find(b"\n", at)
        if found < 0:
            return len(blob) + 1
        at = found + 1
    return at


def _globals(opcodes: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, str]]:
    """What is named, by following texts alone: a name that comes to the stack in another way is `ANY`."""
    pushed: list[str | None] = []
    memo: dict[int, str | None] = {}
    texts = 0
    for name, argument in opcodes:
        if name in {"GLOBAL", "INST"}:
            module, attribute = argument.decode("utf-8", "replace").split("\n")[:2]
            yield module, attribute
            pushed.append(None)
            texts += 2
        elif name in _PUSHES_TEXT:
            pushed.append(_text(name, argument))
            texts += 1
        elif name in _REMEMBERS:
            memo[len(memo) if name == "MEMOIZE" else _number(name, argument)] = pushed[-1] if pushed else None
        elif name in _RECALLS:
            pushed.append(memo.get(_number(name, argument)))
        elif name == "STACK_GLOBAL" and texts > 1:
            module_or_none, attribute_or_none = (None, None, *pushed)[-2:]
            resolved = module_or_none is not None and attribute_or_none is not None
            yield (module_or_none or "", attribute_or_none or "") if resolved else ANY
            pushed.append(None)
        elif name.startswith("EXT") and texts:
            yield ANY
        elif name not in {"PROTO", "FRAME"}:
            pushed.append(None)


def _text(name: str, argument: bytes) -> str | None:
    """A text as the unpickler has it; None where that takes more than reading."""
    try:
        if name == "UNICODE":
            return argument[:-1].decode("raw-unicode-escape")
        if name == "STRING":
            return None if b"\\" in argument else argument.strip()[1:-1].decode("ascii")
        return argument.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None


def _number(name: str, argument: bytes) -> int:
    if name not in {"GET", "PUT"}:
        return int.from_bytes(argument, "little")
    return int(argument) if argument.strip().isdigit() and len(argument) < 20 else -1
