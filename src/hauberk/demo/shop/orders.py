"""The basket, orders, and the papers that belong to them."""

from __future__ import annotations

import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from hauberk.demo.shop.pages import page, pounds
from hauberk.demo.shop.people import User, check_form_token, customer, form_token
from hauberk.demo.shop.store import store_of

router = APIRouter()
Customer = Annotated[User, Depends(customer)]


@router.get("/basket")
def basket(request: Request) -> Response:
    """What you have put aside."""
    number = request.session.get("basket")
    with store_of(request).connect() as db:
        product = db.execute("SELECT * FROM products WHERE id = ?", (number,)).fetchone()
    return page(request, "basket.html", product=product, token=form_token(request))


@router.post("/basket")
def put_aside(request: Request, product: Annotated[int, Form()]) -> Response:
    """Put a piece aside; there is only one of each."""
    request.session["basket"] = product
    return RedirectResponse("/basket", status_code=303)


@router.post("/orders")
def order(
    request: Request, user: Customer, message: Annotated[str, Form()] = "", token: Annotated[str, Form()] = ""
) -> Response:
    """Buy what you put aside."""
    check_form_token(request, token)
    with store_of(request).connect() as db:
        product = db.execute("SELECT * FROM products WHERE id = ?", (request.session.pop("basket", None),)).fetchone()
        if product is None:
            raise HTTPException(409, "your basket is empty")
        number = db.execute(
            "INSERT INTO orders (customer, product, placed, state, total, message) "
            "VALUES (?, ?, date('now'), 'being mended', ?, ?)",
            (user.id, product["id"], product["price"], message),
        ).lastrowid
        file = f"INV-{number}-{secrets.token_hex(3)}.txt"
        db.execute("UPDATE orders SET invoice = ? WHERE id = ?", (file, number))
    text = f"THREADBARE\n\nInvoice {number}\n{user.full_name}\n{user.address}\n\n1 x {product['name']}\n"
    (store_of(request).folder / "invoices" / file).write_text(text, encoding="utf-8")
    return RedirectResponse(f"/orders/{number}", status_code=303)


@router.get("/orders")
def own_orders(request: Request, user: Customer) -> Response:
    """Everything you bought."""
    with store_of(request).connect() as db:
        found = db.execute(
            "SELECT orders.*, products.name AS product_name FROM orders JOIN products ON products.id = product "
            "WHERE customer = ? ORDER BY orders.id DESC",
            (user.id,),
        ).fetchall()
    return page(request, "orders.html", found=found)


@router.get("/orders/{number}")
def one_order(request: Request, user: Customer, number: int) -> Response:
    """One order, with its invoice."""
    with store_of(request).connect() as db:
        found = db.execute(
            "SELECT orders.*, products.name AS product_name, users.full_name, users.address FROM orders "
            "JOIN products ON products.id = product JOIN users ON users.id = customer WHERE orders.id = ?",
            (number,),
        ).fetchone()
    if found is None:
        raise HTTPException(404, "there is no such order")
    return page(request, "order.html", order=found)


@router.get("/orders/{number}/receipt")
def receipt(request: Request, user: Customer, number: int) -> Response:
    """A line for your own books."""
    with store_of(request).connect() as db:
        found = db.execute(
            "SELECT id, placed, total FROM orders WHERE id = ? AND customer = ?", (number, user.id)
        ).fetchone()
    if found is None:
        raise HTTPException(404, "you have no such order")
    return PlainTextResponse(f"Order {found['id']} of {found['placed']}: {pounds(found['total'])}, paid.")


@router.get("/invoice")
def invoice(request: Request, file: str) -> Response:
    """The invoice that our letter links to."""
    try:
        with open(store_of(request).folder / "invoices" / file, encoding="utf-8", errors="replace") as paper:
            text = paper.read()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise HTTPException(404, "that invoice is not in the drawer") from None
    return PlainTextResponse(text, headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(file)}"})
