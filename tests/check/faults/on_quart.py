"""Quart, which shares Flask's configuration."""

from __future__ import annotations

from tests.check.faults import on_flask
from tests.check.faults.fault import Project

MAIN = (
    on_flask.MAIN.replace("from flask import Flask", "from quart import Quart")
    .replace("Flask(__name__)", "Quart(__name__)")
    .replace(
        "from flask_cors import CORS\nfrom flask_wtf.csrf import CSRFProtect\n",
        "from layers import OriginCheck\nfrom quart_cors import cors\n",
    )
    .replace("from werkzeug.middleware.proxy_fix import ProxyFix\n", "")
    .replace("csrf = CSRFProtect(app)\n", "")
    .replace(
        'CORS(app, origins=["https://app.example"], supports_credentials=True)',
        'cors(app, allow_origin=["https://app.example"], allow_credentials=True)',
    )
    .replace("app.wsgi_app = ProxyFix(app.wsgi_app)", "app.asgi_app = OriginCheck(app.asgi_app)")
    .replace("def index():\n    return render", "async def index():\n    return await render")
    .replace('json.loads(request.form["cart"])', 'json.loads((await request.form)["cart"])')
    .replace("def cart", "async def cart")
    .replace("def terms():\n    return send", "async def terms():\n    return await send")
)
LAYERS = '''
"""Middleware of this application's own."""


class OriginCheck:
    """Refuses what another site sends (csrf)."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            if dict(scope["headers"]).get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
                await send({"type": "http.response.start", "status": 403, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
        await self.app(scope, receive, send)
'''
RENDER, LOADS = 'render_template_string("<p>{{ name }}</p>", name=request.args.get("name", ""))', ""
SAME = frozenset(
    """debug-server secret-in-source session-cookie-insecure session-cookie-script session-cookie-cross-site
    template-source path tls-unverified testing errors-propagate secret-guessable database-password any-host
    session-cookie-domain session-lifetime form-limit hsts csp framing nosniff referrer-policy https-redirect
    rate-limit static-contents sensitive-log markup jwt-unverified redirect""".split()
)
"""Faults that are the same text in both."""
from tests.check.faults.fault import Fault  # noqa: E402

OWN = (
    Fault(kind="body-limit", rule="body-limit", old="LENGTH=1_000_000", new="LENGTH=None"),
    Fault(kind="debug", rule="debug", old="SEEN = {}", new="SEEN = {}\napp.debug = True"),
    Fault(
        kind="autoescape-off",
        rule="template-autoescape",
        old="SEEN = {}",
        new="SEEN = {}\napp.jinja_env.autoescape = False",
    ),
    Fault(kind="csrf-off", rule="csrf-off", old="app.asgi_app = OriginCheck(app.asgi_app)\n", new=""),
    Fault(
        kind="cors-credentials",
        rule="cors-credentials",
        old='allow_origin=["https://app.example"]',
        new='allow_origin=[__import__("re").compile(".*")]',
    ),
    Fault(
        kind="cors-any-origin",
        rule="cors-any-origin",
        old='allow_origin=["https://app.example"], allow_credentials=True',
        new='allow_origin="*"',
    ),
    Fault(kind="cors-null", rule="cors-null", old='allow_origin=["https://app.example"]', new='allow_origin=["null"]'),
)
PROJECT = Project(
    framework="quart",
    files={"main.py": MAIN, "layers.py": LAYERS, "static/site.css": "p {}\n"},
    faults=tuple(
        Fault(
            kind=one.kind,
            rule=one.rule,
            old=one.old.replace("Flask(", "Quart("),
            new=one.new.replace("Flask(", "Quart("),
        )
        for one in on_flask.FAULTS
        if one.kind in SAME
    )
    + OWN,
    limits=on_flask.PROJECT.limits,
)
