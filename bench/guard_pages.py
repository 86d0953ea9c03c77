"""What looking at answers costs: `python -m bench.guard_pages`, one JSON object.

A bare WSGI application that answers a page of 20 kB, with the guard looking at what leaves and without. No sink is
reached, so that nothing but the answer makes the guard read anything.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from html import escape
from typing import Any
from urllib.parse import parse_qs, quote, urlencode

from bench.harness import added, medians, microseconds, report
from hauberk.adapters.wsgi import WSGIShield
from hauberk.core.plan import Plan
from hauberk.guard import Guard

ROW = '<tr class="row"><td><a href="/items/{0}" title="Item {0}">Item {0}</a></td><td>{1}</td></tr>\n'
PAGE = (
    "<!doctype html><html><head><title>Items</title><script src=/app.js></script></head><body><h1>Items</h1>"
    "<form><input name='q' value='@'></form><table>"
    + "".join(ROW.format(n, n * 7) for n in range(230))
    + "</table><script>start({rows: 230, mode: 'list'}); track('items');</script></body></html>"
)
FORM = urlencode({f"f{n}": f"some text, number {n}; it's all" for n in range(31)}).encode()
WITHOUT = Plan.of([Guard(mode="block", xss="off", redirect="off", header="off")])
LOOKING = Plan.of([Guard(mode="block")])
HEADERS = {
    "HTTP_HOST": "shop.example",
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0",
    "HTTP_ACCEPT": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9",
    "HTTP_SEC_CH_UA": '"Chromium";v="143", "Not A(Brand";v="24"',
    "HTTP_SEC_FETCH_SITE": "same-origin",
    "HTTP_REFERER": "https://shop.example/items",
    "HTTP_COOKIE": "session=Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3JhdWx0; theme=dark",
}


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    body = PAGE
    environ["wsgi.input"].read()
    if query := environ["QUERY_STRING"]:
        shown = escape(parse_qs(query)["q"][0])
        body = (
            body.replace("</table>", f"</table><p>{shown}</p>")
            if query.startswith("end=")
            else body.replace("@", shown)
        )
    if environ["PATH_INFO"] == "/json":
        start("200 OK", [("Content-Type", "application/json")])
        return [b'{"items": []}']
    start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [body.encode()]


def _once(run: Any, path: str, query: str, body: bytes) -> Callable[[], object]:
    def once() -> object:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST" if body else "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            **HEADERS,
        }
        environ |= {"wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "https"}
        if body:
            environ |= {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body))}
        return list(run(environ, lambda status, headers, exc_info=None: None))

    return once


CASES = {
    "JSON, an attack in the query": ("/json", "q=" + quote("<script>alert(1)</script>"), b""),
    "page, nothing risky in the request": ("/", "q=teapot", b""),
    "page, a quote in the query, shown escaped": ("/", "q=" + quote("teapot, it's blue"), b""),
    "page, markup in the query, shown escaped": ("/", "q=" + quote('<b>teapot</b> & "blue"'), b""),
    "page, the same, shown at its end": ("/", "end=1&q=" + quote('<b>teapot</b> & "blue"'), b""),
    "page after a form of 31 fields with quotes": ("/", "", FORM),
}


def results() -> dict[str, Any]:
    found = {}
    for name, (path, query, body) in CASES.items():
        plans = {"without": WITHOUT, "looking": LOOKING}
        subjects = {kind: _once(WSGIShield(app, plan).run, path, query, body) for kind, plan in plans.items()}
        figures = microseconds(subjects, rounds=9, calls=40)
        found[name] = {"medians": medians(figures), "added": added(figures, "without")["looking"]}
    return found


if __name__ == "__main__":
    report("guard_pages", results())
