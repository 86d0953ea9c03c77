"""What users do with their own accounts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from examples import visits
from examples.django_auth.entry import DEVICE, address
from examples.django_auth.pages import equipment, field, logins, page, recent_user, see, session, user
from examples.refused import AGAIN, Refused


def change_password(request: HttpRequest) -> HttpResponse:
    who, old, new = user(request), field(request, "old"), field(request, "new")
    changed = logins().change_password(who, old, new, address(request), request.COOKIES.get(DEVICE, ""))
    logins().end_others(who, session(request).id)
    visits.stay(session(request), changed)
    return see("/")


def enrol(request: HttpRequest) -> HttpResponse:
    who = recent_user(request)
    new = equipment().totp.enrol(who.id, who.name)
    session(request)[visits.ENROLLING] = new.stored  # sealed; it counts once a first code was right
    return page(request, "app.html", user=who, qr=new.svg(), secret=new.secret)


def confirm(request: HttpRequest) -> HttpResponse:
    who, sealed = recent_user(request), session(request).get(visits.ENROLLING)
    if sealed is None:
        raise Refused(400, AGAIN)
    codes = logins().confirm_app(who, sealed, field(request, "code"))
    del session(request)[visits.ENROLLING]
    return page(request, "codes.html", user=who, codes=codes)


def turn_off(request: HttpRequest) -> HttpResponse:
    equipment().accounts.set_second_factor(recent_user(request), "", "")
    return see("/")


def remove_passkey(request: HttpRequest) -> HttpResponse:
    equipment().accounts.remove_passkey(recent_user(request), field(request, "id"))
    return see("/")
