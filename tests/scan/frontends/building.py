"""Four front ends, built of the frameworks' own packages, and the small server behind each."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

HERE = Path(__file__).parent
MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
SYSTEMS = {"linux": "linux", "darwin": "darwin", "win32": "win32"}
PACKAGES = (
    *(f"@angular/{name}@20.3.0" for name in ("common", "compiler", "core", "platform-browser", "router")),
    *("rxjs@7.8.2", "tslib@2.8.1", "ember-source@5.12.0", "vue@3.5.13", "vue-router@4.5.1"),
    *("react@19.1.0", "react-dom@19.1.0", "scheduler@0.26.0", "react-router@7.6.0", "cookie@1.0.2"),
    *("set-cookie-parser@2.7.1", "jquery@3.4.1"),
)
"""Fetched alone, one archive each: what they depend on for building is not needed here."""
VERSIONS = {"angular": "20.3.0", "react": "19.1.0", "vue": "3.5.13", "ember": "5.12.0"}
BEFORE = {
    "vue": ("vue/dist/vue.global.prod.js", "vue-router/dist/vue-router.global.prod.js"),
    "ember": ("ember-source/dist/ember.prod.js", "ember-source/dist/ember-template-compiler.js"),
}
"""Builds for browsers, served as they are; the others are bundled."""


def fetch(folder: Path) -> str:
    """Fetch and unpack the packages. What went wrong, in a sentence; empty if nothing did."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    if (folder / "done").exists():
        return ""
    system, machine = SYSTEMS.get(sys.platform), MACHINES.get(platform.machine().lower())
    esbuild = f"@esbuild/{system}-{machine}@0.25.5"
    folder.mkdir(parents=True, exist_ok=True)
    packed = subprocess.run(
        [npm, "pack", "--silent", *PACKAGES, esbuild], cwd=folder, capture_output=True, text=True, check=False
    )
    if packed.returncode:
        return f"the packages could not be fetched: {packed.stderr.strip()[-300:]}"
    for archive, wanted in zip(packed.stdout.split(), (*PACKAGES, esbuild), strict=True):
        place = folder / "node_modules" / wanted.rpartition("@")[0]
        place.mkdir(parents=True, exist_ok=True)
        with tarfile.open(folder / archive) as tar:
            for member in tar.getmembers():
                member.name = member.name.partition("/")[2]
                if member.name:
                    tar.extract(member, place, filter="data")
    (folder / "done").touch()
    return ""


def build(folder: Path, name: str, *, open_: bool) -> dict[str, bytes]:
    """The scripts of a front end, by path, in the order in which its page loads them."""
    modules = folder / "node_modules"
    served = {f"/static/{Path(file).name}": (modules / file).read_bytes() for file in BEFORE.get(name, ())}
    if name in BEFORE:
        own = f"(() => {{ const OPEN = {json.dumps(open_)};\n{(HERE / f'{name}.js').read_text()} }})();"
        return {**served, "/static/app.js": own.encode()}
    esbuild = next(modules.glob("@esbuild/*/bin/esbuild"))
    esbuild.chmod(0o755)
    entry = folder / f"{name}-entry.js"
    shutil.copy(HERE / f"{name}.js", entry)
    out = folder / f"{name}-{open_}.js"
    options = [
        "--bundle",
        "--minify",
        "--format=iife",
        f"--define:OPEN={json.dumps(open_)}",
        "--define:ngDevMode=false",
    ]
    production = '--define:process.env.NODE_ENV="production"'
    subprocess.run([esbuild, entry, *options, production, f"--outfile={out}", "--log-level=error"], check=True)
    return {"/static/app.js": out.read_bytes()}


def app(scripts: Mapping[str, bytes]) -> Starlette:
    """Serves a front end: any path that is no file and no call is its one page."""
    tags = "".join(f'<script src="{path}" defer></script>' for path in scripts)
    roots = '<div id="app"></div><app-root></app-root>'
    page = f'<!DOCTYPE html><html lang="en"><title>front</title><base href="/">{roots}{tags}</html>'
    seen: list[str] = []

    async def script(request: Request) -> Response:
        return Response(scripts[request.url.path], media_type="text/javascript")

    async def call(request: Request) -> Response:
        seen.append(f"{request.method} {request.url.path}")
        if request.path_params["name"] in {"items", "orders"}:
            return JSONResponse([{"id": 1, "name": "one"}])
        return JSONResponse({"title": "news", "text": "words"})

    async def index(_: Request) -> Response:
        return HTMLResponse(page)

    async def live(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close()

    made = Starlette(
        routes=[
            *(Route(path, script) for path in scripts),
            Route("/api/{name:path}", call, methods=["GET", "POST", "DELETE"]),
            WebSocketRoute("/live", live),
            Route("/{path:path}", index),
        ]
    )
    made.state.seen = seen
    return made
