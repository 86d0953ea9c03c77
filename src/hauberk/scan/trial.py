"""What an active check is asked, and what it answers."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, Literal, Protocol

from hauberk.core.events import SinkEvent, SinkKind
from hauberk.core.finding import Confidence, Rule, Severity
from hauberk.scan.build import Members
from hauberk.scan.collaborator import Collaborator
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import Operation, Parameter

PLAIN = "{c}"
"""The control: nothing but the canary, which no grammar gives a meaning."""
POLYGLOT = "{c}'\" {c}=1><{c}>"
"""Leaves an HTML text, a quoted or bare HTML attribute, a quoted or bare SQL value, and a quoted or bare shell word.

One value for all, so that a point costs one request. Its quotes do not balance: what it breaks does not run.
"""
SWEEP = "../" + POLYGLOT + ")("
"""The same, and out of a folder: for the one request that carries a probe at every input."""
BASE64 = "base64:"
"""Begins a template whose value is sent in base64 (RFC 4648, section 4)."""
OBJECT = "object:"
"""Begins a template whose value is an object in JSON: sent as one, or member by member where there are but texts."""
DRAWN = 256
"""How many canaries are drawn at once."""
_WORDS: list[str] = []
CANARY = re.compile(r"hbk[0-9a-f]{8}")
TOKEN = re.compile(r"csrf|xsrf|authenticity_token|requestverificationtoken|^_token$|^__(viewstate|eventvalidation)")


if hasattr(os, "register_at_fork"):  # two processes never draw the same
    os.register_at_fork(after_in_child=_WORDS.clear)


def canary() -> str:
    """A word that nothing else contains, and that is an HTML tag name, a shell word and an SQL identifier."""
    while True:
        try:
            return _WORDS.pop()
        except IndexError:  # asking the system for each of them would take longer than the rest of making a request
            octets = secrets.token_hex(4 * DRAWN)
            _WORDS.extend("hbk" + octets[at : at + 8] for at in range(0, len(octets), 8))


def filled(template: str, word: str) -> str:
    """The template with its canary, encoded where it says so."""
    text = template.removeprefix(BASE64).removeprefix(OBJECT).replace("{c}", word)
    return base64.b64encode(text.encode()).decode() if template.startswith(BASE64) else text


def sendable(template: str, text: str) -> Any:
    """What a filled template puts into the request: the text, or the object that it spells."""
    return Members(json.loads(text)) if template.startswith(OBJECT) else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One parameter of one operation: where a value goes in. Or its name, where names are what is read."""

    operation: Operation
    parameter: Parameter
    is_name: bool = False
    """The probe is the name of one more parameter, whose value is this one's name."""

    def __str__(self) -> str:
        return f"{self.operation} {self.parameter.place}:{self.parameter.name}" + " (name)" * self.is_name

    @property
    def shown(self) -> Parameter:
        """The parameter as findings name it."""
        if self.is_header_name:
            return replace(self.parameter, name="any (name)")
        return replace(self.parameter, name=f"{self.parameter.name} (name)") if self.is_name else self.parameter

    @property
    def is_header_name(self) -> bool:
        """Whether the probe is the name of a field of the header, which holds few signs."""
        return self.is_name and self.parameter.place == "header"

    @property
    def is_token(self) -> bool:
        """Whether it carries an anti-forgery token: changing that tests nothing but the token."""
        return TOKEN.search(self.parameter.name.lower()) is not None

    @property
    def is_typed(self) -> bool:
        """Whether the schema says that it takes no free text."""
        return self.parameter.schema.get("type") in {"integer", "number", "boolean", "null"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A value that was sent at a point, and what came back."""

    value: str
    canary: str
    request: Request
    response: Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What probes are made of besides canaries."""

    origin: str
    """The application's own origin."""
    bait: str
    """An existing file outside the application that only this scan knows, as an absolute path with slashes."""
    secret: str
    """What stands in it."""
    collaborator: Collaborator | None = None
    """Hears whether the application calls back."""
    sees: frozenset[SinkKind] = frozenset()
    """The kinds of sinks that sensors watch without a gap: there, nothing has to be guessed from answers."""


@contextmanager
def baited(origin: str, sees: frozenset[SinkKind] = frozenset()) -> Iterator[Kit]:
    """Lay the bait for path traversal: a file with a random name and content, gone afterwards. And listen.

    Other accounts may read it: a server that runs as somebody else must be able to.
    """
    with TemporaryDirectory(prefix="hbk-", ignore_cleanup_errors=True) as folder, Collaborator() as collaborator:
        name, secret = canary(), secrets.token_hex(16)
        path = Path(folder).resolve() / name
        path.write_text(secret, encoding="ascii")
        path.parent.chmod(0o755)
        yield Kit(origin=origin, bait=path.as_posix(), secret=secret, collaborator=collaborator, sees=sees)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A probe at a point, next to its control."""

    point: Point
    template: str
    shot: Shot
    control: Shot
    kit: Kit

    @property
    def is_blocked(self) -> bool:
        """Whether something between input and sink refused the probe and took the control."""
        stopped = any(event.blocked for event in self.shot.response.events)
        return stopped or (self.shot.response.status == 403 and self.control.response.status != 403)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That the probe did what no value should be able to do."""

    reason: str
    """In words, with what was seen."""
    event: SinkEvent | None = None
    shot: Shot | None = None
    """The probe that proved it, where it took more than one."""
    control: Shot | None = None
    """What it is to be compared with."""
    confidence: Confidence = "certain"
    severity: Severity | None = None
    """Where it is not what the rule says."""
    seen: dict[str, Any] = field(default_factory=dict)
    """More for the evidence; JSON values only."""


Judgement = Proof | Literal["inert"] | None
"""`inert`: the probe reached the sink and stayed a value, so no other probe of the check is needed."""


class ActiveCheck(Protocol):
    """A module in `checks/active`."""

    @property
    def RULE(self) -> Rule:
        """What it judges."""

    @property
    def KINDS(self) -> frozenset[SinkKind]:
        """The sinks that show it: where sensors watch them all, nothing is guessed from answers."""

    @property
    def TRACED(self) -> bool:
        """Whether it has no probes but the polyglot where an answer has no events and does not repeat the canary."""

    def probes(self, point: Point, control: Shot, kit: Kit) -> tuple[str, ...]:
        """Templates of the values to send, best first; `{c}` is the canary.

        Of an answer without events that does not repeat the canary it may look at the status alone, and of the point
        at its method and parameter; `judge` says nothing of such an answer to a sweep.
        """

    def judge(self, trial: Trial) -> Judgement:
        """What the answer to one of them proves."""

    def concerns(self, point: Point) -> bool:
        """Whether `prove` may have something to ask in process, where nothing shows that a sweep's value was read.

        It rests on the point's parameter alone.
        """

    def prove(self, lab: Any) -> Proof | None:
        """What several answers prove, asked of a `Lab` where no single one did. It confirms itself."""


def checks(*modules: ModuleType) -> tuple[ActiveCheck, ...]:
    """Modules as checks: with `probes` and `judge` of each answer, with `prove` from several answers, or with both.

    A module that has neither is a programming error and raises AttributeError.
    """
    return tuple(_check(module) for module in modules)


def _check(module: ModuleType) -> ActiveCheck:
    prove = getattr(module, "prove", None)
    traced: bool = getattr(module, "TRACED", False)
    kinds: frozenset[SinkKind] = getattr(module, "KINDS", frozenset())
    if prove is None:
        return _Module(module.RULE, kinds, traced, module.probes, module.judge, _never, _nothing)
    probes, judge = getattr(module, "probes", _unprobed), getattr(module, "judge", _nothing)
    return _Module(module.RULE, kinds, traced, probes, judge, getattr(module, "concerns", _always), prove)


def _unprobed(*_: object) -> tuple[str, ...]:
    return ()


def _nothing(_: object) -> None:
    return None


def _always(_: object) -> bool:
    return True


def _never(_: object) -> bool:
    return False


@dataclass(frozen=True)
class _Module:
    RULE: Rule
    KINDS: frozenset[SinkKind]
    TRACED: bool
    probes: Any
    judge: Any
    concerns: Any
    prove: Any
