"""Passwords, their hashes, or keys in an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.exposed-secrets",
    title="Passwords or keys in an answer",
    severity="high",
    why="Whoever may read the answer may log in as others, or act as the application itself.",
    fix="Answer with the fields that the client needs, named one by one; never with a whole record.",
    cwe=(200, 522),
    asvs=("v5.0.0-15.3.1", "v5.0.0-14.2.6"),
    top10=("A01:2025",),
    docs="https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/",
)

NAME = re.compile(
    r"^(user_?)?(pass(word|wd|phrase)?|pwd)(_?(hash|digest|salt))?$|^(secret|private|api|encryption|signing)_?key$|"
    r"^(client|app|totp|otp)_?secret$",
    re.IGNORECASE,
)
KEYS = re.compile(
    r"-----BEGIN (RSA |EC |OPENSSH |)PRIVATE KEY-----|\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bghp_[A-Za-z0-9]{36}\b|"
    r"\bxox[abp]-[0-9A-Za-z-]{20,}|\bsk_live_[0-9a-zA-Z]{20,}|\$(2[aby]|argon2id?|scrypt|pbkdf2-sha256)\$[^\s\"'<]{20,}"
)
"""Forms that nothing else has."""
MASK = re.compile(r"^[*•x.…]*$|^\W*(hidden|redacted|null|none)\W*$", re.IGNORECASE)
FOLDER = re.compile(r"(/[\w.+@-]+)+/?|[A-Za-z]:\\.*")
"""What the field `pwd` holds where it is a folder: the one that a process works in."""
ENVIRONMENT = tuple(re.compile(rf"\b{name}\b[\s\"':=,]{{1,20}}/[\w./:+@-]*") for name in ("PATH", "HOME", "PWD"))
"""Variables that every process has, and no page has all of them by chance (POSIX, Base Definitions, 8.3)."""
TAGS = re.compile(r"<[^>]{0,200}>")
DEEP = 8


def judge(page: Page) -> Seen | None:
    """JSON by its names, everything by the forms of keys. A form's own field is what the visitor types."""
    if page.response.status >= 300:
        return None
    if page.response.media == "application/json" or page.response.media.endswith("+json"):
        try:
            document = json.loads(page.response.body)
        except ValueError:
            return None
        for name, value in _pairs(document, DEEP):
            # What the request itself brought, such as a new account's own password, tells nobody anything.
            if is_secret(name, value) and value.encode() not in page.request.body:
                return Seen(fault=f"the field {name!r} of the JSON document")
    if shows_environment(page.response.text):
        return Seen(fault="the environment of the process: PATH, HOME, PWD and what else stands beside them")
    found = KEYS.search(page.response.text)
    return FINE if found is None else Seen(fault=f"a key or a hash: {found[0][:12]}...")


def is_secret(name: str, value: str) -> bool:
    """Whether a field of that name holds a password or a key, and not the folder that somebody works in."""
    return bool(NAME.match(name)) and not MASK.match(value) and not is_folder(name, value)


def is_folder(name: str, value: str) -> bool:
    """Whether it is the variable PWD, whose name passwords have as well."""
    return name.lower() == "pwd" and FOLDER.fullmatch(value) is not None


def shows_environment(text: str) -> bool:
    """Whether a page or a document lists the variables of a process, with their values."""
    if not all(name in text for name in ("PATH", "HOME", "PWD")):
        return False
    plain = TAGS.sub(" ", text[:200_000])
    return all(variable.search(plain) for variable in ENVIRONMENT)


def _pairs(value: Any, deep: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and deep:
        schema = {"type", "properties"} <= value.keys() or {"type", "format"} <= value.keys()
        for name, inner in value.items() if not schema else ():
            if isinstance(inner, str) and inner:
                yield str(name), inner
            else:
                yield from _pairs(inner, deep - 1)
    elif isinstance(value, list) and deep:
        for inner in value[:100]:
            yield from _pairs(inner, deep - 1)
