"""Passkeys: what `passkeys.js` in the page talks to."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from examples import visits
from examples.fastapi_auth.pages import RecentUser, Service, Visit

router = APIRouter(prefix="/passkeys")


@router.post("/register/begin")
async def begin_registration(service: Service, session: Visit, user: RecentUser) -> Response:
    begun = await service.begin_passkey(user)
    session[visits.CEREMONY] = begun.id
    return Response(begun.options, media_type="application/json")


@router.post("/register/finish")
async def finish_registration(request: Request, service: Service, session: Visit, user: RecentUser) -> Response:
    await service.add_passkey(user, visits.ceremony(session), await request.body())
    return JSONResponse({})


@router.post("/login/begin")
async def begin_login(service: Service, session: Visit) -> Response:
    begun = await service.begin_passkey_login()
    session[visits.CEREMONY] = begun.id
    return Response(begun.options, media_type="application/json")


@router.post("/login/finish")
async def finish_login(request: Request, service: Service, session: Visit) -> Response:
    visits.log_in(session, await service.prove_passkey(visits.ceremony(session), await request.body()))
    return JSONResponse({})
