"""After the attack every page is read once more: what was put in may be markup on it, or part of a template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from urllib.parse import parse_qsl, urlencode

from hauberk.core.finding import Finding
from hauberk.core.progress import Progress
from hauberk.scan import evidence
from hauberk.scan.attack import Attacker
from hauberk.scan.checks.active import state_by_get, stored_xss
from hauberk.scan.messages import Request
from hauberk.scan.planting import is_affordable, plant, shown_at
from hauberk.scan.stored_templates import Candidates, ask
from hauberk.scan.surface import DIGITS, Operation
from hauberk.scan.trial import CANARY, PLAIN, Point

ALIKE = 4
"""How many pages are read again whose paths differ in numbers alone."""
OTHERS = 40
"""How many answers that are no pages are read again."""

MADE = 40
"""How many pages are read that are there since the attack."""

Pages = Iterable[tuple[Operation, Request]]


def look_again(
    attacker: Attacker, pages: Pages, others: Pages, writing: Sequence[Operation], progress: Progress
) -> list[Finding]:
    """The stored scripts and templates, each once for the point that they came in at; and what a GET has stored.

    `others` are answers that are no pages, where templates may be made nevertheless; `writing` is what stores.
    """
    found: dict[str, Finding] = {}
    changed: dict[str, Finding] = {}
    candidates = Candidates(attacker)
    planted = is_affordable(attacker, writing)
    if planted:
        plant(attacker, writing)
    known = list(pages)
    targets = {request.target for _, request in known}
    made = [page for page in attacker.noted.made.values() if page[1].target not in targets]
    todo = [*unlike(known), *islice(unlike(made), MADE)]
    for done, (operation, request) in enumerate(todo):
        progress("looking again", done, len(todo))
        response = attacker.client.send(request)
        candidates.read(operation, request, response)
        for _, (point, template), _ in stored_xss.judge(response, attacker.sent):
            if str(point) not in found:
                finding = _confirmed(attacker, operation, request, point, template)
                if finding is not None:
                    found[str(point)] = finding
        for word in dict.fromkeys(CANARY.findall(response.text)):
            if word not in attacker.sent:
                continue
            point, template = attacker.sent[word]
            if point.operation.method == "GET" and str(point) not in changed:
                finding = _changes(attacker, operation, request, point, template)
                if finding is not None:
                    changed[str(point)] = finding
    return [*found.values(), *changed.values(), *_templates(candidates, todo, others, () if planted else writing)]


def _templates(candidates: Candidates, pages: Pages, others: Pages, writing: Sequence[Operation]) -> list[Finding]:
    """The templates that are made of what was stored, on the pages, which were read, and elsewhere."""
    attacker = candidates.attacker
    read = {str(operation) for operation, _ in pages}
    making = [page for name, page in attacker.noted.templating.items() if name not in read]
    for operation, request in [*islice(unlike(others), OTHERS), *making]:
        candidates.read(operation, request, ask(attacker, (operation, request)))
    if attacker.client.transport.senses and candidates.unexplained and writing:
        # Something is made into a template there, and what was put in may have been overwritten since.
        plant(attacker, writing)
        for operation, request in islice(list(candidates.unexplained.values()), OTHERS):
            candidates.read(operation, request, ask(attacker, (operation, request)))
    return list(candidates.findings())


def unlike(pages: Pages) -> Iterator[tuple[Operation, Request]]:
    """A few of those whose paths differ in numbers alone: a thousand articles show what four of them show."""
    shapes: Counter[str] = Counter()
    for operation, request in pages:
        shape = DIGITS.sub("0", request.path)
        shapes[shape] += 1
        if shapes[shape] <= ALIKE or not DIGITS.search(request.path):
            yield operation, request


def _changes(attacker: Attacker, page: Operation, request: Request, point: Point, template: str) -> Finding | None:
    """Sent once more by GET, a new canary is there as well, twice: not only in the answer to itself."""
    if page == point.operation and str(point.parameter.name) in dict(parse_qsl(request.query, keep_blank_values=True)):
        request = replace(request, target=_without(request.target, point.parameter.name))
    shot = attacker.fire(point, template)
    shown = attacker.client.send(request)
    if shot.canary not in shown.text or shot.canary not in attacker.client.send(request).text:
        return None
    shows = evidence.request(attacker.client.origin, attacker.client.complete(request))
    return Finding(
        rule=state_by_get.RULE,
        outcome="fail",
        message=f"{point.parameter.name} ({point.parameter.place}): what a GET sends is kept, and shown on {page}.",
        location=evidence.location(point.operation, point.parameter, None, attacker.root),
        evidence=evidence.pair(attacker.client.origin, shot, shot)
        | {
            "reason": "a GET changed what another answer shows",
            "page": shows | {"response": evidence.response(shown, shot.canary)},
        },
    )


def _without(target: str, name: str) -> str:
    """The target with this parameter empty."""
    path, _, query = target.partition("?")
    kept = [(key, "" if key == name else value) for key, value in parse_qsl(query, keep_blank_values=True)]
    return path + ("?" + urlencode(kept) if kept else "")


def _confirmed(attacker: Attacker, page: Operation, request: Request, point: Point, template: str) -> Finding | None:
    """A new canary must turn up as markup as well, and a control sent after it must not."""
    shot = attacker.fire(point, template)
    request = shown_at(attacker, request, shot)
    shown = attacker.client.send(request)
    proofs = [proof for _, _, proof in stored_xss.judge(shown, {shot.canary: point})]
    control = attacker.fire(point, PLAIN)
    after = attacker.client.send(shown_at(attacker, request, control))
    if not proofs or stored_xss.judge(after, {control.canary: point}):
        return None
    reason = f"what it sends is on {page}: {proofs[0].reason}"
    shows = evidence.request(attacker.client.origin, attacker.client.complete(request))
    return Finding(
        rule=stored_xss.RULE,
        outcome="fail",
        message=f"{point.parameter.name or 'The body'} ({point.parameter.place}): {reason}.",
        location=evidence.location(point.operation, point.parameter, None, attacker.root),
        own_severity=proofs[0].severity,
        evidence=evidence.pair(attacker.client.origin, shot, control)
        | {
            "reason": reason,
            "page": shows | {"response": evidence.response(shown, shot.canary)},
            "page_after_control": evidence.response(after, control.canary),
        },
    )
