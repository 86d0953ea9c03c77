"""The same accounts for programs: access tokens that live ten minutes, and refresh tokens that serve once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

import hauberk
from examples.django_auth.entry import address
from examples.django_auth.pages import equipment, logins
from examples.equipment import SCOPE
from examples.members import Members
from examples.rules import user_of


def token(request: HttpRequest) -> HttpResponse:
    given = Members.of(request.body)
    pair = logins().tokens(given.text("name"), given.text("password"), given.text("code", ""), address(request))
    return secret(pair.as_json())


def refresh(request: HttpRequest) -> HttpResponse:
    given = Members.of(request.body)
    return secret(logins().refresh(given.text("refresh_token")).as_json())


def logout(request: HttpRequest) -> HttpResponse:
    given = Members.of(request.body)
    logins().end(given.text("refresh_token"))
    return secret({})


@hauberk.requires(scope=SCOPE)
def me(request: HttpRequest) -> HttpResponse:
    user = user_of(equipment(), hauberk.claims(request))
    return JsonResponse({"id": user.id, "name": user.name})


def secret(members: dict[str, Any]) -> HttpResponse:
    """For the one who asked, and for no cache (RFC 6749, section 5.1)."""
    response: HttpResponse = JsonResponse(members)
    response["cache-control"] = "no-store"
    return response
