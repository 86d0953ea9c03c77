"""Coming in, going out, and what we know of a customer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, UploadFile
from fastapi.responses import FileResponse, RedirectResponse, Response

from hauberk.demo.shop.pages import page
from hauberk.demo.shop.people import User, check_form_token, customer, form_token
from hauberk.demo.shop.store import fingerprint, store_of

router = APIRouter()
Customer = Annotated[User, Depends(customer)]
Field = Annotated[str, Form()]

PICTURES = {b"\x89PNG\r\n\x1a\n": ("png", "image/png"), b"\xff\xd8\xff": ("jpg", "image/jpeg")}
TRIES = 5


@router.get("/login")
def login_form(request: Request, next: str = "/account") -> Response:
    """Who are you?"""
    return page(request, "login.html", next=next, wrong=False)


@router.post("/login")
def login(request: Request, name: Field, password: Field, next: Field = "/account") -> Response:
    """Come in."""
    digest = fingerprint(password)
    with store_of(request).connect() as db:
        user = db.execute(f"SELECT id FROM users WHERE name = '{name}' AND password = '{digest}'").fetchone()
    if user is None:
        return page(request, "login.html", 401, next=next, wrong=True)
    request.session["user"] = user["id"]
    return RedirectResponse(next, status_code=303)


@router.post("/logout")
def logout(request: Request, next: Field = "/") -> Response:
    """Go out, to another of our pages."""
    request.session.clear()
    ours = next.startswith("/") and not next.startswith(("//", "/\\")) and next.isprintable()
    return RedirectResponse(next if ours else "/", status_code=303)


@router.get("/account")
def account(request: Request, user: Customer, note: str = "") -> Response:
    """What we know of you."""
    return page(request, "account.html", token=form_token(request), note=note)


@router.post("/account/email")
def change_email(request: Request, user: Customer, email: Field) -> Response:
    """Write to another address from now on."""
    with store_of(request).connect() as db:
        db.execute("UPDATE users SET email = ? WHERE id = ?", (email, user.id))
    return RedirectResponse("/account?note=New+e-mail+address+noted.", status_code=303)


@router.post("/account/address")
def change_address(request: Request, user: Customer, address: Field, token: Field = "") -> Response:
    """Deliver to another address from now on."""
    check_form_token(request, token)
    with store_of(request).connect() as db:
        db.execute("UPDATE users SET address = ? WHERE id = ?", (address, user.id))
    return RedirectResponse("/account?note=New+address+noted.", status_code=303)


@router.post("/account/password")
def change_password(request: Request, user: Customer, old: Field, new: Field, token: Field = "") -> Response:
    """Another password; whoever guesses the old one wrong five times has to ask at the counter."""
    check_form_token(request, token)
    wrong: dict[int, int] = request.app.state.__dict__.setdefault("wrong_passwords", {})
    if wrong.get(user.id, 0) >= TRIES:
        raise HTTPException(429, "too many tries; ask at the counter")
    with store_of(request).connect() as db:
        changed = db.execute(
            "UPDATE users SET password = ? WHERE id = ? AND password = ?",
            (fingerprint(new), user.id, fingerprint(old)),
        ).rowcount
    if not changed:
        wrong[user.id] = wrong.get(user.id, 0) + 1
        raise HTTPException(403, "that is not your old password")
    wrong.pop(user.id, None)
    return RedirectResponse("/account?note=New+password+noted.", status_code=303)


@router.post("/account/portrait")
def change_portrait(request: Request, user: Customer, portrait: UploadFile, token: Field = "") -> Response:
    """A picture of you, if it is one."""
    check_form_token(request, token)
    data = portrait.file.read(1_000_000)
    suffix = next((kind[0] for magic, kind in PICTURES.items() if data.startswith(magic)), None)
    if suffix is None:
        raise HTTPException(415, "we can hang PNG and JPEG pictures only")
    file = f"{user.id}.{suffix}"
    (store_of(request).folder / "portraits" / file).write_bytes(data)
    with store_of(request).connect() as db:
        db.execute("UPDATE users SET portrait = ? WHERE id = ?", (file, user.id))
    return RedirectResponse("/account?note=What+a+fine+picture.", status_code=303)


@router.get("/account/portrait")
def portrait_file(request: Request, user: Customer) -> Response:
    """Your picture."""
    if user.portrait is None:
        raise HTTPException(404, "there is no picture of you yet")
    kind = dict(PICTURES.values())[user.portrait.rpartition(".")[2]]
    return FileResponse(
        store_of(request).folder / "portraits" / user.portrait,
        media_type=kind,
        headers={"x-content-type-options": "nosniff"},
    )
