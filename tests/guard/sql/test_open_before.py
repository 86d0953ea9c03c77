"""A connection that was opened before `protect`, as modules of small applications do, is watched as well."""

from __future__ import annotations

import subprocess
import sys

import pytest

APP = """
import sqlite3, sys
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

class Own(sqlite3.Connection):
    pass

db = sqlite3.connect(":memory:", check_same_thread=False, factory=Own if sys.argv[1] == "own" else sqlite3.Connection)
db.executescript("create table users (name, secret); insert into users values ('ann', 'a'), ('bob', 'b')")

async def find(request):
    name = request.query_params["name"]
    bound = db.execute("select secret from users where name = ?", (name,)).fetchall()
    kept = [bound] if "safe" in request.url.path else []
    return JSONResponse(kept or db.execute(f"select secret from users where name = '{name}'").fetchall())

import hauberk
app = hauberk.protect(Starlette(routes=[Route("/find", find), Route("/safe", find)]), guard=hauberk.Guard(mode="block"))
client = TestClient(app, raise_server_exceptions=False)
for path, name in (("/find", "ann"), ("/find", "x' or '1'='1"), ("/safe", "x' or '1'='1"), ("/find", "bob")):
    answer = client.get(path, params={"name": name})
    print(answer.status_code, answer.text if answer.status_code == 200 else "")
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "own"])
def test_it_is_blocked_there(kind: str) -> None:
    done = subprocess.run([sys.executable, "-c", APP, kind], capture_output=True, text=True, check=False, timeout=60)
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines == ['200 [["a"]]', "403", "200 [[]]", '200 [["b"]]'], done.stdout + done.stderr[-2000:]
