"""JSONP of private data: any site has a visitor's browser run the answer that is only his, and reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from hauberk.core.finding import Finding, Rule
from hauberk.scan import build
from hauberk.scan.access import World, document, leaves
from hauberk.scan.checks.active.jsonp import NAMED
from hauberk.scan.identities import Person
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation, Parameter
from hauberk.scan.trial import canary

RULE = Rule(
    id="scan.private-jsonp",
    title="Private data as JSONP",
    severity="high",
    why="A page of any site that a user visits includes the answer as a script of its own, and reads what is only his.",
    fix="Answer with JSON, and let the sites that may read it do so by CORS; "
    "or refuse what Sec-Fetch-Site says is foreign.",
    cwe=(346, 352),
    asvs=("v5.0.0-3.5.6", "v5.0.0-3.2.1"),
    top10=("A01:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Script_Inclusion_Prevention_Cheat_Sheet.html",
)
USUAL = ("callback", "jsonp", "cb", "jsoncallback")
"""Names that are tried where data is private and no name is known."""
AS_SCRIPT = (
    ("referer", "https://other.example/"),
    ("sec-fetch-site", "cross-site"),
    ("sec-fetch-mode", "no-cors"),
    ("sec-fetch-dest", "script"),
)
"""What a browser says of `<script src>` in a page of another site (Fetch, section 3)."""
SHORTEST = 3
"""Characters of a value that tells whose it is."""


def ask(world: World) -> Iterator[Finding]:
    """With nothing but the user's cookies, sent as a script of another site is asked for; then without them."""
    if not world.there("a") or not world.people["a"].jar.values() or not world.travels:
        return
    person = world.people["a"].thief(world.people["a"].jar.values())
    for operation in world.operations("GET", names=False):
        name = _callback(world, operation, person)
        if not name:
            continue
        world.try_at(RULE)
        mine, theirs = ([_asked(who, operation, (name,)) for _ in range(2)] for who in (person, world.nobody))
        if not all(_is_call(request_word, answer) for request_word, _, answer in mine):
            continue
        private = set.intersection(*map(_values, mine)).difference(*map(_values, theirs))
        if not private:
            continue
        (_, request, answer), (_, control, refused) = mine[-1], theirs[-1]
        message = f"{operation}: any site gets it as a call of its own function, with what only who is logged in reads"
        parameter = Parameter(name=name, place="query")
        yield world.finding(
            RULE, operation, message, (request, answer), (control, refused), parameter, confidence="certain"
        )


def _callback(world: World, operation: Operation, person: Person) -> str:
    """The input that names the function; where none is known and the data is private, one that is honoured."""
    known = next((p.name for p in operation.at("query") if NAMED.match(p.name)), "")
    if known:
        return known
    answers = [world.read.get(who, {}).get(str(operation)) for who in ("a", "nobody")]
    mine, theirs = (Response(status=0) if one is None else one[1] for one in answers)
    if mine.status >= 300 or document(mine) is None or mine.body == theirs.body:
        return ""
    if not _is_call(*_asked(person, operation, USUAL)[::2]):
        return ""
    return next((name for name in USUAL if _is_call(*_asked(person, operation, (name,))[::2])), "")


def _asked(person: Person, operation: Operation, names: tuple[str, ...]) -> tuple[str, Request, Response]:
    """A function's name, the request that names it by each of these inputs, and its answer."""
    word = canary()
    kept = {p.key: p for p in operation.parameters} | {
        ("query", name): Parameter(name=name, place="query", example=word, required=True) for name in names
    }
    request = build.request(replace(operation, parameters=tuple(kept.values()))).overridden(AS_SCRIPT)
    return word, request, person.send(request)


def _is_call(word: str, answer: Response) -> bool:
    """Whether it is a script to browsers, and calls that function (Fetch, sections 3.5 and 3.6)."""
    sniffed = (answer.header("x-content-type-options") or "").strip().lower() != "nosniff"
    runs = not answer.media.startswith(("image/", "audio/", "video/", "text/csv")) if sniffed else _is_script(answer)
    return answer.status < 300 and runs and _CALL.match(answer.text.replace(word, "function")) is not None


def _is_script(answer: Response) -> bool:
    return answer.media.removeprefix("application/").removeprefix("text/").removeprefix("x-") in {
        *("javascript", "ecmascript", "jscript", "livescript"),
    }


def _values(asked: tuple[str, Request, Response]) -> set[tuple[str, str]]:
    """What the answer hands to the function: its leaves, or its text where it is no JSON."""
    word, _, answer = asked
    text = answer.text.replace(word, "")
    inner = text[text.find("(") + 1 : text.rfind(")")]
    try:
        found = leaves(json.loads(inner))
    except ValueError:
        return {("", text)} if answer.status < 300 else set()
    return {(path, str(value)) for path, value in found if len(str(value)) >= SHORTEST}


_CALL = re.compile(r"\s*(/\*.{0,200}?\*/)?[\s;]*(typeof function\b.{0,40}?&&\s*)?function\s*\(", re.DOTALL)
