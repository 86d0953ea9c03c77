"""GraphQL without limits: one request may ask for everything, a thousand times, and learn what there is to ask for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hauberk.core.finding import Confidence, Finding, HttpLocation, Rule, Severity
from hauberk.scan import evidence
from hauberk.scan.client import Client
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import JSON, Surface

RULE = Rule(
    id="scan.graphql-abuse",
    title="GraphQL without limits",
    severity="low",
    why="One request makes the server work as thousands do: it goes down, or passwords are guessed past a rate limit.",
    fix="Limit depth, aliases, batches and cost of a query in the GraphQL library; turn introspection off where the "
    "schema is not public.",
    cwe=(770,),
    asvs=("v5.0.0-4.3.1", "v5.0.0-4.3.2"),
    top10=("A06:2025",),
    docs="https://cheatsheetseries.owasp.org/cheatsheets/GraphQL_Cheat_Sheet.html",
)
ALIASES, BATCH, DEPTH = 200, 20, 40
"""More than any page of an application needs, and so cheap that a server does not feel it."""
Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is sent, and what an answer without limits holds."""

    name: str
    said: str
    body: Any
    taken: Test
    severity: Severity = "low"
    confidence: Confidence = "tentative"


def _data(document: Any) -> dict[str, Any]:
    data = document.get("data") if isinstance(document, dict) and not document.get("errors") else None
    return data if isinstance(data, dict) else {}


def _one(document: Any) -> bool:
    return isinstance(_data(document).get("__typename"), str)


PLAIN = {"query": "{__typename}"}
QUESTIONS = (
    Question(
        name="introspection",
        said="the schema is told to whoever asks",
        body={"query": "{__schema{queryType{name}}}"},
        taken=lambda document: isinstance(_data(document).get("__schema"), dict),
        severity="info",
        confidence="certain",
    ),
    Question(
        name="aliases",
        said=f"one query may ask for a field {ALIASES} times under other names",
        body={"query": "{" + " ".join(f"a{n}:__typename" for n in range(ALIASES)) + "}"},
        taken=lambda document: len(_data(document)) == ALIASES,
    ),
    Question(
        name="batch",
        said=f"one request may hold {BATCH} queries",
        body=[PLAIN] * BATCH,
        taken=lambda document: isinstance(document, list) and len(document) == BATCH and all(map(_one, document)),
    ),
    Question(
        name="depth",
        said=f"a query may be {DEPTH} levels deep",
        body={"query": "{__schema{queryType{" + "ofType{" * DEPTH + "name" + "}" * DEPTH + "}}}"},
        taken=lambda document: isinstance(_data(document).get("__schema"), dict),
    ),
)


def ask(client: Client, surface: Surface) -> tuple[int, list[Finding]]:
    """How many endpoints were asked, and a finding for each limit that is not there, twice."""
    found: list[Finding] = []
    paths = dict.fromkeys(o.path for o in surface.operations if o.source == "graphql")
    for path in paths:
        control = _sent(path, PLAIN)
        plain = client.send(control)
        if not _one(_read(plain)):
            continue
        for question in QUESTIONS:
            sent = _sent(path, question.body)
            answers = [client.send(sent)]
            if question.taken(_read(answers[0])):
                answers.append(client.send(sent))
                if question.taken(_read(answers[1])):
                    found.append(_finding(client, question, sent, answers[1], (control, plain)))
    return len(paths), found


def _sent(path: str, body: Any) -> Request:
    return Request(method="POST", target=path, headers=(("content-type", JSON),), body=json.dumps(body).encode())


def _read(response: Response) -> Any:
    try:
        return json.loads(response.body) if response.status < 400 else None
    except ValueError:
        return None


def _finding(
    client: Client, question: Question, sent: Request, answer: Response, control: tuple[Request, Response]
) -> Finding:
    def written(request: Request) -> dict[str, Any]:
        return evidence.request(client.origin, client.complete(request))

    return Finding(
        rule=RULE,
        outcome="fail",
        message=f"POST {sent.path}: {question.said}.",
        location=HttpLocation(method="POST", path=sent.path),
        confidence=question.confidence,
        own_severity=question.severity,
        own_title="GraphQL introspection is open" if question.name == "introspection" else "",
        key=question.name,
        evidence={
            "request": written(sent),
            "response": evidence.response(answer),
            "control": written(control[0]) | {"response": evidence.response(control[1])},
            "reason": question.said,
        },
    )
