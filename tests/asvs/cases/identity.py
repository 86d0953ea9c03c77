"""Requirements on how a user is recognised, and on sessions."""

from __future__ import annotations

from tests.asvs.case import Case, handler, whole

SIGNED = """
import os
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI(openapi_url=None, middleware=[Middleware(SessionMiddleware, secret_key=os.urandom(32).hex())])


@app.post("/login")
def login() -> str:
    return "in"
"""
KEPT = """
from fastapi import FastAPI

from hauberk import CSRF, Sessions, protect

app = FastAPI(openapi_url=None)


@app.post("/login")
def login() -> str:
    return "in"


app = protect(app, sessions=Sessions(), csrf=CSRF())
"""
CASES: tuple[Case, ...] = (
    handler(
        "code-cookie-identity",
        "7.2.1",
        'user = request.cookies["user"]\nreturn "hello " + user',
        'user = load_user(request.cookies["session"])\nreturn "hello " + user',
        imports="from uuid import uuid4 as load_user\n",
    ),
    handler(
        "code-static-token",
        "7.2.2",
        'if request.headers["x-api-key"] != KEY:\n    raise ValueError("key")\nreturn "in"',
        'if request.headers["x-api-key"] != SESSIONS["ada"]:\n    raise ValueError("key")\nreturn "in"',
        imports='import os\n\nKEY = os.environ.get("KEY")\nSESSIONS = {}\n',
    ),
    handler(
        "code-session-token",
        "7.2.3",
        'response = Response()\nresponse.set_cookie("session", str(random.getrandbits(64)))\nreturn response',
        'response = Response()\nresponse.set_cookie("session", secrets.token_urlsafe(32))\nreturn response',
        imports="import random\nimport secrets\nfrom fastapi import Response\n",
    ),
    whole("session-client-side", "7.4.1", SIGNED, KEPT),
    whole("csrf-off", "3.5.1", SIGNED, KEPT),
    handler(
        "code-one-time-code",
        "6.5.3",
        "otp = random.randint(0, 999999)\nreturn len(str(otp))",
        "otp = secrets.randbelow(10**6)\nreturn len(str(otp))",
        imports="import random\nimport secrets\n",
    ),
    handler(
        "code-secret-question",
        "6.4.2",
        'secret_answer = request.headers["x-answer"]\nreturn len(secret_answer)',
        'code = request.headers["x-code"]\nreturn len(code)',
    ),
    handler("code-password-expiry", "6.2.10", "password_max_age = 90\nreturn password_max_age", "return 90"),
)
