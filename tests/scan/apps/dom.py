"""Pages whose scripts run what they are handed, each beside a twin that does not. For tests only.

One entry is a source and a sink; `safe` is the same page with the sink closed.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

HASH = "decodeURIComponent(location.hash.slice(1))"
QUERY = "new URLSearchParams(location.search)"
OUT = "document.getElementById('out')"
PAGES: dict[str, tuple[str, str]] = {
    # name: (open, safe)
    "hash-innerhtml": (f"{OUT}.innerHTML = {HASH};", f"{OUT}.textContent = {HASH};"),
    "hash-write": (f"document.write('<p>' + {HASH} + '</p>');", f"document.body.append({HASH});"),
    "hash-eval": (
        "if (location.hash) eval(location.hash.slice(1));",
        "if (location.hash) Number(location.hash.slice(1));",
    ),
    "hash-change": (
        f"onhashchange = () => {{ {OUT}.innerHTML = {HASH}; }};",
        f"onhashchange = () => {{ {OUT}.textContent = {HASH}; }};",
    ),
    "query-timer": (
        f"setTimeout(\"window.shown = '\" + ({QUERY}.get('note') || '') + \"'\", 10);",
        f"setTimeout(() => {{ window.shown = {QUERY}.get('note'); }}, 10);",
    ),
    "query-href": (
        f"const a = document.createElement('a'); a.textContent = 'back'; a.href = {QUERY}.get('back') || '/';"
        " document.body.append(a);",
        f"const a = document.createElement('a'); a.textContent = 'back'; const to = {QUERY}.get('back') || '/';"
        " a.href = /^\\/(?![\\/\\\\])/.test(to) ? to : '/'; document.body.append(a);",
    ),
    "query-onclick": (
        f"window.pick = () => 0; {OUT}.setAttribute('onclick', 'pick(\"' + ({QUERY}.get('pick') || '') + '\")');",
        f"{OUT}.onclick = () => {QUERY}.get('pick');",
    ),
    "query-script": (
        f"const s = document.createElement('script'); s.src = {QUERY}.get('plugin') || '/none.js';"
        " document.body.append(s);",
        f"const s = document.createElement('script'); const n = {QUERY}.get('plugin') || '';"
        " s.src = '/plugins/' + (n === 'chart' ? n : 'none') + '.js'; document.body.append(s);",
    ),
    "query-leave": (
        f"const to = {QUERY}.get('onward'); if (to && /^(https?:)?\\/\\//.test(to)) location.assign(to);",
        f"const to = {QUERY}.get('onward'); if (to && /^\\/(?![\\/\\\\])/.test(to)) location.assign(to);",
    ),
    "window-name": (f"{OUT}.innerHTML = window.name;", f"{OUT}.textContent = window.name;"),
    "message-eval": (
        "addEventListener('message', (e) => { const m = JSON.parse(e.data); if (m.kind === 'run') eval(m.code); });",
        "addEventListener('message', (e) => { if (e.origin !== location.origin) return; const m = JSON.parse(e.data);"
        " if (m.kind === 'run') eval(m.code); });",
    ),
    "message-loose": (
        "onmessage = (e) => { if (e.origin.indexOf(location.hostname) < 0) return;"
        " document.body.innerHTML = e.data.html; };",
        "onmessage = (e) => { if (e.origin !== location.origin) return; document.body.innerHTML = e.data.html; };",
    ),
    "referrer-write": (
        f"{OUT}.innerHTML = decodeURIComponent(document.referrer);",
        f"{OUT}.textContent = decodeURIComponent(document.referrer);",
    ),
    "storage-html": (
        f"{OUT}.innerHTML = localStorage.getItem('greeting') || 'hello';",
        f"{OUT}.textContent = localStorage.getItem('greeting') || 'hello';",
    ),
}
FOUND: dict[str, tuple[str, str | None, str]] = {
    "hash-innerhtml": ("dom-xss", "fragment", "fragment"),
    "hash-write": ("dom-xss", "fragment", "fragment"),
    "hash-eval": ("dom-xss", "fragment", "fragment"),
    "hash-change": ("dom-xss", "fragment", "fragment"),
    "query-timer": ("dom-xss", "query", "note"),
    "query-href": ("dom-xss", "query", "back"),
    "query-onclick": ("dom-xss", "query", "pick"),
    "query-script": ("dom-xss", "query", "plugin"),
    "query-leave": ("open-redirect", "query", "onward"),
    "window-name": ("dom-xss", None, "window.name"),
    "message-eval": ("dom-xss", None, "postMessage"),
    "message-loose": ("dom-xss", None, "postMessage"),
    "referrer-write": ("dom-xss", "header", "referer"),
    "storage-html": ("dom-xss", None, "localStorage:greeting"),
}
NOTES: list[str] = []


async def home(_: Request) -> HTMLResponse:
    links = "".join(f"<a href='/{kind}/{name}'>x</a>" for name in PAGES for kind in ("open", "safe"))
    more = "<a href='/said?word=x'>said</a><a href='/notes'>notes</a><a href='/out'>out</a>"
    away = "<img src='https://elsewhere.example/pixel.gif'><iframe src='https://elsewhere.example/'></iframe>"
    return HTMLResponse(f"<!DOCTYPE html><title>home</title>{links}{more}{away}")


async def page(request: Request) -> HTMLResponse:
    _, kind, name = request.url.path.split("/")
    script = PAGES[name][kind == "safe"]
    body = f"<!DOCTYPE html><title>page</title><div id=out></div><script>{script}</script>"
    return HTMLResponse(body)


async def said(request: Request) -> HTMLResponse:
    """Reflected: what a browser is asked to confirm."""
    return HTMLResponse(f"<!DOCTYPE html><title>said</title><p>You said {request.query_params.get('word', '')}</p>")


async def notes(request: Request) -> Response:
    """Stored."""
    if request.method == "POST":
        NOTES.append(str((await request.form()).get("text", "")))
        return RedirectResponse("/notes", status_code=303)
    shown = "".join(f"<li>{note}" for note in NOTES[-60:])
    form = "<form method=post action=/notes><input name=text><button>Add</button></form>"
    return HTMLResponse(f"<!DOCTYPE html><title>notes</title><ul>{shown}</ul>{form}")


async def out(_: Request) -> RedirectResponse:
    return RedirectResponse("https://elsewhere.example/landing")


app = Starlette(
    routes=[
        Route("/", home),
        Route("/said", said),
        Route("/notes", notes, methods=["GET", "POST"]),
        Route("/out", out),
        *(Route(f"/{kind}/{name}", page) for name in PAGES for kind in ("open", "safe")),
    ]
)
