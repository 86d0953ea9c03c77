"""Benign requests through the demo shop, with a guard that blocks: `python -m bench.guard_benign [--count 100000]`.

Each text of benign_text.jsonl is sent in every place of input of the shop, and in some that it does not look at:
query, path, form, JSON, header, cookie, file and file name. Counted is what was stopped, and who was held for it.

The shop is vulnerable on purpose: ten of its inputs are pasted into SQL, a command line, a path or a page. There a text
with a quote is no benign input, whatever it means to say: it breaks the statement. So those get only the texts that
stay what they are by the engine's own word (SQLite, the shell's quoting rules, HTML's), as they do in the corpora.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import itertools
import json
import logging
import random
import shlex
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus, unquote

from bench.harness import report
from hauberk import Actors, Guard, Policy, protect
from hauberk.demo.shop import create_app
from hauberk.wire.set_cookie import SetCookie

TEXTS = Path(__file__).parents[2] / "shared" / "vectors" / "guard" / "benign_text.jsonl"
NAUGHTY = ("big-list", "coreruleset")
"""Sources whose texts are benign where they stay data, and look like attacks all the same."""
Fits = Callable[[str], bool]
Pairs = list[tuple[str, str]]


class Place(NamedTuple):
    """An input of the shop."""

    method: str
    path: str
    where: str
    """`query`, `path`, `form`, `json`, `header`, `cookie`, `upload`, `filename`."""
    name: str
    fits: Fits = bool
    """Which texts are benign here."""
    others: dict[str, Any] = {}  # noqa: RUF012 - read only
    """What goes with it."""


def in_string(text: str) -> bool:
    """Whether SQLite reads the text between quotes as that very text."""
    try:
        return bool(_ENGINE.execute(f"select '{text}'").fetchall() == [(text,)])
    except (sqlite3.Error, sqlite3.Warning, ValueError):
        return False


def word(text: str) -> bool:
    return text.isascii() and text.isalnum()


def digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def shell_word(text: str) -> bool:
    return shlex.quote(text) == text


def file_name(text: str) -> bool:
    return not any(mark in text for mark in ("/", "\\", "\0")) and text not in {".", ".."}


def plain(text: str) -> bool:
    """Whether a page may hold the text as it is."""
    return html.escape(text) == text


_ENGINE = sqlite3.connect(":memory:")
ADMIN = {"product": 1}
PLACES = (
    Place("GET", "/search", "query", "q", plain),
    Place("GET", "/search", "query", "size", in_string),
    Place("GET", "/catalogue", "query", "category"),
    Place("GET", "/catalogue", "query", "sort", word),
    Place("GET", "/api/products", "query", "category", in_string),
    Place("GET", "/api/products", "query", "size"),
    Place("GET", "/api/price", "query", "currency", others={"product": "1"}),
    Place("GET", "/api/orders/{}", "path", "number", digits),
    Place("GET", "/products/{}", "path", "number"),
    Place("GET", "/photos/{}", "path", "name", file_name),
    Place("GET", "/nothing/{}", "path", "rest"),
    Place("GET", "/care", "query", "guide", file_name),
    Place("GET", "/invoice", "query", "file", file_name),
    Place("GET", "/sizes", "query", "chest", plain),
    Place("GET", "/shipping/abroad", "query", "country", plain),
    Place("GET", "/shipping/label", "query", "text", shell_word),
    Place("GET", "/shipping/quote", "query", "postcode"),
    Place("GET", "/admin/carrier", "query", "host", shell_word),
    Place("GET", "/admin/slip", "query", "note"),
    Place("GET", "/admin", "query", "sort"),
    Place("GET", "/account", "query", "note"),
    Place("GET", "/healthz", "query", "anything"),
    Place("GET", "/", "cookie", "recently_viewed", digits),
    Place("GET", "/", "cookie", "note"),
    Place("GET", "/catalogue", "header", "x-note"),
    Place("GET", "/search", "header", "referer"),
    Place("GET", "/api/products/1", "header", "user-agent"),
    Place("POST", "/login", "form", "name", in_string, {"password": "x", "next": "/account"}),
    Place("POST", "/login", "form", "password", others={"name": "ada", "next": "/account"}),
    Place("POST", "/products/1/comments", "form", "text", plain, {"author": "ada"}),
    Place("POST", "/products/1/comments", "form", "author", plain, {"text": "lovely"}),
    Place("POST", "/account/email", "form", "email", plain),
    Place("POST", "/api/cart", "json", "voucher", in_string, {"product": 1, "quantity": 1}),
    Place("POST", "/api/cart", "json", "remark", others={"product": 1, "quantity": 1, "voucher": ""}),
    Place("POST", "/upload", "upload", "photo", others=ADMIN),
    Place("POST", "/upload", "filename", "photo", others=ADMIN),
)


def asked(place: Place, text: str, cookie: str) -> tuple[str, str, Pairs, bytes]:
    """Path, query, fields and body of the request that brings the text to the place."""
    path, query, body = place.path, "", b""
    fields = [("host", "shop.example"), ("sec-fetch-site", "same-origin"), ("user-agent", "Mozilla/5.0")]
    given = {name: str(value) for name, value in place.others.items()}
    if place.where == "path":
        path = path.format(quote(text, safe=""))
    elif place.where == "query":
        query = "&".join(f"{k}={quote_plus(v)}" for k, v in {**given, place.name: text, "page": "2"}.items())
    elif place.where == "header":
        fields = [pair for pair in fields if pair[0] != place.name] + [(place.name, _line(text))]
    elif place.where == "cookie":
        cookie += f"; {place.name}={quote(text)}"
    elif place.where == "form":
        body = "&".join(f"{k}={quote_plus(v)}" for k, v in {**given, place.name: text}.items()).encode()
        fields.append(("content-type", "application/x-www-form-urlencoded"))
    elif place.where == "json":
        body = json.dumps({**place.others, place.name: text}).encode()
        fields.append(("content-type", "application/json"))
    else:
        body = _multipart(place, text)
        fields.append(("content-type", "multipart/form-data; boundary=BOUNDARY"))
    if body:
        fields.append(("content-length", str(len(body))))
    return path, query, [*fields, ("cookie", cookie)], body


def _line(text: str) -> str:
    return " ".join(text.encode("latin-1", "replace").decode("latin-1").split())[:4_000]


def _multipart(place: Place, text: str) -> bytes:
    file, content = (text, "picture") if place.where == "filename" else ("photo.txt", text)
    file = "".join(" " if char in '\r\n"\0' else char for char in file)
    parts = [f'--BOUNDARY\r\nContent-Disposition: form-data; name="product"\r\n\r\n{place.others["product"]}']
    parts.append(f'--BOUNDARY\r\nContent-Disposition: form-data; name="photo"; filename="{file}"\r\n\r\n{content}')
    return ("\r\n".join(parts) + "\r\n--BOUNDARY--\r\n").encode("utf-8", "replace")


class Shop:
    """The shop under a policy, asked as a server asks it."""

    def __init__(self) -> None:
        policy = Policy.recommended().replace(
            guard=Guard(mode="block"),
            # The naughty strings come from a network of testers, everything else from ordinary visitors.
            actors=Actors(allow=("198.51.100.0/24",)),
        )
        self.app: Callable[..., Awaitable[None]] = protect(create_app(), policy)
        self.cookie = ""

    async def ask(
        self, method: str, path: str, query: str = "", fields: Pairs | None = None, body: bytes = b"", client: str = ""
    ) -> tuple[int, list[str]]:
        """Status, and the cookies that are set."""
        started: list[Any] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                started.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "scheme": "https",
            "client": (client or "203.0.113.1", 1),
            "server": ("shop.example", 443),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in fields or []],
            "state": {},
        }
        try:
            await self.app(scope, receive, send)
        except Exception:
            # The open shop's own faults (it shows a trace for a strange currency) are raised again for the server.
            if not started:
                raise
        cookies = [v.decode("latin-1") for k, v in started[0]["headers"] if k == b"set-cookie"]
        return started[0]["status"], cookies

    async def log_in(self) -> None:
        fields = [
            ("host", "shop.example"),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
        ]
        body = b"name=grace&password=hopper"
        status, cookies = await self.ask("POST", "/login", fields=fields, body=body)
        if status != 303:
            raise RuntimeError(f"the shop's keeper cannot log in: {status}")
        self.cookie = "; ".join(f"{c.name}={c.value}" for c in map(SetCookie.parse, cookies))


class Heard(logging.Handler):
    """What was decided, and what about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.events: Counter[str] = Counter()
        self.examples: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        members = record.__dict__.get("hauberk", {})
        self.events[members.get("event", "")] += 1
        if str(members.get("event", "")).startswith(("guard-", "actor-")) and len(self.examples) < 20:
            self.examples.append({k: v for k, v in members.items() if k != "stack"})


def texts(path: Path) -> list[tuple[str, bool]]:
    """Each text, and whether it is of the naughty kind."""
    facts = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(fact["text"], fact["source"].startswith(NAUGHTY)) for fact in facts]


def benign(known: list[tuple[str, bool]], dice: random.Random) -> Iterator[tuple[Place, str, bool]]:
    """Every text in every place where it is benign; then pairs of texts joined, without end."""
    known = dice.sample(known, len(known))
    for text, naughty in known:
        yield from ((place, text, naughty) for place in PLACES if place.fits(text))
    while True:
        (one, first), (two, second) = dice.choice(known), dice.choice(known)
        text = dice.choice((" ", ", ", "\n", " - ", "; ", "/")).join((one, two))[:2_000]
        yield from ((place, text, first or second) for place in PLACES if place.fits(text))


async def run(path: Path, count: int, progress: Callable[[int], None] = lambda done: None) -> dict[str, Any]:
    """Send so many requests, and say what became of them."""
    heard, shop = Heard(), Shop()
    logger = logging.getLogger("hauberk.decisions")
    logger.addHandler(heard)
    logger.propagate, propagated = False, logger.propagate
    faults = logging.getLogger("hauberk")
    levels = faults.level, logger.level
    faults.setLevel(logging.CRITICAL)  # the shop's own faults, such as an unknown column
    logger.setLevel(logging.WARNING)
    statuses: Counter[int] = Counter()
    places: Counter[str] = Counter()
    began = time.perf_counter()
    try:
        await shop.log_in()
        for number, (place, text, naughty) in enumerate(itertools.islice(benign(texts(path), random.Random(6)), count)):
            path_, query, fields, body = asked(place, text, shop.cookie)
            visitor = number % 5_000
            client = "198.51.100.9" if naughty else f"203.0.{visitor // 250}.{visitor % 250 + 1}"
            status, _ = await shop.ask(place.method, path_, query, fields, body, client)
            statuses[status] += 1
            places[place.where] += 1
            if number % 5_000 == 0:
                progress(number)
    finally:
        logger.removeHandler(heard)
        logger.propagate = propagated
        faults.setLevel(levels[0])
        logger.setLevel(levels[1])
    return {
        "requests": sum(statuses.values()),
        "by place": dict(places),
        "statuses": {str(status): statuses[status] for status in sorted(statuses)},
        "blocked by the guard": heard.events["guard-blocked"],
        "said by the guard and let pass": heard.events["guard-observed"],
        "held": heard.events["actor-held"],
        "other decisions": {k: v for k, v in heard.events.items() if not k.startswith(("guard-", "actor-"))},
        "examples": heard.examples,
        "seconds": round(time.perf_counter() - began, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--texts", type=Path, default=TEXTS)
    given = parser.parse_args()

    def say(done: int) -> None:
        print(f"{done:,} of {given.count:,}", file=sys.stderr)

    found = asyncio.run(run(given.texts, given.count, say))
    report("guard_benign", found)
    return 1 if found["blocked by the guard"] or found["held"] else 0


if __name__ == "__main__":
    sys.exit(main())
