"""Headers and CORS over WSGI: a bare callable, Flask and Django. `python -m bench.shield_wsgi`

The floor appends pre-encoded tuples to a new list, as in `bench.shield`, and looks the Origin up among those that are
known. Peers are set up as their documentation shows; all answer the same page of the same framework.
"""

from __future__ import annotations

import io
from importlib import import_module
from typing import Any

from bench.harness import Once, added, medians, microseconds, ratio, report
from bench.shield import FUSED, ORIGIN, RECOMMENDED
from hauberk import Policy, protect, wsgi
from hauberk.adapters.wsgi import App, Environ, StartResponse
from hauberk.core.encoded import UNREAD, encoded_text

ENVIRON: Environ = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "PATH_INFO": "/",
    "QUERY_STRING": "",
    "SERVER_NAME": "testserver",
    "SERVER_PORT": "443",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "192.0.2.1",
    "HTTP_HOST": "testserver",
    "HTTP_ACCEPT": "text/html",
    "HTTP_ORIGIN": ORIGIN,
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "https",
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}
CONSTANTS = encoded_text(RECOMMENDED.plan()).tails[UNREAD]
VARY = [("vary", "Origin")]
ALLOWED = {ORIGIN: [("access-control-allow-origin", ORIGIN), *VARY]}
CORS_ALONE = Policy(cors=FUSED.cors)
urlpatterns: list[Any] = []


def bare(environ: Environ, start_response: StartResponse) -> list[bytes]:
    start_response("200 OK", [("content-type", "text/html"), ("content-length", "5")])
    return [b"hello"]


def floor(app: App) -> App:
    """Append what was encoded once, and what the Origin decides."""

    def wrapped(environ: Environ, start_response: StartResponse) -> Any:
        allowed = ALLOWED.get(environ.get("HTTP_ORIGIN", ""), VARY)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, headers + CONSTANTS + allowed, *more)

        return app(environ, start)

    return wrapped


def write(part: bytes) -> object:
    return None


def start_response(*arguments: Any) -> Any:
    return write


def once(app: Any) -> Once:
    """One request with its body read and closed, as a server does."""

    def run() -> None:
        body = app({**ENVIRON, "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO()}, start_response)
        for _ in body:
            pass
        if hasattr(body, "close"):
            body.close()

    return run


def flask() -> Any:
    """An application with one page."""
    from flask import Flask

    app = Flask("bench")
    app.add_url_rule("/", "page", lambda: "hello")
    return app


def flask_subjects() -> dict[str, Any]:
    """One application each, since all of them change the application they protect."""
    talisman, cors = flask(), flask()
    import_module("flask_talisman").Talisman(talisman)
    import_module("flask_cors").CORS(cors, origins=[ORIGIN])
    return {
        "bare": flask(),
        "hauberk_headers": protect(flask(), RECOMMENDED),
        "hauberk_cors": protect(flask(), CORS_ALONE),
        "hauberk_headers_and_cors": protect(flask(), FUSED),
        "flask_talisman": talisman,
        "flask_cors": cors,
    }


def django(*middleware: str, policy: Policy | None = None) -> Any:
    """A handler with one page behind this middleware."""
    from django.conf import settings
    from django.core.handlers.wsgi import WSGIHandler

    settings.MIDDLEWARE, settings.HAUBERK = list(middleware), policy
    return WSGIHandler()


def django_subjects() -> dict[str, Any]:
    """Middleware of Django's own, and of two peers."""
    import django as package
    from django.conf import settings
    from django.http import HttpResponse
    from django.urls import path

    settings.configure(
        SECRET_KEY="for the benchmark only, 50 characters long, and nothing else",
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=["corsheaders"],
        SECURE_HSTS_SECONDS=31_536_000,
        CORS_ALLOWED_ORIGINS=[ORIGIN],
        CONTENT_SECURITY_POLICY={"DIRECTIVES": {"default-src": ["'self'"]}},
    )
    package.setup()
    urlpatterns.append(path("", lambda request: HttpResponse("hello")))
    shield, security = "hauberk.django.Shield", "django.middleware.security.SecurityMiddleware"
    frames, csp = "django.middleware.clickjacking.XFrameOptionsMiddleware", "csp.middleware.CSPMiddleware"
    return {
        "bare": django(),
        "hauberk_headers": django(shield, policy=RECOMMENDED),
        "hauberk_cors": django(shield, policy=CORS_ALONE),
        "hauberk_headers_and_cors": django(shield, policy=FUSED),
        "security_frames_csp": django(security, frames, csp),
        "django_cors_headers": django("corsheaders.middleware.CorsMiddleware"),
    }


def row(subjects: dict[str, Any], **options: int) -> dict[str, Any]:
    """Medians, and what is added to the bare application."""
    figures = microseconds({name: once(app) for name, app in subjects.items()}, **options)
    found: dict[str, Any] = {"median": medians(figures), "added": added(figures, "bare")}
    if "floor" in subjects:
        found["over_floor"] = {"hauberk": ratio(figures, "bare", "hauberk", "floor")}
    return found


def results() -> dict[str, Any]:
    """Run it all; all requests come from an allowed origin."""
    few = {"rounds": 21, "calls": 400}
    return {
        "headers_and_cors": row({"bare": bare, "floor": floor(bare), "hauberk": wsgi(bare, FUSED)}),
        "flask": row(flask_subjects(), **few),
        "django": row(django_subjects(), **few),
    }


if __name__ == "__main__":
    report("headers and CORS over WSGI", results())
