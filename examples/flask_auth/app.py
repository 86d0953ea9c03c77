"""The application, which `main.py` has for servers."""

from __future__ import annotations

import os

from flask import Flask, jsonify, request

import hauberk
from examples.equipment import Equipment
from examples.flask_auth import account, api, entry, passkeys
from examples.flask_auth.pages import PAGES, Answer, account_page, page
from examples.logins_sync import Logins
from examples.refused import AWAY, Refused, form_of
from hauberk.core.errors import StoreError


def create_app(equipment: Equipment | None = None) -> Flask:
    """The application, with its databases in a folder of its own."""
    own = equipment or Equipment.from_environ(os.environ)
    app = Flask(__name__, template_folder=PAGES, static_folder=None)
    app.extensions["equipment"], app.extensions["logins"] = own, Logins(own)
    for part in (entry, account, passkeys, api):
        app.register_blueprint(part.blueprint)
    app.register_error_handler(Refused, refused)
    app.register_error_handler(StoreError, away)
    return hauberk.protect(app, own.policy)


def refused(error: Refused) -> Answer:
    """What was not to be: as JSON for scripts, and for people on the page that they have just filled in."""
    if request.path.startswith(("/api/", "/passkeys/")):
        return jsonify(problem=error.message), error.status, error.headers
    name = form_of(request.path, error.message)
    body = account_page(problem=error.message) if name is None else page(name, problem=error.message)
    return body, error.status, error.headers


def away(error: StoreError) -> Answer:
    """The store is away: not now, and nobody gets past it."""
    return refused(Refused(503, AWAY, {"retry-after": "5"}))
