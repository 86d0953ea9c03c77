"""What users do with their own accounts."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from examples import visits
from examples.fastapi_auth.entry import DEVICE, Text, address
from examples.fastapi_auth.pages import AnyUser, Own, RecentUser, Service, Visit, page, see
from examples.refused import AGAIN, Refused

router = APIRouter()


@router.post("/password")
async def change_password(
    request: Request, service: Service, session: Visit, user: AnyUser, old: Text, new: Text
) -> Response:
    changed = await service.change_password(user, old, new, address(request), request.cookies.get(DEVICE, ""))
    await service.end_others(user, session.id)
    visits.stay(session, changed)
    return see("/")


@router.post("/app")
async def enrol(request: Request, own: Own, session: Visit, user: RecentUser) -> Response:
    new = own.totp.enrol(user.id, user.name)
    session[visits.ENROLLING] = new.stored  # sealed; it counts once a first code was right
    return page(request, "app.html", user=user, qr=new.svg(), secret=new.secret)


@router.post("/app/confirm")
async def confirm(request: Request, service: Service, session: Visit, user: RecentUser, code: Text) -> Response:
    sealed = session.get(visits.ENROLLING)
    if sealed is None:
        raise Refused(400, AGAIN)
    codes = await service.confirm_app(user, sealed, code)
    del session[visits.ENROLLING]
    return page(request, "codes.html", user=user, codes=codes)


@router.post("/app/off")
async def turn_off(own: Own, user: RecentUser) -> Response:
    own.accounts.set_second_factor(user, "", "")
    return see("/")


@router.post("/remove-passkey")
async def remove_passkey(own: Own, user: RecentUser, id: Text) -> Response:
    own.accounts.remove_passkey(user, id)
    return see("/")
