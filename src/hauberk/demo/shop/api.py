"""What the front end and a few friends fetch as JSON."""

from __future__ import annotations

import sqlite3
import traceback
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from hauberk.demo.shop.people import User, admin, customer
from hauberk.demo.shop.store import store_of

router = APIRouter(prefix="/api")

RATES = {"GBP": 1.0, "EUR": 1.17, "SEK": 13.3}


class CartItem(BaseModel):
    """What is put into the basket."""

    product: int
    quantity: int = 1
    voucher: str = ""


def rows(found: list[sqlite3.Row]) -> list[dict[str, Any]]:
    """Rows as JSON has them."""
    return [dict(row) for row in found]


@router.get("/products")
def products(request: Request, category: str = "", size: str = "") -> list[dict[str, Any]]:
    """Pieces of a category, of a size, or all."""
    query = "SELECT id, name, category, size, price FROM products WHERE (size = ? OR ? = '')"
    if category:
        query += " AND category = '" + category + "'"
    with store_of(request).connect() as db:
        return rows(db.execute(query + " ORDER BY id", (size, size)).fetchall())


@router.get("/products/{number}")
def product(request: Request, number: int) -> dict[str, Any]:
    """One piece."""
    with store_of(request).connect() as db:
        found = db.execute("SELECT * FROM products WHERE id = ?", (number,)).fetchone()
    if found is None:
        raise HTTPException(404, "there is no such piece")
    return dict(found)


@router.get("/price")
def price(request: Request, product: int, currency: str = "GBP") -> JSONResponse:
    """What a piece costs elsewhere."""
    try:
        with store_of(request).connect() as db:
            pence = db.execute("SELECT price FROM products WHERE id = ?", (product,)).fetchone()["price"]
        return JSONResponse({"product": product, "currency": currency, "price": round(pence * RATES[currency])})
    except (LookupError, TypeError):
        return JSONResponse({"error": traceback.format_exc()}, 500)


@router.get("/orders/{number}")
def order_state(request: Request, number: str) -> dict[str, Any]:
    """How far an order is: the link in our letters."""
    with store_of(request).connect() as db:
        found = db.execute("SELECT id, placed, state FROM orders WHERE id = " + number).fetchone()
    if found is None:
        raise HTTPException(404, "there is no such order")
    return dict(found)


@router.get("/me/orders")
def my_orders(request: Request, user: Annotated[User, Depends(customer)]) -> list[dict[str, Any]]:
    """What this customer bought."""
    with store_of(request).connect() as db:
        return rows(db.execute("SELECT * FROM orders WHERE customer = ? ORDER BY id", (user.id,)).fetchall())


@router.post("/cart")
def cart(request: Request, item: CartItem) -> dict[str, Any]:
    """Put a piece into the basket; says what it will cost."""
    with store_of(request).connect() as db:
        found = db.execute("SELECT name, price FROM products WHERE id = ?", (item.product,)).fetchone()
        voucher = db.execute(f"SELECT percent, note FROM vouchers WHERE code = '{item.voucher}'").fetchone()
    if found is None:
        raise HTTPException(404, "there is no such piece")
    request.session["basket"] = item.product
    total = found["price"] * item.quantity * (100 - (voucher["percent"] if voucher else 0)) // 100
    return {"name": found["name"], "total": total, "voucher": voucher["note"] if voucher else None}


@router.get("/admin/users")
def users(request: Request) -> list[dict[str, Any]]:
    """For the counter's address book."""
    with store_of(request).connect() as db:
        return rows(db.execute("SELECT id, name, full_name, email, address FROM users ORDER BY id").fetchall())


@router.get("/admin/orders")
def all_orders(request: Request, user: Annotated[User, Depends(admin)]) -> list[dict[str, Any]]:
    """For the counter's ledger."""
    with store_of(request).connect() as db:
        return rows(db.execute("SELECT * FROM orders ORDER BY id").fetchall())
