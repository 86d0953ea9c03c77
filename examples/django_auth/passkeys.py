"""Passkeys: what `passkeys.js` in the page talks to."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from examples import visits
from examples.django_auth.pages import logins, recent_user, session


def begin_registration(request: HttpRequest) -> HttpResponse:
    begun = logins().begin_passkey(recent_user(request))
    session(request)[visits.CEREMONY] = begun.id
    return HttpResponse(begun.options, content_type="application/json")


def finish_registration(request: HttpRequest) -> HttpResponse:
    logins().add_passkey(recent_user(request), visits.ceremony(session(request)), request.body)
    return JsonResponse({})


def begin_login(request: HttpRequest) -> HttpResponse:
    begun = logins().begin_passkey_login()
    session(request)[visits.CEREMONY] = begun.id
    return HttpResponse(begun.options, content_type="application/json")


def finish_login(request: HttpRequest) -> HttpResponse:
    visits.log_in(session(request), logins().prove_passkey(visits.ceremony(session(request)), request.body))
    return JsonResponse({})
