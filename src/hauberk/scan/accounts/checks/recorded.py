"""Whether the log tells of who signed in, who failed and who was refused; seen in process."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from hauberk.scan.accounts.people import People, good_password
from hauberk.scan.accounts.verdict import AccountCheck, Said, account_rule, fault, fine, nothing

LOGINS = account_rule(
    "login-unlogged",
    "Logins leave no trace in the log",
    "low",
    why="An account that was taken over, and the guessing before it, cannot be found afterwards.",
    fix="Log every login, good or bad, with the account's name and the address; never the password.",
    cwe=(778,),
    asvs="16.3.1",
    top10="A09",
)
REFUSALS = account_rule(
    "refusal-unlogged",
    "Refused access leaves no trace in the log",
    "low",
    why="Somebody who tries doors one after the other is not noticed.",
    fix="Log every 401 and 403 with the account, the address and what was asked for.",
    cwe=(778,),
    asvs="16.3.2",
    top10="A09",
)
SERVERS = ("uvicorn", "gunicorn", "hypercorn", "werkzeug", "asyncio", "httpx", "httpcore", "sqlalchemy", "concurrent")
"""Loggers of servers and libraries: lines of traffic, which say nothing of an account."""


class _Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] not in SERVERS:
            self.heard.append(f"{record.name} {record.levelname}")


@contextmanager
def heard() -> Iterator[list[str]]:
    """Records that loggers let through meanwhile, at the levels that the application set; none is added or changed.

    A logger that does not hand its records on is listened to as well.
    """
    ear = _Ear()
    apart = [one for one in map(logging.getLogger, list(logging.root.manager.loggerDict)) if not one.propagate]
    for logger in (logging.root, *apart):
        logger.addHandler(ear)
    try:
        yield ear.heard
    finally:
        for logger in (logging.root, *apart):
            logger.removeHandler(ear)


def logins(people: People) -> Iterator[Said]:
    """One that succeeds, one with a wrong password."""
    person = people.settled() if people.transport.senses else None
    if person is None:
        yield nothing("The log can only be heard in process, and with an account.")
        return
    with heard() as good:
        people.attempt(person.name, person.password)
    with heard() as bad:
        people.attempt(person.name, good_password())
    silent = [what for what, said in (("succeeds", good), ("fails", bad)) if not said]
    if silent:
        yield fault(f"Nothing is logged when a login {' and when it '.join(silent)}.", "login")
    else:
        yield fine(f"A login that succeeds and one that fails are logged, by {good[0]} and {bad[0]}.", "login")


def refusals(people: People) -> Iterator[Said]:
    """What is private, asked for by nobody."""
    if not people.transport.senses:
        yield nothing("The log can only be heard in process.")
        return
    with heard() as said:
        inside = people.inside(people.client())
    if inside:
        yield nothing("What is declared as private is given to everybody.")
    elif said:
        yield fine(f"A refused request is logged, by {said[0]}.", "private")
    else:
        yield fault("Nothing is logged when a request is refused.", "private")


CHECKS = (AccountCheck(LOGINS, logins), AccountCheck(REFUSALS, refusals))
