"""The same accounts for programs: access tokens that live ten minutes, and refresh tokens that serve once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

import hauberk
from examples.equipment import SCOPE
from examples.flask_auth.entry import address
from examples.flask_auth.pages import equipment, logins
from examples.members import Members
from examples.rules import user_of

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.post("/token")
def token() -> Response:
    given = Members.of(request.get_data())
    pair = logins().tokens(given.text("name"), given.text("password"), given.text("code", ""), address())
    return secret(pair.as_json())


@blueprint.post("/refresh")
def refresh() -> Response:
    given = Members.of(request.get_data())
    return secret(logins().refresh(given.text("refresh_token")).as_json())


@blueprint.post("/logout")
def logout() -> Response:
    given = Members.of(request.get_data())
    logins().end(given.text("refresh_token"))
    return secret({})


@blueprint.get("/me")
@hauberk.requires(scope=SCOPE)
def me() -> Response:
    user = user_of(equipment(), hauberk.claims(request))
    return jsonify(id=user.id, name=user.name)


def secret(members: dict[str, Any]) -> Response:
    """For the one who asked, and for no cache (RFC 6749, section 5.1)."""
    response = jsonify(members)
    response.headers["cache-control"] = "no-store"
    return response
