"""What the post costs, where it goes, and what stands on the parcel."""

from __future__ import annotations

import os
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from hauberk.demo.shop.pages import page

router = APIRouter()

ABROAD = {"ireland": 9, "sweden": 14, "spain": 12, "france": 11}


@router.get("/shipping")
def shipping(request: Request) -> Response:
    """Everything about parcels."""
    return page(request, "shipping.html", countries=sorted(ABROAD))


@router.get("/shipping/quote")
def quote(postcode: str = "", weight: str = "500") -> dict[str, Any]:
    """What a parcel of so many grams costs within the country."""
    kilos = -(-int(weight) // 1000)
    return {"postcode": postcode.strip().upper(), "grams": int(weight), "price": 250 + 150 * kilos}


@router.get("/shipping/abroad")
def abroad(country: str = "") -> Response:
    """One line for the page that asks."""
    price = ABROAD.get(country.lower())
    if price is None:
        return HTMLResponse(f"<p class='no'>We do not send to {country} yet, but we are learning to.</p>")
    return HTMLResponse(f"<p class='yes'>{price} pounds, about a week.</p>")


@router.get("/shipping/label")
def label(text: str = "Threadbare, 4 Needle Lane") -> Response:
    """An address, set as the label printer sets it."""
    with os.popen(f'echo "{text}" | fold -s -w 28') as printer:
        lines = printer.read()
    return PlainTextResponse(lines)
