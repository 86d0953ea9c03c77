"""An API with accounts, and a twin that has none of its holes. Ground truth: HOLES. For tests only."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel

HOLES = {
    ("bola", "GET /notes/{note_id} path:note_id"),
    ("bola", "PUT /users/{username}/password path:username"),
    ("mass-assignment", "POST /users json:is_admin"),
    ("mass-assignment", "PATCH /me json:is_admin"),
    ("excessive-data", "GET /users"),
    ("function-level", "GET /admin/audit"),
    ("missing-authentication", "GET /account"),
    ("user-enumeration", "POST /login json:username"),
    ("no-rate-limit", "POST /login"),
}
USERS = (("ada", "Ada-pass-1"), ("bob", "Bob-pass-1"), ("root", "Root-pass-1"))


class Login(BaseModel):
    """Who logs in."""

    username: str
    password: str


class New(BaseModel):
    """Who registers; the open twin takes what comes beside it."""

    model_config = {"extra": "allow"}
    username: str
    email: str
    password: str


class Note(BaseModel):
    """What a user writes."""

    title: str
    text: str


class Self(BaseModel):
    """What a user may change of himself; the open twin takes what comes beside it."""

    model_config = {"extra": "allow"}
    username: str
    about: str = ""


class Secret(BaseModel):
    """A new password."""

    password: str


def make(*, open_: bool) -> FastAPI:
    """The application with its holes, or without them."""
    app = FastAPI()
    users: dict[str, dict[str, Any]] = {
        name: {
            "username": name,
            "email": f"{name}@example.com",
            "password": word,
            "is_admin": name == "root",
            "is_active": True,
        }
        for name, word in USERS
    }
    tokens: dict[str, str] = {}
    notes: dict[int, dict[str, Any]] = {}
    numbers, wrong = itertools.count(1), itertools.count()

    def user(authorization: str = Header(default="")) -> dict[str, Any]:
        name = tokens.get(authorization.removeprefix("Bearer "))
        if name is None:
            raise HTTPException(401)
        return users[name]

    def maybe(authorization: str = Header(default="")) -> dict[str, Any]:
        return users["ada"] if open_ else user(authorization)

    USER, MAYBE = Depends(user), Depends(maybe)

    def shown(one: dict[str, Any]) -> dict[str, Any]:
        return one if open_ else {key: value for key, value in one.items() if key != "password"}

    @app.post("/login")
    def login(given: Login) -> dict[str, str]:
        one = users.get(given.username)
        if one is None or one["password"] != given.password:
            if not open_ and next(wrong) > 20:
                raise HTTPException(429)
            raise HTTPException(401, "no such user" if open_ and one is None else "wrong name or password")
        token = secrets.token_urlsafe(24)
        tokens[token] = given.username
        return {"access_token": token}

    @app.post("/users")
    def register(given: New) -> dict[str, str]:
        extra = dict(given.model_extra or {}) if open_ else {}
        users[given.username] = (
            {"is_admin": False} | given.model_dump(include={"username", "email", "password"}) | extra
        )
        return {"made": given.username}

    @app.get("/users")
    def everybody() -> list[dict[str, Any]]:
        return [shown(one) for one in users.values()]

    @app.get("/account")
    def account(one: dict[str, Any] = MAYBE) -> dict[str, Any]:
        return {"username": one["username"], "email": one["email"]}

    @app.put("/users/{username}/password")
    def password(username: str, given: Secret, one: dict[str, Any] = USER) -> dict[str, str]:
        changed = users.get(username) if open_ else one
        if changed is None or changed["username"] != username:
            raise HTTPException(403)
        changed["password"] = given.password
        return {"changed": username}

    @app.put("/users/{username}/email")
    def email(username: str, given: dict[str, str], one: dict[str, Any] = USER) -> dict[str, str]:
        one["email"] = given.get("email", "")  # whoever is named: one's own
        return {"changed": one["username"]}

    @app.get("/me")
    def me(one: dict[str, Any] = USER) -> dict[str, Any]:
        return {key: value for key, value in one.items() if key != "password"}

    @app.patch("/me")
    def change(given: Self, one: dict[str, Any] = USER) -> dict[str, str]:
        """An account is active by itself, whoever says so."""
        extra = dict(given.model_extra or {}) if open_ else {}
        one |= {"about": given.about} | {key: value for key, value in extra.items() if key == "is_admin"}
        return {"changed": one["username"]}

    @app.post("/notes")
    def write(given: Note, one: dict[str, Any] = USER) -> dict[str, int]:
        number = next(numbers)
        notes[number] = {"owner": one["username"], **given.model_dump()}
        return {"note_id": number}

    @app.get("/notes")
    def listed(one: dict[str, Any] = USER) -> list[dict[str, Any]]:
        return [{"note_id": n, "title": v["title"]} for n, v in notes.items() if v["owner"] == one["username"]]

    @app.get("/notes/{note_id}")
    def note(note_id: int, one: dict[str, Any] = USER) -> dict[str, Any]:
        found = notes.get(note_id)
        if found is None or (not open_ and found["owner"] != one["username"]):
            raise HTTPException(404)
        return found

    @app.post("/board")
    def post(given: Note, one: dict[str, Any] = USER) -> dict[str, int]:
        return write(given, {"username": "everybody"})

    @app.get("/board")
    def board(one: dict[str, Any] = USER) -> list[dict[str, Any]]:
        """Shared on purpose: what everybody reads in a list is nobody's own."""
        return [{"board_id": n, **v} for n, v in notes.items() if v["owner"] == "everybody"]

    @app.get("/board/{board_id}")
    def shared(board_id: int, one: dict[str, Any] = USER) -> dict[str, Any]:
        found = notes.get(board_id)
        if found is None or found["owner"] != "everybody":
            raise HTTPException(404)
        return found

    @app.get("/admin/audit")
    def audit(one: dict[str, Any] = USER) -> dict[str, str]:
        if not open_ and not one["is_admin"]:
            raise HTTPException(403)
        return {"last": "root logged in"}

    return app
