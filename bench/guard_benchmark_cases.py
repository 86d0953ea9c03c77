"""The cases of a checkout of OWASP BenchmarkPython, as far as a driver must know them: read from their source.

Where a case takes its value from, what is sent there, and by what one sees that an attack worked. The guard knows
nothing of this file, and it judges by effects alone: a file that was opened, a mark that was left, rows that came back.
"""

from __future__ import annotations

import base64
import builtins
import csv
import os
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus, urlsplit

CANARY, ABSENT = "canaryfile.txt", "absentfile.txt"
"""Two names of a folder that no case has business in: a file that is there, and one that is not."""
SECRET = "the canary sings"
HOST = "localhost:5000"
_MARK = "__import__('builtins').__dict__.update(breached=1)"


class Case(NamedTuple):
    """One case."""

    name: str
    cls: str
    real: bool
    """Whether the target says that it can be attacked."""
    path: str
    source: str
    """Where its value comes from; empty where nothing can be sent there."""
    field: str


class Answer(NamedTuple):
    """What came back, and what happened meanwhile."""

    status: int
    text: str
    location: str
    opened: tuple[str, ...]
    """Files that were opened, as absolute paths."""


Send = Callable[[Case, str], Answer]

_SOURCES = (
    ("header_name", re.compile(r"request\.headers\.keys\(")),
    ("form_name", re.compile(r"request\.form\.keys\(")),
    ("path", re.compile(r"request\.path\.split\(")),
    ("cookie", re.compile(r"\.cookies\.get\(|\.get_cookie\(")),
    ("form", re.compile(r"request\.form\.get|\.get_form_parameter\(")),
    ("query", re.compile(r"request\.args\.get|\.get_query_parameter\(|request\.query_string")),
    ("header", re.compile(r"request\.headers\.(?:get|getlist)\(\s*[\"'](?P<field>[^\"']+)")),
    ("form", re.compile(r"\.get_safe_value\(")),
)
_UNSENDABLE = frozenset({"header_name", "path"})
"""What a client cannot fill with an attack: names of fields are tokens, and the path decides which case is asked."""


def cases(root: Path) -> Iterator[Case]:
    """Every case of the checkout."""
    with next(root.glob("expectedresults-*.csv")).open(encoding="utf-8") as lines:
        for row in csv.reader(line for line in lines if not line.startswith("#")):
            name, cls, real = row[0], row[1], row[2] == "true"
            code = (root / "testcode" / f"{name}.py").read_text(encoding="utf-8")
            path = re.search(rf"route\('(/[^']*{name})'", code)
            if path is None:
                raise ValueError(f"{name} has no route")
            code = code[code.rindex("methods=['POST']") :]
            for source, pattern in _SOURCES:
                if (found := pattern.search(code)) is not None:
                    field = found.groupdict().get("field") or name
                    yield Case(name, cls, real, path[1], "" if source in _UNSENDABLE else source, field)
                    break
            else:
                yield Case(name, cls, real, path[1], "", name)


def arguments(case: Case, value: str) -> dict[str, Any]:
    """What Flask's test client is told, so that the case gets the value."""
    sent: dict[str, Any] = {"method": "POST", "base_url": f"http://{HOST}", "headers": {}}
    if case.source == "cookie":
        sent["headers"]["Cookie"] = f"{case.field}={quote_plus(value)}"
    elif case.source == "header":
        sent["headers"][case.field] = value.replace("\n", " ")
    elif case.source == "query":
        sent["query_string"] = f"{case.field}={quote(value)}"
    else:
        pair = (value, case.field) if case.source == "form_name" else (case.field, value)
        sent["data"] = "=".join(map(quote_plus, pair))
        sent["content_type"] = "application/x-www-form-urlencoded"
    return sent


def _pickle(code: str) -> str:
    text = f"cbuiltins\nexec\n(V{code}\ntR.".encode()
    return base64.urlsafe_b64encode(text).decode()


def _plain_pickle() -> str:
    import pickle

    return base64.urlsafe_b64encode(pickle.dumps({"text": "plain data", "at": 3})).decode()


def _entity(path: Path) -> str:
    return f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file://{path}">]><a>&x;</a>'


def attacks(cls: str, root: Path) -> tuple[str, ...]:
    """Texts that are attacks of a class where nothing is in their way."""
    canary = root / CANARY
    return {
        "sqli": ("x' OR '1'='1", "x' UNION SELECT username FROM USERS--", "x' or 1=1 /*"),
        "pathtraver": (f"../{CANARY}", str(canary), f"x/../../{CANARY}", f"/../{CANARY}"),
        "cmdi": ("; echo pw$((40+2))ned", "a && echo pw$((40+2))ned", "$(echo pw$((40+2))ned)", "`echo pw42ned`",
                 "a\necho pw$((40+2))ned"),
        "codeinj": (_MARK, f"{_MARK}#", f"[{_MARK}]"),
        "xxe": (_entity(canary), _entity(canary).replace('<?xml version="1.0"?>', "")),
        "redirect": ("http://attacker.example/", "//attacker.example/x", "/\\attacker.example",
                     f"http://{HOST}@attacker.example/"),
        "deserialization": (f'!!python/object/apply:exec ["{_MARK}"]', _pickle(_MARK),
                            f'{{text: !!python/object/apply:builtins.exec ["{_MARK}"]}}'),
        "xss": ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
                "<a href=javascript:alert(1)>x</a>"),
        "xpathi": ("x' or '1'='1", "x' or ''='", "x'] | //* | /x[y='", "x\" or \"1\"=\"1"),
        "ldapi": ("*", "*)(uid=*", "*)(objectclass=*", "x)(|(uid=*)"),
    }[cls]  # fmt: skip


def benign(cls: str, root: Path) -> tuple[str, ...]:
    """Texts of the kind that a user of such a page sends."""
    words = ("Ada Lovelace", "report 2024", "a-b_c.d")
    return {
        "sqli": (*words, "select a good book", "50 % off"),
        "pathtraver": ("FileName", "notes.txt", "sub/notes.txt", "a..b"),
        "cmdi": ("ECHOOO", "report-2024.txt", "a.b_c", "user@shop.example", "/var/log/x"),  # one word each
        "codeinj": ("'ECHOOO'", "'a text, with (brackets)'", "42"),
        "xxe": ("<test>Hello from Venus</test>", '<?xml version="1.0"?><a b="c">x &amp; y</a>', "no xml"),
        "redirect": (f"http://{HOST}/", "/next?x=1", "next/page", f"http://{HOST}/a//b"),
        "deserialization": ("name: safe data\ntext: plain", _plain_pickle(), "{text: plain}"),
        "xss": ("SafeText", "Ada & Bob", "a < b and c > d", "<b>bold</b>", 'she said "hi"'),
        "xpathi": ("2222", *words),
        "ldapi": ("Ms Bar", "foo", *words),
    }[cls]


CLASSES = (
    "sqli", "pathtraver", "cmdi", "codeinj", "xxe", "redirect", "deserialization", "xpathi", "ldapi", "xss",
)  # fmt: skip


class _Scripts(HTMLParser):
    found = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= tag == "script" or any(
            name.startswith("on") or (value or "").strip().startswith("javascript:") for name, value in attrs
        )


def _scripted(answer: Answer) -> bool:
    parser = _Scripts()
    parser.feed(answer.text)
    parser.close()
    return parser.found


def _read(answer: Answer, root: Path) -> bool:
    return str(root / CANARY) in answer.opened or SECRET in answer.text


def told(send: Send, case: Case, value: str, answer: Answer) -> bool:
    """Whether the answer tells a file that is there from one that is not."""
    other = send(case, value.replace(CANARY, ABSENT))
    same = (other.status, other.text.replace(Path(ABSENT).stem, Path(CANARY).stem))
    return answer.status == 200 and same != (answer.status, answer.text)


def _marked() -> bool:
    return builtins.__dict__.pop("breached", None) is not None


def works(send: Send, case: Case, value: str, root: Path) -> tuple[bool, Answer]:
    """Send an attack; whether it did what it is for."""
    _marked()
    answer = send(case, value)
    text = answer.text
    if case.cls == "pathtraver":
        return _read(answer, root), answer
    if case.cls == "redirect":
        host = urlsplit(answer.location.replace("\\", "/")).hostname or ""
        return host == "attacker.example", answer
    return {
        "sqli": "User01" in text and "User02" in text,
        "cmdi": "pw42ned" in text,
        "xxe": _read(answer, root),
        "xss": _scripted(answer),
        "xpathi": "Sherlock" in text and "Mycroft" in text,
        "ldapi": text.count("Record found") > 1,
    }.get(case.cls, _marked()), answer


def opened_files() -> Callable[[], tuple[str, ...]]:
    """Watch what is opened, from here on; call the result for what was since its last call.

    To be called after the guard is there: hooks are asked in order, and what the guard stops is not opened.
    """
    import sys

    seen: list[str] = []

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(args[0], str):
            seen.append(args[0])

    sys.addaudithook(hook)

    def since() -> tuple[str, ...]:
        paths = tuple(os.path.realpath(name) for name in seen)
        seen.clear()
        return paths

    return since
