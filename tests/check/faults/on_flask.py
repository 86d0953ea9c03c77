"""Flask."""

from __future__ import annotations

from tests.check.faults.fault import Fault, Project

MAIN = '''
import json
import os
import pickle
from pathlib import Path

import httpx
import jwt
from flask import Flask, redirect, render_template_string, request, send_file, session
from flask_cors import CORS
from flask_wtf.csrf import CSRFProtect
from markupsafe import Markup
from werkzeug.middleware.proxy_fix import ProxyFix

FOLDER = Path(__file__).parent
app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["SHOP_SECRET"],
    SESSION_COOKIE_NAME="__Host-session",
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_HTTPONLY=True,
    SESSION_COOKIE_SAMESITE="Lax",
    SESSION_REFRESH_EACH_REQUEST=False,
    PERMANENT_SESSION_LIFETIME=3600,
    TRUSTED_HOSTS=["shop.example"],
    MAX_CONTENT_LENGTH=1_000_000,
    SQLALCHEMY_DATABASE_URI="postgresql://shop:" + os.environ["SHOP_DB"] + "@db.example/shop",
    PROPAGATE_EXCEPTIONS=False,
    TESTING=False,
)
csrf = CSRFProtect(app)
CORS(app, origins=["https://app.example"], supports_credentials=True)
SEEN = {}


@app.before_request
def often():
    """Rate limit."""
    SEEN[request.remote_addr] = SEEN.get(request.remote_addr, 0) + 1
    if SEEN[request.remote_addr] > 1000:
        return "", 429


@app.before_request
def to_https():
    if not request.is_secure:
        return redirect("https://shop.example" + request.path, 308)


@app.after_request
def headers(response):
    response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


@app.get("/")
def index():
    return render_template_string("<p>{{ name }}</p>", name=request.args.get("name", ""))


@app.get("/bold")
def bold():
    return Markup("<b>{}</b>").format(request.args["name"])


@app.get("/terms")
def terms():
    return send_file(FOLDER / "terms.txt")


@app.post("/cart")
def cart():
    session["cart"] = json.loads(request.form["cart"])
    return ""


@app.get("/who")
def who():
    token = request.headers["authorization"][7:]
    return jwt.decode(token, os.environ["SHOP_KEY"], algorithms=["HS256"], audience="shop")["sub"]


@app.get("/back")
def back():
    return redirect("/home")


@app.get("/price")
def price():
    return httpx.get("https://prices.example/", timeout=5).text


@app.post("/hook")
def hook():
    return ""


app.wsgi_app = ProxyFix(app.wsgi_app)

if __name__ == "__main__":
    app.run(host="127.0.0.1")
'''
DECODE = 'os.environ["SHOP_KEY"], algorithms=["HS256"], audience="shop"'
FAULTS = (
    Fault(
        kind="debug-server", rule="code-debug", old='app.run(host="127.0.0.1")', new="app.run(debug=True)", planted=True
    ),
    Fault(
        kind="secret-in-source",
        rule="secret-in-source",
        old='os.environ["SHOP_SECRET"]',
        new='"pX7vLq2RzT9mWc4KsB8nYd3GhJ6fA1Ue"',
        planted=True,
    ),
    Fault(
        kind="session-cookie-insecure",
        rule="session-cookie-secure",
        old="SESSION_COOKIE_SECURE=True",
        new="SESSION_COOKIE_SECURE=False",
        planted=True,
    ),
    Fault(
        kind="session-cookie-script",
        rule="session-cookie-httponly",
        old="SESSION_COOKIE_HTTPONLY=True",
        new="SESSION_COOKIE_HTTPONLY=False",
        planted=True,
    ),
    Fault(
        kind="session-cookie-cross-site",
        rule="session-cookie-samesite",
        old='SAMESITE="Lax"',
        new='SAMESITE="None"',
        planted=True,
    ),
    Fault(
        kind="csrf-off",
        rule="csrf-off",
        old="    TESTING=False,\n",
        new="    TESTING=False,\n    WTF_CSRF_ENABLED=False,\n",
        planted=True,
    ),
    Fault(
        kind="cors-credentials",
        rule="cors-credentials",
        old='origins=["https://app.example"]',
        new='origins="*"',
        planted=True,
    ),
    Fault(
        kind="autoescape-off",
        rule="template-autoescape",
        old="csrf = CSRFProtect(app)",
        new="csrf = CSRFProtect(app)\napp.jinja_env.autoescape = False",
        planted=True,
    ),
    Fault(
        kind="template-source",
        rule="code-template-source",
        old='render_template_string("<p>{{ name }}</p>", name=request.args.get("name", ""))',
        new='render_template_string(request.args.get("name", ""))',
        planted=True,
    ),
    Fault(kind="path", rule="code-path-request", old='FOLDER / "terms.txt"', new='request.args["name"]', planted=True),
    Fault(
        kind="deserialisation",
        rule="code-unpickle-request",
        old='json.loads(request.form["cart"])',
        new='pickle.loads(request.form["cart"].encode())',
        planted=True,
    ),
    Fault(
        kind="tls-unverified",
        rule="code-tls-unverified",
        old="timeout=5)",
        new="timeout=5, verify=False)",
        planted=True,
    ),
    Fault(kind="debug", rule="debug", old="csrf = CSRFProtect(app)", new="csrf = CSRFProtect(app)\napp.debug = True"),
    Fault(kind="testing", rule="testing", old="TESTING=False", new="TESTING=True"),
    Fault(
        kind="errors-propagate",
        rule="errors-propagate",
        old="PROPAGATE_EXCEPTIONS=False",
        new="PROPAGATE_EXCEPTIONS=True",
    ),
    Fault(kind="secret-guessable", rule="secret-weak", old='os.environ["SHOP_SECRET"]', new='"dev"'),
    Fault(
        kind="database-password",
        rule="secret-weak",
        old='"postgresql://shop:" + os.environ["SHOP_DB"] + "@db.example/shop"',
        new='"postgresql://postgres:postgres@db.example/shop"',
    ),
    Fault(kind="any-host", rule="hosts", old='    TRUSTED_HOSTS=["shop.example"],\n', new=""),
    Fault(
        kind="session-cookie-domain",
        rule="session-cookie-domain",
        old='SESSION_COOKIE_NAME="__Host-session"',
        new='SESSION_COOKIE_NAME="__Secure-session",\n    SESSION_COOKIE_DOMAIN="shop.example"',
    ),
    Fault(kind="session-lifetime", rule="session-lifetime", old="LIFETIME=3600", new="LIFETIME=31536000"),
    Fault(kind="csrf-exempt", rule="csrf-exempt", old='@app.post("/hook")', new='@csrf.exempt\n@app.post("/hook")'),
    Fault(
        kind="cors-any-origin",
        rule="cors-any-origin",
        old='origins=["https://app.example"], supports_credentials=True',
        new='origins="*"',
    ),
    Fault(
        kind="cors-pattern",
        rule="cors-pattern",
        old='origins=["https://app.example"]',
        new='origins=r"https://.*shop\\.example"',
    ),
    Fault(kind="cors-null", rule="cors-null", old='origins=["https://app.example"]', new='origins=["null"]'),
    Fault(kind="body-limit", rule="body-limit", old="    MAX_CONTENT_LENGTH=1_000_000,\n", new=""),
    Fault(
        kind="form-limit",
        rule="form-limit",
        old="    TESTING=False,\n",
        new="    TESTING=False,\n    MAX_FORM_PARTS=None,\n",
    ),
    Fault(
        kind="hsts",
        rule="hsts",
        old='    response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"\n',
        new="",
    ),
    Fault(
        kind="csp",
        rule="csp",
        old='response.headers["Content-Security-Policy"] = ',
        new='response.headers["X-Other"] = ',
    ),
    Fault(kind="framing", rule="framing", old='    response.headers["X-Frame-Options"] = "DENY"\n', new=""),
    Fault(kind="nosniff", rule="nosniff", old='    response.headers["X-Content-Type-Options"] = "nosniff"\n', new=""),
    Fault(
        kind="referrer-policy",
        rule="referrer-policy",
        old='    response.headers["Referrer-Policy"] = "no-referrer"\n',
        new="",
    ),
    Fault(kind="https-redirect", rule="https-redirect", old="    if not request.is_secure:\n", new="    if False:\n"),
    Fault(kind="rate-limit", rule="rate-limit", old='        return "", 429\n', new="        pass\n"),
    Fault(
        kind="static-contents",
        rule="static-contents",
        old="app = Flask(__name__)",
        new='app = Flask(__name__, static_folder=".")',
    ),
    Fault(
        kind="sensitive-log",
        rule="sensitive-log",
        old="    TESTING=False,\n",
        new="    TESTING=False,\n    SQLALCHEMY_ECHO=True,\n",
    ),
    Fault(
        kind="development-tools",
        rule="development-tools",
        old="ProxyFix(app.wsgi_app)",
        new="ProxyFix(DebuggedApplication(app.wsgi_app))",
    ),
    Fault(
        kind="markup",
        rule="code-markup-request",
        old='Markup("<b>{}</b>").format(request.args["name"])',
        new='Markup("<b>" + request.args["name"] + "</b>")',
    ),
    Fault(kind="jwt-unverified", rule="code-jwt-unverified", old=DECODE, new='options={"verify_signature": False}'),
    Fault(kind="redirect", rule="code-redirect-request", old='redirect("/home")', new='redirect(request.args["to"])'),
)
PROJECT = Project(
    framework="flask",
    files={
        "main.py": MAIN.replace(
            "from werkzeug.middleware.proxy_fix",
            "from werkzeug.debug import DebuggedApplication\nfrom werkzeug.middleware.proxy_fix",
        ),
        "static/site.css": "p {}\n",
    },
    faults=FAULTS,
    limits={
        "session-client-side": "Flask keeps the session in the cookie",
        "https-redirect-blanket": "a hook that redirects everything redirects programs too",
    },
)
