"""`pytest --hauberk-record`: an application's own tests become seeds, the login among them, for every framework."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hauberk.scan.har import read, seeds

APPS = {
    "starlette": """
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route
from starlette.testclient import TestClient

async def login(request):
    form = await request.form()
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie("sid", "1")
    return answer if form["password"] == "pw" else JSONResponse({}, status_code=401)

async def items(request):
    return JSONResponse({"n": request.query_params.get("sort")})

app = Starlette(routes=[Route("/login", login, methods=["POST"]), Route("/items/{n}", items), Route("/", items)])
client = TestClient(app)
def post(path, data): return client.post(path, data=data, follow_redirects=False).status_code
def get(path): return client.get(path).status_code
""",
    "flask": """
from flask import Flask, redirect, request
app = Flask(__name__)

@app.post("/login")
def login():
    if request.form["password"] != "pw":
        return "no", 401
    answer = redirect("/", 303)
    answer.set_cookie("sid", "1")
    return answer

@app.get("/items/<n>")
def items(n): return {"n": n}

client = app.test_client()
def post(path, data): return client.post(path, data=data).status_code
def get(path): return client.get(path).status_code
""",
    "django": """
from django.conf import settings
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x" * 50)
import django
django.setup()
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path
from django.test import Client

def login(request):
    if request.POST["password"] != "pw":
        return HttpResponse(status=401)
    answer = HttpResponseRedirect("/")
    answer.set_cookie("sid", "1")
    return answer

urlpatterns = [path("login", login), path("items/<n>", lambda request, n: JsonResponse({"n": n}))]
client = Client()
def post(path, data): return client.post(path, data).status_code
def get(path): return client.get(path).status_code
""",
    "quart": """
import asyncio
from quart import Quart, redirect, request
app = Quart(__name__)

@app.post("/login")
async def login():
    if (await request.form)["password"] != "pw":
        return "no", 401
    answer = redirect("/", 303)
    answer.set_cookie("sid", "1")
    return answer

@app.get("/items/<n>")
async def items(n): return {"n": n}

def post(path, data): return asyncio.run(app.test_client().post(path, form=data)).status_code
def get(path): return asyncio.run(app.test_client().get(path)).status_code
""",
}
TESTS = """
from theirs import get, post

def test_wrong():
    assert post("/login", {"user": "ada", "password": "no"}) == 401

def test_login():
    assert post("/login", {"user": "ada", "password": "pw"}) in (302, 303)

def test_items():
    assert get("/items/17?sort=name") == 200
"""


def recorded(framework: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    (folder / "theirs.py").write_text(APPS[framework])
    (folder / "test_theirs.py").write_text(TESTS)
    plain = ["-p", "no:cacheprovider", "--rootdir", str(folder), "-q"]
    command = [sys.executable, "-m", "pytest", *plain, *more, "test_theirs.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("framework", sorted(APPS))
def test_the_tests_of_an_application_are_seeds(framework: str, tmp_path: Path) -> None:
    done = recorded(framework, tmp_path, "--hauberk-record", "seeds.har")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 requests recorded in seeds.har" in done.stdout
    found = seeds(read(tmp_path / "seeds.har"), "seeds.har")
    assert [(r.method, r.target) for r in found.requests] == [("POST", "/login"), ("GET", "/items/17?sort=name")]
    assert [dict(map(_pair, r.body.decode().split("&"))) for r in found.logins if b"&" in r.body] in (
        [{"user": "ada", "password": "pw"}],
        [],  # Django's client sends multipart
    )
    assert len(found.logins) == 1
    assert (tmp_path / "seeds.har").stat().st_mode & 0o077 == 0


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def test_nothing_is_recorded_unless_asked(tmp_path: Path) -> None:
    done = recorded("flask", tmp_path)
    assert done.returncode == 0
    assert "recorded" not in done.stdout


def test_workers_hand_in_their_part(tmp_path: Path) -> None:
    done = recorded("starlette", tmp_path, "--hauberk-record", "seeds.har", "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(read(tmp_path / "seeds.har")) == 3


def test_a_scan_begins_with_them_and_logs_in(tmp_path: Path) -> None:
    assert recorded("starlette", tmp_path, "--hauberk-record", "seeds.har").returncode == 0
    command = [sys.executable, "-m", "hauberk", "scan", "theirs:app", "--seeds", "seeds.har", "-q", "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["complete"], document["gaps"]
    assert not any("no login was given" in gap for gap in document["gaps"])
    assert document["stats"]["points"] >= 3
