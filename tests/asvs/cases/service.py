"""Requirements on the service as a whole: limits, transport, the log, who may do what."""

from __future__ import annotations

import json

from tests.asvs.case import Case, handler, whole

APP = """
from fastapi import FastAPI, WebSocket

from hauberk import HTTPS, Limits, Policy, Rate, Sessions, protect

app = FastAPI(openapi_url=None)


@app.websocket("/live")
async def live(socket: WebSocket):
    await socket.accept()


app = protect(
    app,
    sessions=Sessions(),
    limits=Limits(rates=(Rate(limit="100/minute"),)),
    https=HTTPS(hosts=("shop.example",)),
)
"""
REDIRECT = """
from fastapi import FastAPI
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware

app = FastAPI(openapi_url=None)
app.add_middleware(HTTPSRedirectMiddleware)
"""
ROLLING = """
import os
from fastapi import FastAPI
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI(openapi_url=None)
app.add_middleware(SessionMiddleware, secret_key=os.urandom(32).hex(), max_age=3600)
"""
LOG = """
import json
import logging
from fastapi import FastAPI


class Lines(logging.Formatter):
    def format(self, record):
        return json.dumps({"time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"), "level": record.levelname,
                           "logger": record.name, "message": record.getMessage()})


handler = logging.StreamHandler()
handler.setFormatter(Lines())
logging.root.addHandler(handler)
app = FastAPI(openapi_url=None)
"""


def logged(rule: str, ids: str, form: str) -> Case:
    """Another formatter."""
    return whole(rule, ids, LOG.replace("Lines()", f"logging.Formatter({form})"), LOG)


FLASK = """
from flask import Flask

app = Flask(__name__)
app.config["TESTING"] = False
"""
ITEMS = """
from fastapi import Depends, FastAPI

app = FastAPI(openapi_url=None)


def current_user() -> str:
    return "ada"


@app.delete("/items/{number}")
def remove(number: int, user: str = Depends(current_user)):
    return "gone"


@app.post("/items")
def add(number: int, user: str = Depends(current_user)):
    return "there"
"""
DEADLINES = "[tool.hauberk.audit.deadlines]\ncritical = 7\nhigh = 30\nmedium = 90\nlow = 180\n"


def project(version: str, table: str) -> str:
    """A folder with one locked package, and what its pyproject.toml says."""
    return json.dumps({"requirements.txt": f"flask=={version}\n", "pyproject.toml": table, "main.py": ITEMS})


CASES: tuple[Case, ...] = (
    whole("no-deadlines", "15.1.1", project("2.0", ""), project("2.0", DEADLINES)),
    whole("audit.vulnerable-dependency", "15.2.1", project("1.0", ""), project("2.0", ""), by="audit"),
    whole("scan.untrusted-certificate", "12.2.2", "unknown", "trusted", by="url"),
    whole(
        "rate-limit", "2.4.1", APP.replace('limits=Limits(rates=(Rate(limit="100/minute"),))', "limits=Limits()"), APP
    ),
    whole("websocket-plain", "4.4.1", APP.replace('https=HTTPS(hosts=("shop.example",))', "https=None"), APP),
    whole("https-redirect-blanket", "4.1.2", REDIRECT, APP),
    whole("session-absolute", "7.3.2", ROLLING, APP),
    whole(
        "session-lifetime",
        "7.3.1",
        APP.replace("Sessions()", "Sessions(idle=30 * 86400, absolute=0)"),
        APP,
        about="idle",
    ),
    logged("log-metadata", "16.2.1", '"%(message)s"'),
    logged("log-time-zone", "16.2.2", '"%(asctime)s %(levelname)s %(name)s %(message)s"'),
    logged("log-injection", "16.4.1", '"%(asctime)s %(levelname)s %(name)s %(message)s"'),
    whole("testing", "15.2.3", FLASK.replace("= False", "= True"), FLASK),
    whole("code-open-route", "8.2.1", ITEMS.replace(", user: str = Depends(current_user)", "", 1), ITEMS),
    handler(
        "code-fail-open",
        "16.5.3",
        "def is_allowed(user):\n    try:\n        return RIGHTS[user]\n    except Exception:\n        return True\n\n"
        "return is_allowed('ada')",
        "def is_allowed(user):\n    try:\n        return RIGHTS[user]\n    except KeyError:\n        return False\n\n"
        "return is_allowed('ada')",
        imports="RIGHTS = {}\n",
    ),
    handler(
        "code-open-service",
        "13.2.1",
        'return connect("postgresql://db.internal/shop")',
        'return connect(os.environ["DATABASE_URL"])',
        imports="connect = len\n",
    ),
    handler(
        "code-disposition-request",
        "5.4.2",
        'name = request.query_params["name"]\n'
        'return Response(b"a", headers={"Content-Disposition": f\'attachment; filename="{name}"\'})',
        'name = request.query_params["name"]\n'
        'return Response(b"a", headers={"Content-Disposition": f"attachment; filename*=UTF-8\'\'{quote(name)}"})',
        imports="from urllib.parse import quote\n\nfrom fastapi import Response\n",
    ),
    handler(
        "code-guessable",
        "11.5.1",
        "reset_token = '%030x' % random.getrandbits(120)\nreturn reset_token",
        "reset_token = secrets.token_urlsafe(32)\nreturn reset_token",
        imports="import random\nimport secrets\n",
    ),
    handler(
        "code-mass-assignment",
        "15.3.3",
        'class Meta:\n    fields = "__all__"\n\nreturn Meta.fields',
        'class Meta:\n    fields = ["name"]\n\nreturn Meta.fields',
    ),
)
