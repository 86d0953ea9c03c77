"""What users do with their own accounts."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from examples import visits
from examples.flask_auth.entry import DEVICE, address
from examples.flask_auth.pages import equipment, logins, page, recent_user, see, session, user
from examples.refused import AGAIN, Refused

blueprint = Blueprint("account", __name__)


@blueprint.post("/password")
def change_password() -> Response:
    who, old, new = user(), request.form["old"], request.form["new"]
    changed = logins().change_password(who, old, new, address(), request.cookies.get(DEVICE, ""))
    logins().end_others(who, session().id)
    visits.stay(session(), changed)
    return see("/")


@blueprint.post("/app")
def enrol() -> str:
    who = recent_user()
    new = equipment().totp.enrol(who.id, who.name)
    session()[visits.ENROLLING] = new.stored  # sealed; it counts once a first code was right
    return page("app.html", user=who, qr=new.svg(), secret=new.secret)


@blueprint.post("/app/confirm")
def confirm() -> str:
    who, sealed = recent_user(), session().get(visits.ENROLLING)
    if sealed is None:
        raise Refused(400, AGAIN)
    codes = logins().confirm_app(who, sealed, request.form["code"])
    del session()[visits.ENROLLING]
    return page("codes.html", user=who, codes=codes)


@blueprint.post("/app/off")
def turn_off() -> Response:
    equipment().accounts.set_second_factor(recent_user(), "", "")
    return see("/")


@blueprint.post("/remove-passkey")
def remove_passkey() -> Response:
    equipment().accounts.remove_passkey(recent_user(), request.form["id"])
    return see("/")
