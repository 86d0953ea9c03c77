"""What the examples keep in a session. hauberk's session is the same object in every framework, so this is as well."""

from __future__ import annotations

from time import time
from typing import NamedTuple

from examples.accounts import Accounts, User
from examples.refused import OVER, Refused
from hauberk import Session

RECENT = 600
"""Seconds after a login within which ways to log in may be added and taken away."""
PROVED, ERA, WAITING, ENROLLING, CEREMONY = "proved", "era", "waiting", "enrolling", "ceremony"


class Waiting(NamedTuple):
    """A login whose password was right, and which waits for its second factor."""

    user: str
    era: int
    login: str
    """What `Throttle.begin_second_factor` gave."""
    device: str
    """The cookie that makes the browser a known one; given to it at the end."""


def log_in(session: Session, user: User) -> None:
    """From here on the session is this user's: nothing of what was in it before, and a new id."""
    session.clear()
    session.login(user.id)
    session[PROVED], session[ERA] = time(), user.era


def stay(session: Session, user: User) -> None:
    """After a change of the password: still logged in, under a new id."""
    session[ERA] = user.era
    session.rotate(grace=False)


def user_of(session: Session, accounts: Accounts) -> User | None:
    """Who is logged in, with the password that he has now."""
    user = None if session.user is None else accounts.by_id(session.user)
    return user if user is not None and session.get(ERA) == user.era else None


def await_code(session: Session, waiting: Waiting) -> None:
    """Between password and second factor."""
    # What is set after it begins another session: whoever was logged in here is not any more, and whoever planted the
    # old one in the browser does not find himself behind the password.
    session.logout()
    session[WAITING] = tuple(waiting)


def waiting_for_code(session: Session) -> Waiting | None:
    """The login that waits for its second factor."""
    found = session.get(WAITING)
    return None if found is None else Waiting(*found)


def whom_to_ask(session: Session, accounts: Accounts) -> tuple[Waiting, User]:
    """That login, and whose it is. Raises Refused where none waits, or the password was changed meanwhile."""
    waiting = waiting_for_code(session)
    user = accounts.by_id(waiting.user) if waiting else None
    if waiting is None or user is None or waiting.era != user.era:
        raise Refused(401, OVER)
    return waiting, user


def proved_recently(session: Session) -> bool:
    """Whether this user has just logged in: a browser left open is not enough to add a passkey."""
    return session.user is not None and time() - session.get(PROVED, 0) < RECENT


def ceremony(session: Session) -> str:
    """The passkey ceremony that this visitor began; it is over with the answer, whatever that is."""
    begun: str = session.pop(CEREMONY, "")
    return begun
