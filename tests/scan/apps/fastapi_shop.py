"""A small FastAPI application with a hole and a benign twin of each kind. For tests only."""

import html
import shlex
import sqlite3
import subprocess
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated, Any

from fastapi import Body, Cookie, FastAPI, File, Form, Header, HTTPException, Request, UploadFile
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from pydantic import BaseModel

FILES = Path(mkdtemp(prefix="scan-test-"))
(FILES / "hello.txt").write_text("hello")
NOTES: list[str] = []
SAFE_NOTES: list[str] = []


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, owner TEXT)")
    connection.execute("INSERT INTO items VALUES (1, 'lamp', 'ann')")
    return connection


DB = database()
app = FastAPI()


@app.get("/", response_class=HTMLResponse)
def index() -> str:
    return """<a href="/open/search?q=lamp">s</a> <a href="/open/file?name=hello.txt">f</a> <a href="/logout">bye</a>
    <a href="https://elsewhere.example/">x</a>
    <form method="post" action="/open/notes"><input name="text" value="hi"><input type="hidden" name="kind" value="a">
    </form><form action="/found-by-form"><select name="pick"><option>one<option>two</select></form>"""


@app.get("/logout")
def logout(why: str = "") -> HTMLResponse:
    raise AssertionError("the scan must not log out")


# SQL


@app.get("/open/search")
def open_search(q: str) -> list[Any]:
    return DB.execute(f"SELECT name FROM items WHERE name LIKE '%{q}%'").fetchall()


@app.get("/safe/search")
def safe_search(q: str) -> list[Any]:
    return DB.execute("SELECT name FROM items WHERE name LIKE ?", (f"%{q}%",)).fetchall()


@app.get("/open/items/{item}")
def open_item(item: str) -> list[Any]:
    return DB.execute(f"SELECT name FROM items WHERE id = {item}").fetchall()


@app.get("/safe/items/{item}")
def safe_item(item: int) -> list[Any]:
    return DB.execute(f"SELECT name FROM items WHERE id = {item}").fetchall()


class Filter(BaseModel):
    owner: str
    limit: int = 10


class Query(BaseModel):
    filter: Filter
    words: list[str] = []


@app.post("/open/query")
def open_query(query: Query) -> list[Any]:
    return DB.execute(f"SELECT * FROM items WHERE owner = '{query.filter.owner}' LIMIT {query.filter.limit}").fetchall()


@app.post("/safe/query")
def safe_query(query: Query) -> list[Any]:
    quoted = query.filter.owner.replace("'", "''")
    return DB.execute(f"SELECT * FROM items WHERE owner = '{quoted}' LIMIT {query.filter.limit}").fetchall()


@app.get("/open/header")
def open_header(x_owner: Annotated[str, Header()]) -> list[Any]:
    return DB.execute(f"SELECT * FROM items WHERE owner = '{x_owner}'").fetchall()


@app.get("/open/cookie")
def open_cookie(owner: Annotated[str, Cookie()] = "ann") -> list[Any]:
    return DB.execute(f"SELECT * FROM items WHERE owner = '{owner}'").fetchall()


# Commands


@app.get("/open/ping")
def open_ping(host: str) -> PlainTextResponse:
    done = subprocess.run(f"echo {host}", shell=True, capture_output=True, check=False)
    return PlainTextResponse(done.stdout)


@app.get("/safe/ping")
def safe_ping(host: str) -> PlainTextResponse:
    done = subprocess.run(f"echo {shlex.quote(host)}", shell=True, capture_output=True, check=False)
    return PlainTextResponse(done.stdout)


# Files


@app.get("/open/file")
def open_file(name: str) -> PlainTextResponse:
    path = FILES / name
    if not path.exists():
        raise HTTPException(404)
    return PlainTextResponse(path.read_text())


@app.get("/safe/file")
def safe_file(name: str) -> PlainTextResponse:
    path = (FILES / name).resolve()
    if not path.is_relative_to(FILES.resolve()) or not path.is_file():
        raise HTTPException(404)
    return PlainTextResponse(path.read_text())


@app.post("/open/upload")
async def open_upload(file: Annotated[UploadFile, File()]) -> str:
    (FILES / (file.filename or "x")).write_bytes(await file.read())
    return "ok"


@app.post("/safe/upload")
async def safe_upload(file: Annotated[UploadFile, File()]) -> str:
    (FILES / "upload.bin").write_bytes(await file.read())
    return "ok"


# Markup


@app.get("/open/hello", response_class=HTMLResponse)
def open_hello(name: str = "you") -> str:
    return f"<p>Hello {name}</p>"


@app.get("/safe/hello", response_class=HTMLResponse)
def safe_hello(name: str = "you") -> str:
    return f'<p title="{html.escape(name)}">Hello {html.escape(name)}</p>'


@app.get("/open/attribute", response_class=HTMLResponse)
def open_attribute(v: str = "1") -> str:
    return '<input value="' + v.replace("<", "&lt;").replace(">", "&gt;") + '">'


@app.get("/open/script", response_class=HTMLResponse)
def open_script(v: str = "1") -> str:
    return "<script>var a = '" + v.replace("<", "\\x3c") + "';</script>"


@app.get("/safe/script", response_class=HTMLResponse)
def safe_script(v: str = "1") -> str:
    quoted = v.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"').replace("<", "\\x3c").replace("\n", "\\n")
    return f"<script>var a = '{quoted}';</script>"


@app.get("/open/handler", response_class=HTMLResponse)
def open_handler(v: str = "1") -> str:
    return f"""<button onclick="go('{html.escape(v)}')">x</button>"""


@app.get("/open/link", response_class=HTMLResponse)
def open_link(page: str = "/") -> str:
    return f'<a href="{html.escape(page)}">x</a>'


@app.get("/open/title", response_class=HTMLResponse)
def open_title(v: str = "1") -> str:
    return f"<title>{v}</title>"


@app.get("/safe/json")
def safe_json(v: str = "1") -> dict[str, str]:
    return {"v": v}


@app.post("/open/notes")
def open_notes(text: Annotated[str, Form()], kind: Annotated[str, Form()] = "") -> RedirectResponse:
    NOTES.append(text)
    return RedirectResponse("/open/notes", 303)


@app.get("/open/notes", response_class=HTMLResponse)
def read_notes() -> str:
    return "<ul>" + "".join(f"<li>{note}</li>" for note in NOTES) + "</ul>"


@app.post("/safe/notes")
def safe_notes(text: Annotated[str, Body(embed=True)]) -> str:
    SAFE_NOTES.append(text)
    return "ok"


@app.get("/safe/notes", response_class=HTMLResponse)
def read_safe_notes() -> str:
    return "<ul>" + "".join(f"<li>{html.escape(note)}</li>" for note in SAFE_NOTES) + "</ul>"


# Redirects and header fields


@app.get("/open/go")
def open_go(next: str = "/") -> RedirectResponse:
    return RedirectResponse(next)


@app.get("/safe/go")
def safe_go(next: str = "/") -> RedirectResponse:
    return RedirectResponse("/" + next.lstrip("/\\"))


@app.get("/open/field")
def open_field(request: Request) -> Response:
    return Response("x", headers={"x-lang": request.query_params.get("lang", "en")})


@app.get("/safe/field")
def safe_field(request: Request) -> Response:
    return Response("x", headers={"x-lang": request.query_params.get("lang", "en").replace("\r", "").replace("\n", "")})


@app.get("/found-by-form", include_in_schema=False)
def found_by_form(pick: str = "") -> str:
    return pick


@app.get("/cors")
def cors(request: Request) -> Response:
    origin = request.headers.get("origin")
    fields = {"access-control-allow-origin": origin, "access-control-allow-credentials": "true"} if origin else {}
    return Response("x", headers=fields)
