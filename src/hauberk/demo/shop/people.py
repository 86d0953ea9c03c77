"""Who is asking."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from fastapi import HTTPException, Request

from hauberk.demo.shop.store import store_of


@dataclass(frozen=True, slots=True)
class User:
    """A customer, or one of us."""

    id: int
    name: str
    role: str
    full_name: str
    email: str
    address: str
    portrait: str | None


class LoginNeeded(Exception):
    """This page is for people who are logged in."""


def find_user(request: Request) -> User | None:
    """Who is logged in, if anybody is."""
    number = request.session.get("user")
    if number is None:
        return None
    with store_of(request).connect() as db:
        row = db.execute(
            "SELECT id, name, role, full_name, email, address, portrait FROM users WHERE id = ?", (number,)
        ).fetchone()
    return User(**dict(row)) if row else None


def customer(request: Request) -> User:
    """Who is logged in; everybody else is sent to the login page."""
    user = find_user(request)
    if user is None:
        raise LoginNeeded
    return user


def admin(request: Request) -> User:
    """One of us; everybody else is told that there is nothing to see."""
    user = customer(request)
    if user.role != "admin":
        raise HTTPException(403, "for the people behind the counter")
    return user


def form_token(request: Request) -> str:
    """A text that only our own forms know."""
    token: str = request.session.setdefault("form_token", secrets.token_urlsafe(16))
    return token


def check_form_token(request: Request, token: str) -> None:
    """Refuse a form that did not come from one of our pages."""
    if not secrets.compare_digest(token.encode(), request.session.get("form_token", "").encode() or b"\0"):
        raise HTTPException(403, "this form is too old; load the page again")
