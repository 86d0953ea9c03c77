"""Passkeys: what `passkeys.js` in the page talks to."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from examples import visits
from examples.flask_auth.pages import logins, recent_user, session

blueprint = Blueprint("passkeys", __name__, url_prefix="/passkeys")


@blueprint.post("/register/begin")
def begin_registration() -> Response:
    begun = logins().begin_passkey(recent_user())
    session()[visits.CEREMONY] = begun.id
    return Response(begun.options, mimetype="application/json")


@blueprint.post("/register/finish")
def finish_registration() -> Response:
    logins().add_passkey(recent_user(), visits.ceremony(session()), request.get_data())
    return jsonify({})


@blueprint.post("/login/begin")
def begin_login() -> Response:
    begun = logins().begin_passkey_login()
    session()[visits.CEREMONY] = begun.id
    return Response(begun.options, mimetype="application/json")


@blueprint.post("/login/finish")
def finish_login() -> Response:
    visits.log_in(session(), logins().prove_passkey(visits.ceremony(session()), request.get_data()))
    return jsonify({})
