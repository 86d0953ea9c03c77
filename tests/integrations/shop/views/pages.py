"""Handlers that call a function of another module, which has the engine."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from tests.integrations.shop.engine import render


async def page(request: Request) -> Response:
    return render(request)


async def macro(request: Request) -> Response:
    return render(request, "macro")
