"""Where access control is tried: several people, what each of them sees, and what belongs to whom."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hauberk.core.finding import Finding, Rule
from hauberk.scan import build, evidence
from hauberk.scan.build import Values
from hauberk.scan.care import ends_session
from hauberk.scan.identities import NOBODY, PASSWORD, Person
from hauberk.scan.messages import Request, Response
from hauberk.scan.page import SESSION_WORDS
from hauberk.scan.renewal import ends
from hauberk.scan.surface import Operation, Parameter, Surface
from hauberk.scan.trial import TOKEN, canary
from hauberk.wire.set_cookie import SetCookie

MOST = 60
"""Operations of one kind that are asked."""
SUCCESS = 300
"""The status below which an answer is one."""
REFUSAL = 400
"""And below which one to a form is none: it leads on to what was made."""
MOST_LEAVES = 2_000
"""Values that are remembered of one answer."""
IDS = re.compile(r"(^|_)(id|uuid|key|slug|name|title|username|email|code|number)$|[a-z]Id$", re.IGNORECASE)
NAMES = re.compile(r"mail|user_?name|login$|^user$")
"""Fields that an account may be named by."""
MAKES = re.compile(r"create|init|setup|seed|populate|install|migrate|reset|restore|clear|load", re.IGNORECASE)
"""Words of a path that is not read again without need: it may put everything back."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar of a JSON document, with its path: `user.name`, `items[].id`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for inner in value[:50]:
            yield from leaves(inner, f"{path}[]")
    else:
        yield path, value


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON document."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value[:200] if isinstance(value, list) else ():
        yield from objects(inner)


def document(response: Response) -> Any:
    """The JSON document of an answer; None if it holds none."""
    try:
        return json.loads(response.body) if response.body[:1] in (b"{", b"[") else None
    except ValueError:
        return None


def last(path: str) -> str:
    """The name of a leaf without where it is: `user.name` is `name`."""
    return re.split(r"[.\]]", path.removesuffix("[]"))[-1]


def alike(parameter: str, leaf: str) -> bool:
    """Whether a path parameter is likely to take that leaf's values: `book_title` and `title`, `id` and `user_id`."""
    first, second = (re.sub(r"[^a-z0-9]", "", name.lower()) for name in (parameter, leaf))
    return bool(second) and (first.endswith(second) or second.endswith(first))


@dataclass(slots=True)
class Planted:
    """What somebody made: the words that he put into it, by field, and what the application gave it."""

    operation: Operation
    words: dict[str, str]
    given: dict[str, str] = field(default_factory=dict)
    """Ids and the like of the answer."""


@dataclass(kw_only=True)
class World:
    """The application and everybody in it."""

    surface: Surface
    people: dict[str, Person]
    root: str
    origin: str
    login_paths: frozenset[str] = frozenset()
    intrusive: bool = False
    """Whether it may be tried what looks like an attack on accounts."""
    later: dict[str, str] = field(default_factory=dict)
    linked: dict[str, list[str]] = field(default_factory=dict)
    """The pages that links lead a person to, where it was asked."""
    tried: dict[str, int] = field(default_factory=dict)
    """At how many places each rule was tried."""

    @property
    def nobody(self) -> Person:
        """Who is not logged in."""
        return self.people[NOBODY]

    def there(self, *names: str) -> bool:
        """Whether all of them could log in."""
        return all(name in self.people and not self.people[name].problem for name in names)

    def try_at(self, rule: Rule, places: int = 1) -> None:
        """Count places at which a rule was tried."""
        self.tried[rule.id] = self.tried.get(rule.id, 0) + places

    def operations(self, *methods: str, names: bool | None = None) -> list[Operation]:
        """The operations with these methods, with or without path parameters; never one that ends a session."""
        client = self.nobody.client
        found = [o for o in self.surface.operations if o.method in methods and not ends_session(o.path)]
        found = [o for o in found if not ends(client, o)] if client.ending else found
        return [o for o in found if names is None or bool(o.names) is names][:MOST]

    @cached_property
    def read(self) -> dict[str, dict[str, tuple[Request, Response]]]:
        """What each person is answered by what can be read without knowing an id: by person and operation."""
        return {
            name: {
                str(o): (request := build.request(o), person.send(request)) for o in self.operations("GET", names=False)
            }
            for name, person in self.people.items()
            if not person.problem
        }

    @property
    def inside(self) -> Request | None:
        """What A is answered, and nobody is asked for a login at."""
        for operation in self.operations("GET", names=False):
            mine, theirs = (self.read.get(who, {}).get(str(operation)) for who in ("a", NOBODY))
            if mine and theirs and mine[1].status < SUCCESS and self.nobody.is_out(*theirs):
                return mine[0]
        return None

    @cached_property
    def travels(self) -> bool:
        """Whether a browser sends A's session along from another site: no SameSite keeps it (RFC 6265bis, 5.6.7)."""
        person = self.people["a"]
        names = [n for n in person.jar.values() if any(word in n.lower() for word in SESSION_WORDS) and "csrf" not in n]
        kept: set[str] = set()
        heard: list[tuple[Request, Response]] = []
        Person(person.identity, person.client, person.logins).log_in(heard)
        for _, response in heard:
            for line in response.all("set-cookie"):
                cookie = SetCookie.parse(line)
                if (cookie.attribute("samesite") or "").lower() in {"lax", "strict"}:
                    kept.add(cookie.name)
        return any(name not in kept for name in names)

    def seen(self, name: str) -> str:
        """All that a person reads there by now, as one text; read once, when somebody first asks."""
        if name not in self.later:
            person = self.people[name]
            again = [request for request, _ in self.read.get(name, {}).values() if not MAKES.search(request.path)]
            self.later[name] = "\n".join(person.send(request).text for request in again)
        return self.later[name]

    def holding(self, key: str) -> list[tuple[Person, Request]]:
        """Who asks what to read records that have such a field."""
        return [
            (self.people[name], request)
            for name, answers in self.read.items()
            for request, response in answers.values()
            if any(key in record for record in objects(document(response)))
        ]

    def owned(self, name: str, other: str) -> dict[str, list[str]]:
        """Values that tell one person's answers from another's, by the name of the leaf; his account's name first."""
        person = self.people[name]
        found: dict[str, list[str]] = {}
        for value in (person.name, *person.identity.owns):
            if value:
                found.setdefault("username", []).append(value)
        mine, theirs = self.read.get(name, {}), self.read.get(other, {})
        for operation, (_, response) in mine.items():
            if operation in theirs:
                known = set(_scalars(theirs[operation][1]))
                for path, value in _scalars(response):
                    if (path, value) not in known:
                        found.setdefault(last(path), []).append(value)
        return {key: list(dict.fromkeys(values)) for key, values in found.items()}

    @cached_property
    def planted(self) -> list[Planted]:
        """What B made for this scan, at every operation that makes something."""
        made = []
        for operation in self.operations("POST", names=False):
            if operation.path not in self.login_paths and operation.at("json", "form"):
                made += self.plant(operation, {})
        return made

    def plant(self, operation: Operation, where: Values) -> list[Planted]:
        """Let B make something there, with a word of its own in every text; nothing where that was refused."""
        values, words = with_words(operation)
        person, request = self.people["b"], build.request(operation, {**values, **where})
        response = person.submit(operation, request)
        if response.status >= REFUSAL or not words or person.is_out(request, response):
            return []
        given = {last(p): v for p, v in _scalars(response) if IDS.search(last(p))}
        return [Planted(operation, words, given)]

    def finding(
        self,
        rule: Rule,
        operation: Operation,
        message: str,
        sent: tuple[Request, Response],
        control: tuple[Request, Response],
        parameter: Parameter | None = None,
        around: str = "",
        **more: Any,
    ) -> Finding:
        """A failure with request, control and both answers."""
        client = self.nobody.client
        return Finding(
            rule=rule,
            outcome="fail",
            message=message,
            location=evidence.location(operation, parameter, None, self.root),
            confidence=more.pop("confidence", "firm"),
            evidence={
                "reason": message,
                "request": evidence.request(self.origin, client.complete(sent[0])),
                "response": evidence.response(sent[1], around),
                "control": evidence.request(self.origin, client.complete(control[0]))
                | {"response": evidence.response(control[1])},
                **more,
            },
        )


def _scalars(response: Response) -> Iterator[tuple[str, str]]:
    for number, (path, value) in enumerate(leaves(document(response))):
        if number < MOST_LEAVES and isinstance(value, str | int) and not isinstance(value, bool) and str(value):
            yield path, str(value)


def with_words(operation: Operation) -> tuple[dict[tuple[Any, str], Any], dict[str, str]]:
    """Values for a body in which every free text is a word that nothing else holds, and the words by field."""
    values: dict[tuple[Any, str], Any] = {}
    words: dict[str, str] = {}
    for parameter in operation.at("json", "form"):
        free = parameter.schema.get("type", "string") == "string" and "enum" not in parameter.schema
        free = free and TOKEN.search(parameter.name.lower()) is None
        if not free or parameter.schema.get("format") not in (None, "email", "password"):
            continue
        word = canary()
        mail = parameter.schema.get("format") == "email" or "mail" in parameter.name.lower()
        values[parameter.key] = f"{word}@example.com" if mail else f"Aa1-{word}" if is_password(parameter) else word
        words[parameter.name] = word
    return values, words


def is_password(parameter: Parameter) -> bool:
    """Whether it takes a password."""
    return bool(PASSWORD.search(parameter.name))


def own_words(person: Person, operation: Operation) -> dict[tuple[Any, str], Any]:
    """Values under which an account keeps its name and its password, whatever it changes: others log in with them."""
    found: dict[tuple[Any, str], Any] = {}
    for parameter in operation.at("json", "form", "query"):
        name = parameter.name.lower()
        if is_password(parameter) and person.password:
            found[parameter.key] = person.password
        elif person.name and NAMES.search(name) and ("@" in person.name or "mail" not in name):
            found[parameter.key] = person.name
    return found


def path_values(operation: Operation, known: Mapping[str, list[str]]) -> list[Values]:
    """Values for the path parameters, where something that is known fits each of them."""
    chosen: list[dict[tuple[Any, str], Any]] = [{}]
    for name in operation.names:
        fitting = [value for leaf, values in known.items() if alike(name, leaf) for value in values][:3]
        chosen = [values | {("path", name): value} for values in chosen for value in fitting]
    return [values for values in chosen[:4] if values]
