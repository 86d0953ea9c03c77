"""An API whose bodies name the record that is meant, and a twin that asks whose it is. For tests only.

Ground truth: HOLES; the closed twin has none of them.
"""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import Any

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict

HOLES = {
    ("bola", "PUT /profile json:username"),
    ("bola", "POST /phone json:user_id"),
    ("bola", "POST /password json:username"),
    ("function-level", "PUT /roles json:role"),
    ("mass-assignment", "PATCH /me json:role"),
}
USERS = (("ada", "Ada-pass-1"), ("bob", "Bob-pass-1"), ("root", "Root-pass-1"))


class Role(StrEnum):
    """What a user may do; no other word is taken."""

    CUSTOMER = "customer"
    MANAGER = "manager"


class Login(BaseModel):
    """Who logs in."""

    username: str
    password: str


class Profile(BaseModel):
    """Whose profile, and what it says from now on."""

    username: str
    first_name: str = ""


class Phone(BaseModel):
    """Whose number, and which."""

    user_id: int
    phone: str


class Given(BaseModel):
    """Who gets which role."""

    username: str
    role: Role


class Self(BaseModel):
    """What a user may change of himself; the open twin takes what comes beside it."""

    model_config = ConfigDict(extra="allow")
    first_name: str = ""


class Message(BaseModel):
    """What is said, and to whom: a field that says whose record is meant, and means no harm."""

    username: str
    phone: str


def make(*, open_: bool) -> FastAPI:
    """The application with its holes, or without them."""
    app = FastAPI()
    users: dict[str, dict[str, Any]] = {
        name: {
            "username": name,
            "user_id": 4_000 + number,
            "first_name": name.title(),
            "phone": f"555-01{number}",
            "role": Role.MANAGER if name == "root" else Role.CUSTOMER,
        }
        for number, (name, _) in enumerate(USERS)
    }
    words = dict(USERS)
    tokens: dict[str, str] = {}
    messages: dict[str, list[dict[str, str]]] = {name: [] for name, _ in USERS}

    def user(authorization: str = Header(default="")) -> dict[str, Any]:
        name = tokens.get(authorization.removeprefix("Bearer "))
        if name is None:
            raise HTTPException(401)
        return users[name]

    USER = Depends(user)

    def meant(one: dict[str, Any], key: str, value: object) -> dict[str, Any]:
        """The record that the body names; in the closed twin one's own, and no other."""
        found = next((u for u in users.values() if u[key] == value), None)
        if found is None or (not open_ and found is not one):
            raise HTTPException(403)
        return found

    @app.post("/login")
    def login(given: Login) -> dict[str, str]:
        if words.get(given.username) != given.password:
            raise HTTPException(401)
        tokens[token := secrets.token_urlsafe(24)] = given.username
        return {"access_token": token}

    @app.get("/me")
    def me(one: dict[str, Any] = USER) -> dict[str, Any]:
        return one

    @app.put("/profile")
    def profile(given: Profile, one: dict[str, Any] = USER) -> dict[str, Any]:
        record = meant(one, "username", given.username)
        record["first_name"] = given.first_name
        return record

    @app.post("/phone")
    def phone(given: Phone, one: dict[str, Any] = USER) -> dict[str, str]:
        meant(one, "user_id", given.user_id)["phone"] = given.phone
        return {"said": "thanks"}

    @app.post("/password")
    def password(given: Login, one: dict[str, Any] = USER) -> dict[str, str]:
        words[meant(one, "username", given.username)["username"]] = given.password
        return {"said": "thanks"}

    @app.put("/roles")
    def roles(given: Given, one: dict[str, Any] = USER) -> dict[str, str]:
        if not open_ and one["role"] is not Role.MANAGER:
            raise HTTPException(403)
        users[given.username]["role"] = given.role
        return {"said": "thanks"}

    @app.patch("/me")
    def change(given: Self, one: dict[str, Any] = USER) -> dict[str, Any]:
        one["first_name"] = given.first_name
        if open_ and "role" in (given.model_extra or {}):
            one["role"] = Role((given.model_extra or {})["role"])
        return one

    @app.post("/messages")
    def send(given: Message, one: dict[str, Any] = USER) -> dict[str, str]:
        messages.setdefault(given.username, []).append({"username": given.username, "phone": given.phone})
        return {"said": "sent"}

    @app.get("/messages")
    def inbox(one: dict[str, Any] = USER) -> list[dict[str, str]]:
        return messages[one["username"]]

    return app
