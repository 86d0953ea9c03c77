"""What becomes of a session's token when somebody signs in again, and when he signs out."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.scan.accounts.people import People, Person
from hauberk.scan.accounts.verdict import AccountCheck, Said, account_rule, fault, fine, nothing
from hauberk.scan.client import Client

RENEWED = account_rule(
    "session-not-renewed",
    "Signing in keeps the token that was there before",
    "high",
    why="A token that an attacker planted in the browser before the login is signed in too (session fixation).",
    fix="Make a new token at each login and end the old one: session.login(user) of hauberk's Sessions.",
    cwe=(384,),
    asvs="7.2.4",
)
ENDED = account_rule(
    "session-not-ended",
    "A session works after signing out",
    "medium",
    why="A copy of the cookie or token, from a shared machine or a log, stays good.",
    fix="Delete the session on the server when somebody signs out: session.logout() of hauberk's Sessions.",
    cwe=(613,),
    asvs="7.4.1",
)


def _held(client: Client) -> str:
    """Everything by which the browser is recognised."""
    return f"{client.jar.header('/')} {client.bearer}".strip()


def _copy(people: People, client: Client) -> Client:
    """Another browser with the same cookies and token."""
    other = people.client()
    other.jar = client.jar.copy()
    other.bearer = client.bearer
    return other


def _begin(people: People) -> tuple[Person, Client] | None:
    person = people.newcomer()
    people.register(person)
    client = people.sign_in(person.name, person.password)
    return None if client is None else (person, client)


def renewed(people: People) -> Iterator[Said]:
    """Sign in again with the browser that is signed in: there must be a new token, and the old one must be over."""
    begun = _begin(people)
    if begun is None or not _held(begun[1]):
        yield nothing("Nobody could be signed in by a cookie or a token.")
        return
    person, client = begun
    before, old = _held(client), _copy(people, client)
    if people.sign_in(person.name, person.password, client) is None:
        yield nothing("Signing in a second time did not succeed.")
    elif _held(client) == before:
        yield fault("Signing in again gave no new token.", "login")
    elif people.inside(old):
        yield fault("After signing in again the token of before still works.", "login")
    else:
        yield fine("Signing in again gave a new token, and the one of before is over.", "login")


def ended(people: People) -> Iterator[Said]:
    """A copy of what the browser held, after it signed out."""
    begun = _begin(people) if people.flows.logout else None
    if begun is None:
        yield nothing("No flow that signs out is declared, or nobody could sign in.")
        return
    person, client = begun
    old = _copy(people, client)
    answer = people.send(client, people.flows.logout, person.values())
    if answer.status >= 400:
        yield nothing(f"Signing out was answered {answer.status}.")
    elif people.inside(old):
        yield fault("A copy of the cookie or token works after signing out.", "logout")
    else:
        yield fine("A copy of the cookie or token no longer works after signing out.", "logout")


CHECKS = (AccountCheck(RENEWED, renewed), AccountCheck(ENDED, ended))
