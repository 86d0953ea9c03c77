"""Threadbare, a small shop for mended and second-hand clothes.

It is vulnerable on purpose, so that there is something to find, to block and to prove. Never deploy it.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.staticfiles import StaticFiles

from hauberk.demo.shop import account, admin, api, catalogue, orders, photos, shipping
from hauberk.demo.shop.pages import page, page_templates, widget_templates
from hauberk.demo.shop.people import LoginNeeded
from hauberk.demo.shop.store import Store

HERE = Path(__file__).parent


def create_app() -> FastAPI:
    """A new shop with stock, customers and a database of its own in a fresh temporary folder."""
    app = FastAPI(
        title="Threadbare",
        version="2.3.0",
        debug=True,
        docs_url="/docs",
    )
    app.add_middleware(
        CORSMiddleware,
        allow_origin_regex=".*",
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
    )
    app.add_middleware(
        SessionMiddleware,
        secret_key="threadbare",
        session_cookie="session",
        https_only=False,
    )
    app.state.store = Store.open(owner=app)
    app.state.templates = page_templates()
    app.state.widgets = widget_templates()
    for part in (catalogue, account, orders, shipping, photos, admin, api):
        app.include_router(part.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.add_exception_handler(LoginNeeded, ask_to_log_in)
    app.add_exception_handler(HTTPException, say_sorry)
    return app


async def ask_to_log_in(request: Request, error: Exception) -> Response:
    """Send a visitor to the login page, and back afterwards; tell a program to log in."""
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": "log in first"}, 401)
    return RedirectResponse(f"/login?next={request.url.path}", status_code=303)


def say_sorry(request: Request, error: Exception) -> Response:
    """A page for people, JSON for programs."""
    status, message = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "we slipped")
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": message}, status)
    return page(request, "sorry.html", status, code=status, message=message)
