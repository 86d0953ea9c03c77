"""An application that believes what requests say of host, proxy and verb: each hole beside a twin. For tests only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, abort, jsonify, redirect, request

app = Flask("proxied")
FIXED = "https://shop.example"


def host() -> str:
    return request.headers.get("X-Forwarded-Host", "shop.example")


def page(body: str, **headers: str) -> Response:
    answer = Response(f"<!DOCTYPE html><title>page</title>{body}", mimetype="text/html")
    answer.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return answer


@app.get("/")
def home() -> Response:
    links = "".join(f"<a href='{path}'>x</a>" for path, _ in (*HOLES, *TWINS) if not path.endswith("forgotten"))
    forms = "".join(f"<form method=post action=/{side}/forgotten><input name=mail></form>" for side in ("open", "safe"))
    return page(links + forms)


def link() -> Response:
    return page(f"<a href='http://{request.host}/help?q={len(request.args)}'>help</a>")


def link_safe() -> Response:
    """It says under which name it was called, and leads nowhere with that."""
    return page(f"<p>called as http://{request.host}/</p><a href=/help>help</a><a href='{FIXED}/help'>help</a>")


def forwarded() -> Any:
    return redirect(f"https://{request.headers.get('X-Forwarded-Host', request.host)}/basket")


def forwarded_safe() -> Any:
    if request.headers.get("X-Forwarded-Host", request.host) != request.host or not request.host.startswith("127."):
        abort(400)
    return redirect(f"http://{request.host}/basket")


def reset() -> Any:
    return jsonify(mail=f"To set a new password follow http://{request.host}/new?token=t", to=request.form["mail"])


def reset_safe() -> Any:
    return jsonify(mail=f"To set a new password follow {FIXED}/new?token=t", to=request.form["mail"])


def cached() -> Response:
    return page(f"<script src='https://{host()}/app.js'></script>", Cache_Control="public, max-age=60")


def cached_safe() -> Response:
    """The cache is told what the answer depends on."""
    return page(f"<p>{host()}</p>", Cache_Control="public, max-age=60", Vary="X-Forwarded-Host")


def rewritten() -> Response:
    wanted = request.headers.get("X-Original-URL", request.path)
    return page(f"<p>{'home' if wanted == '/' else 'news'}</p>", Cache_Control="max-age=60")


def rewritten_safe() -> Response:
    """Nobody else sees what it says."""
    wanted = request.headers.get("X-Original-URL", request.path)
    return page(f"<p>{'home' if wanted == '/' else 'news'}</p>", Cache_Control="private, max-age=60")


def verb() -> Response:
    if request.method == "GET":
        abort(403)
    return page("<p>the books</p>")


def verb_safe() -> Response:
    abort(403)


def override() -> Response:
    if request.headers.get("X-HTTP-Method-Override") != "GET" or request.method != "POST":
        abort(401 if request.method == "GET" else 405)
    return page("<p>the books</p>")


def override_safe() -> Response:
    """POST does something else here, with the header as without it."""
    if request.method != "POST":
        abort(401)
    return page("<p>thanks</p>")


Row = tuple[str, Callable[[], Any]]
HOLES: dict[Row, set[tuple[str, str | None]]] = {
    ("/open/link", link): {("host-header", "host")},
    ("/open/forwarded", forwarded): {("host-header", "x-forwarded-host")},
    ("/open/forgotten", reset): {("host-header", "host")},
    ("/open/cached", cached): {("cache-poisoning", "x-forwarded-host")},
    ("/open/rewritten", rewritten): {("cache-poisoning", "x-original-url")},
    ("/open/verb", verb): {("method-tampering", None)},
    ("/open/override", override): {("method-tampering", None)},
}
TWINS: tuple[Row, ...] = (
    ("/safe/link", link_safe),
    ("/safe/forwarded", forwarded_safe),
    ("/safe/forgotten", reset_safe),
    ("/safe/cached", cached_safe),
    ("/safe/rewritten", rewritten_safe),
    ("/safe/verb", verb_safe),
    ("/safe/override", override_safe),
)
VERBS = {"forgotten": ["POST"], "verb": ["GET", "HBK"], "override": ["GET", "POST"]}
for _path, _view in (*HOLES, *TWINS):
    app.add_url_rule(_path, _path, _view, methods=VERBS.get(_path.rpartition("/")[2], ["GET"]))
