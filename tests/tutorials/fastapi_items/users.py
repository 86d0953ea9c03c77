"""Users: the password flow of OAuth2, and a token that is signed and runs out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Security
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm, SecurityScopes
from pydantic import BaseModel

KEY = b"only for this tutorial"
SALT = b"salt of the tutorial"
LIFETIME = 900
SCOPES = {"me": "Read about oneself.", "items": "Read one's items."}
scheme = OAuth2PasswordBearer(tokenUrl="token", scopes=SCOPES)
router = APIRouter(tags=["users"])


def digest(password: str) -> str:
    return hashlib.scrypt(password.encode(), salt=SALT, n=1024, r=8, p=1).hex()


class User(BaseModel):
    username: str
    full_name: str | None = None
    disabled: bool = False


class StoredUser(User):
    password: str


USERS = {
    "ada": StoredUser(username="ada", full_name="Ada Byron", password=digest("engine-1843")),
    "bob": StoredUser(username="bob", password=digest("builder"), disabled=True),
}


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"


def sign(claims: dict[str, Any]) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode())
    mac = base64.urlsafe_b64encode(hmac.digest(KEY, body, "sha256"))
    return f"{body.decode()}.{mac.decode()}"


def verify(token: str) -> dict[str, Any] | None:
    body, _, mac = token.partition(".")
    expected = base64.urlsafe_b64encode(hmac.digest(KEY, body.encode(), "sha256"))
    if not hmac.compare_digest(expected, mac.encode()):
        return None
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
    return claims if claims["exp"] > time.time() else None


async def current_user(scopes: SecurityScopes, token: Annotated[str, Depends(scheme)]) -> User:
    challenge = f'Bearer scope="{scopes.scope_str}"' if scopes.scopes else "Bearer"
    claims = verify(token)
    stored = USERS.get(claims["sub"]) if claims else None
    if claims is None or stored is None:
        raise HTTPException(401, "Could not validate credentials", headers={"WWW-Authenticate": challenge})
    if any(scope not in claims["scopes"] for scope in scopes.scopes):
        raise HTTPException(401, "Not enough permissions", headers={"WWW-Authenticate": challenge})
    return User(**stored.model_dump(exclude={"password"}))


async def active_user(user: Annotated[User, Security(current_user, scopes=["me"])]) -> User:
    if user.disabled:
        raise HTTPException(400, "Inactive user")
    return user


@router.post("/token")
def login(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    stored = USERS.get(form.username)
    if stored is None or not hmac.compare_digest(stored.password, digest(form.password)):
        raise HTTPException(400, "Incorrect username or password")
    claims = {"sub": stored.username, "scopes": form.scopes, "exp": time.time() + LIFETIME}
    return Token(access_token=sign(claims))


@router.get("/users/me")
async def me(user: Annotated[User, Depends(active_user)]) -> User:
    return user


@router.get("/users/me/items")
async def my_items(user: Annotated[User, Security(active_user, scopes=["items"])]) -> list[dict[str, str]]:
    return [{"item": "Engine", "owner": user.username}]
