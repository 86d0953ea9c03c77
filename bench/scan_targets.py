"""How each known target is started and scanned. Only this file and the ground truth know them: no check does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A target as it is started."""

    truth: str
    """File of ground truth, in the folder that `--truth` names."""
    app: str = ""
    """`module:app`, where it can be scanned in process."""
    serve: str = ""
    """Python that serves it on 127.0.0.1, port `{port}`; empty where it can't be asked over a socket."""
    scheme: str = "http"
    host: str = "127.0.0.1"
    begins: tuple[tuple[str, str, float], ...] = (("/", "", 1.0),)
    """Where a crawl begins, the path that it stays below, and its share of the requests; one scan each."""
    openapi: str = ""
    """An OpenAPI document of the target's own."""
    setup: tuple[str, ...] = ()
    """GET requests beforehand, such as one that fills the database."""
    identities: str = ""
    """An identities file, as `--identities` takes it."""
    switches: tuple[dict[str, str], ...] = ({},)
    """Environments, one scan each: the same app with its holes on and off."""
    tests: int = 1
    """Test cases that the target has; the answer is known of some."""
    python: str = ""
    """The interpreter below `--peers`."""
    max_requests: int = 8_000
    max_seconds: float = 900.0


VAMPI_IDENTITIES = """\
[identities.a]
login = ['POST /users/v1/login {"username": "name1", "password": "pass1"}']
owns = ["name1"]

[identities.b]
login = ['POST /users/v1/login {"username": "name2", "password": "pass2"}']
owns = ["name2"]

[identities.admin]
login = ['POST /users/v1/login {"username": "admin", "password": "pass1"}']
"""

SIZES = {
    "sqli": 34,
    "xss": 100,
    "cmdi": 22,
    "redirect": 42,
    "xpathi": 180,
    "codeinj": 61,
    "ldapi": 21,
    "pathtraver": 156,
}
"""Tests of each category of injections, 616 in all."""

RECIPES: dict[str, Recipe] = {
    "BenchmarkPython": Recipe(
        truth="benchmark_python_odd.json",
        app="app:app",
        serve="from app import app; app.run(host='127.0.0.1', port={port}, ssl_context='adhoc', threaded=True)",
        scheme="https",
        host="localhost",
        begins=tuple((f"/benchmark/{n}-Index.html", f"/benchmark/{n}-", tests / 616) for n, tests in SIZES.items()),
        python="benchmark-scan",
        tests=1_243,
    ),
    "VAmPI": Recipe(
        truth="vampi.json",
        serve="import config; config.vuln_app.app.run(host='127.0.0.1', port={port}, debug=True, use_reloader=False)",
        openapi="openapi_specs/openapi3.yml",
        setup=("/createdb",),
        identities=VAMPI_IDENTITIES,
        switches=({"vulnerable": "1"}, {"vulnerable": "0"}),
        python="vampi",
        max_requests=1_500,
    ),
    "DSVW": Recipe(
        truth="dsvw.json",
        serve="import dsvw; dsvw.LISTEN_PORT = {port}; dsvw.init(); "
        "dsvw.ThreadingServer(('127.0.0.1', {port}), dsvw.ReqHandler).serve_forever()",
        python="dsvw",
    ),
}
