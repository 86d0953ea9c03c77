"""Changing the password."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.scan.accounts.people import People, Person, good_password
from hauberk.scan.accounts.verdict import AccountCheck, Said, account_rule, fault, fine, nothing
from hauberk.scan.client import Client

CHANGE = account_rule(
    "password-change",
    "Users cannot change their password",
    "medium",
    why="A password that somebody else learnt stays good for ever.",
    fix="Offer a page that asks for the current password and a new one.",
    cwe=(620,),
    asvs="6.2.2",
)
CURRENT = account_rule(
    "password-change-unproved",
    "A password is changed without the current one",
    "high",
    why="A session that was left open, or a request forged once, takes the account over for good.",
    fix="Ask for the current password, and verify it, in the request that sets the new one.",
    cwe=(620,),
    asvs="6.2.3",
)


def _begin(people: People) -> tuple[Person, Client] | None:
    person = people.newcomer()
    people.register(person)
    client = people.sign_in(person.name, person.password)
    return None if client is None else (person, client)


def change(people: People) -> Iterator[Said]:
    """The new one signs in, the old one no longer does."""
    if not people.flows.change:
        yield fault("No flow that changes the password is declared (flows.change).", "login")
        return
    begun = _begin(people)
    if begun is None:
        yield nothing("No account could be made.")
        return
    person, client = begun
    new = good_password()
    answer = people.change(client, person, current=person.password, new=new)
    if people.sign_in(person.name, new) is None:
        yield fault(f"After a change that was answered {answer.status} the new password does not sign in.", "change")
    elif people.sign_in(person.name, person.password) is not None:
        yield fault("After a change the old password still signs in.", "change")
    else:
        yield fine("After a change the new password signs in, and the old one does not.", "change")


def current(people: People) -> Iterator[Said]:
    """A wrong one, and none at all."""
    begun = _begin(people) if people.flows.change else None
    if begun is None:
        yield nothing("No flow that changes the password is declared, or no account could be made.")
        return
    person, client = begun
    for how, given in (("a wrong current password", good_password()), ("an empty current password", "")):
        new = good_password()
        people.change(client, person, current=given, new=new)
        if people.sign_in(person.name, new) is not None:
            yield fault(f"The password was changed with {how}.", "change", how=how)
            return
    new = good_password()
    people.change(client, person, current=person.password, new=new)
    if people.sign_in(person.name, new) is None:
        yield nothing("The password could not be changed with the right one either.")
    else:
        yield fine(
            "The password is changed with the right current one, and not with a wrong or an empty one.", "change"
        )


CHECKS = (AccountCheck(CHANGE, change), AccountCheck(CURRENT, current))
