"""Requirements on accounts: one application with passwords, changed in a single place."""

from __future__ import annotations

from tests.asvs.case import Case, whole

GOOD = """
import hmac
import logging
import secrets
from hashlib import scrypt

from fastapi import FastAPI, Form, Request, Response

log = logging.getLogger("shop.accounts")
log.setLevel("INFO")
app = FastAPI(openapi_url=None)
ACCOUNTS, SESSIONS, FAILED = {}, {}, {}
COMMON = {"password", "password1", "12345678", "123456789", "1234567890", "qwertyuiop", "iloveyou", "sunshine",
          "football", "princess", "baseball", "trustno1", "superman", "1q2w3e4r", "passw0rd"}


def digest(password, salt):
    return scrypt(password.encode(), salt=salt, n=16, r=1, p=1)


def accepted(password):
    return len(password) >= 8 and password not in COMMON


def right(name, password):
    salt, kept = ACCOUNTS.get(name, (b"", b""))
    return bool(kept) and hmac.compare_digest(digest(password, salt), kept)


def keep(name, password):
    salt = secrets.token_bytes(16)
    ACCOUNTS[name] = (salt, digest(password, salt))


@app.post("/register")
def register(name: str = Form(), password: str = Form()):
    if not accepted(password):
        return Response(status_code=422)
    keep(name, password)
    return "made"


@app.post("/login")
def login(request: Request, name: str = Form(), password: str = Form()):
    if FAILED.get(name, 0) >= 10:
        return Response(status_code=429)
    if not right(name, password):
        FAILED[name] = FAILED.get(name, 0) + 1
        log.warning("login failed: %r", name)
        return Response(status_code=401)
    log.info("login: %r", name)
    FAILED.pop(name, None)
    SESSIONS.pop(request.cookies.get("sid", ""), None)
    token = secrets.token_urlsafe(32)
    SESSIONS[token] = name
    answer = Response("in")
    answer.set_cookie("sid", token, httponly=True, secure=True, samesite="lax")
    return answer


def user(request):
    return SESSIONS.get(request.cookies.get("sid", ""))


@app.get("/me")
def me(request: Request):
    name = user(request)
    if name is None:
        log.warning("refused: /me")
        return Response(status_code=401)
    return name


@app.post("/password")
def change(request: Request, current: str = Form(""), new: str = Form()):
    name = user(request)
    if name is None or not right(name, current) or not accepted(new):
        return Response(status_code=403)
    keep(name, new)
    return "changed"


@app.post("/logout")
def logout(request: Request):
    SESSIONS.pop(request.cookies.get("sid", ""), None)
    return "out"
"""


def without(rule: str, ids: str, old: str, new: str) -> Case:
    """The application with one of its measures undone."""
    if old not in GOOD:
        raise AssertionError(f"{rule}: nothing to change")
    return whole(f"scan.{rule}", ids, GOOD.replace(old, new), GOOD, by="accounts")


CASES: tuple[Case, ...] = (
    without("password-short", "6.2.1", "len(password) >= 8 and ", ""),
    without("password-change", "6.2.2", "    keep(name, new)\n", ""),
    without("password-change-unproved", "6.2.3", "not right(name, current) or ", ""),
    without("password-common", "6.2.4", " and password not in COMMON", ""),
    without("password-composition", "6.2.5", "and password not in COMMON", "and any(c.isupper() for c in password)"),
    without("password-altered", "6.2.8", "scrypt(password.encode()", "scrypt(password.encode()[:20]"),
    without("password-long", "6.2.9", "len(password) >= 8", "8 <= len(password) <= 40"),
    without("login-unthrottled", "6.3.1", ">= 10", ">= 10_000"),
    without("default-account", "6.3.2", '@app.post("/register")', 'keep("admin", "admin")\n\n\n@app.post("/register")'),
    without(
        "session-not-renewed",
        "7.2.4",
        "token = secrets.token_urlsafe(32)",
        'token = request.cookies.get("sid") or secrets.token_urlsafe(32)',
    ),
    without(
        "session-not-ended",
        "7.4.1",
        '    SESSIONS.pop(request.cookies.get("sid", ""), None)\n    return "out"',
        '    return "out"',
    ),
    without("login-unlogged", "16.3.1", '        log.warning("login failed: %r", name)\n', ""),
    without("refusal-unlogged", "16.3.2", '        log.warning("refused: /me")\n', ""),
)
