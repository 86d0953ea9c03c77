"""Excessive data: answers hold what only the server needs, such as the passwords of users."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hauberk.core.finding import Finding, Rule
from hauberk.scan.access import World, document, last, leaves
from hauberk.scan.checks.passive.exposed_secrets import is_folder

RULE = Rule(
    id="scan.excessive-data",
    title="Passwords or keys in an answer",
    severity="high",
    why="Whoever may ask reads the credentials of others.",
    fix="Answer with a model that names the fields that may leave; never with the record as it is stored.",
    cwe=(200, 213),
    asvs=("v5.0.0-15.3.1",),
    top10=("A01:2025",),
    docs="https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/",
)
SECRET = re.compile(
    r"^(user_?|hashed_?|encrypted_?)?(password|passwd|pwd|pass)(_?hash|_?digest)?$|^(secret|private|api)_?key$|^ssn$|^cvv2?$|"
    r"^(totp|otp|mfa)_?secret$|^(password_)?reset_?token$",
    re.IGNORECASE,
)


def ask(world: World) -> Iterator[Finding]:
    """By whom each such answer can be read: nobody is worst."""
    found: set[str] = set()
    for who in ("nobody", "a"):
        for name, (request, response) in world.read.get(who, {}).items():
            world.try_at(RULE)
            secrets = sorted({path for path, value in leaves(document(response)) if is_secret(path, value)})
            if response.status >= 300 or not secrets or name in found:
                continue
            found.add(name)
            operation = next(o for o in world.surface.operations if str(o) == name)
            again = world.people[who].send(request)
            if not any(is_secret(path, value) for path, value in leaves(document(again))):
                continue
            reader = "without a login" if who == "nobody" else "by any user"
            message = f"{operation} is read {reader}, and holds {', '.join(secrets[:5])}"
            yield world.finding(RULE, operation, message, (request, again), (request, response), confidence="certain")


def is_secret(path: str, value: object) -> bool:
    """Whether a field holds a credential: by its name, and because there is something in it."""
    masked = isinstance(value, str) and set(value) <= set("*•xX.-")
    if not isinstance(value, str) or not value or masked:
        return False
    return bool(SECRET.match(last(path))) and not is_folder(last(path), value)
