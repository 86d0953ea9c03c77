"""The parts of a login that wait for nothing, so that `logins` and `logins_sync` share them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from examples.accounts import NotANameError, User
from examples.equipment import Equipment
from examples.refused import NO_TOKEN, Refused
from hauberk.auth.passkeys import Passkey
from hauberk.auth.tokens import Claims


@dataclass(frozen=True, slots=True)
class Proven:
    """Somebody who knew his password."""

    user: User
    device: str
    """For the cookie that makes his browser a known one."""


def demand(own: Equipment, name: str, password: str) -> None:
    """A password that may be chosen, or Refused with everything that is wrong with it."""
    problems = own.password_policy.problems(password, own=(name,))
    if problems:
        raise Refused(422, " ".join(sentence for _, sentence in problems))


def added(own: Equipment, name: str, hashed: str) -> User:
    """A new user. That a name is taken is told: here it is no address, and anybody may see it."""
    try:
        return own.accounts.add(name, hashed)
    except NotANameError as error:
        raise Refused(422, str(error)) from None


def rehashed(own: Equipment, user: User, new: str | None) -> User:
    """Another scheme, another cost: the hash is replaced while the password is at hand."""
    if new is None or not own.accounts.replace_password(user, new):
        return user
    return replace(user, password=new)


def changed(own: Equipment, user: User, hashed: str) -> User:
    """The user with the new password, unless another request has changed it meanwhile."""
    if not own.accounts.change_password(user, hashed):
        raise Refused(409, "The password was changed elsewhere, just now.")
    return replace(user, password=hashed, era=user.era + 1)


def user_of(own: Equipment, claims: Claims | None) -> User:
    """Whose access token it is, if it came of the password that he has now."""
    user = None if claims is None else own.accounts.by_id(claims.subject)
    if claims is None or user is None or claims.get("era") != user.era:
        raise Refused(401, NO_TOKEN, {"www-authenticate": 'Bearer error="invalid_token"'})
    return user


def kept(own: Equipment, passkey: Passkey) -> Passkey:
    """A new passkey, unless somebody has it."""
    if not own.accounts.add_passkey(passkey):
        raise no_passkey()
    return passkey


def shown(own: Equipment, before: Passkey | None, now: Passkey) -> User:
    """Whose passkey it was that was shown; its counter is written down before he gets in."""
    user = own.accounts.by_id(now.user)
    if before is None or user is None or not own.accounts.replace_passkey(before, now):
        raise no_passkey()
    return user


def no_passkey() -> Refused:
    """What everybody hears whose passkey is not accepted; why stands in the log."""
    return Refused(401, "This passkey was not accepted.")
