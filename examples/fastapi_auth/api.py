"""The same accounts for programs: access tokens that live ten minutes, and refresh tokens that serve once."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

import hauberk
from examples.equipment import SCOPE
from examples.fastapi_auth.entry import address
from examples.fastapi_auth.pages import Own, Service
from examples.rules import user_of
from hauberk.auth.tokens import Claims

router = APIRouter(prefix="/api")


class Credentials(BaseModel):
    """What a program sends once."""

    name: str
    password: str
    code: str = ""
    """Of the authenticator app, where the account has one."""


class Refresh(BaseModel):
    """What it sends from then on."""

    refresh_token: str


@router.post("/token")
async def token(request: Request, service: Service, given: Credentials) -> Response:
    pair = await service.tokens(given.name, given.password, given.code, address(request))
    return secret(pair.as_json())


@router.post("/refresh")
async def refresh(service: Service, given: Refresh) -> Response:
    return secret((await service.refresh(given.refresh_token)).as_json())


@router.post("/logout")
async def logout(service: Service, given: Refresh) -> Response:
    await service.end(given.refresh_token)
    return secret({})


@router.get("/me")
async def me(own: Own, claims: Annotated[Claims, Depends(hauberk.requires(scope=SCOPE))]) -> dict[str, str]:
    user = user_of(own, claims)
    return {"id": user.id, "name": user.name}


def secret(members: dict[str, Any]) -> Response:
    """For the one who asked, and for no cache (RFC 6749, section 5.1)."""
    return JSONResponse(members, headers={"cache-control": "no-store"})
