"""What features contribute, joined once in a fixed order and handed to the adapters."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Container, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from hauberk.core.errors import WaitingStoreError
from hauberk.core.exchange import (
    AnswerWatch,
    Exchange,
    Failure,
    Finish,
    Head,
    Load,
    OnBody,
    OpenSession,
    Reply,
    RequestStep,
    ResponseStep,
)
from hauberk.core.log import decision

NONCE = "{nonce}"
"""Stands for the nonce in a value of `Steps.nonced`. Neither brace can occur in a CSP."""

Pair = tuple[str, str]
Weaker = Callable[[list[str]], bool]
"""Whether the application's own fields of a name say less than the policy's."""
Rewrite = Callable[[Exchange, str], str]
"""What a field's value becomes in the response to this request."""
OnStatus = Callable[[Exchange, int], None]
"""Hears of a response's status."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonced:
    """A header with one value for responses that read the nonce, and another for those that did not."""

    name: str
    with_nonce: str
    without: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What one feature contributes."""

    headers: tuple[Pair, ...] = ()
    """Constant fields; the application's own field of that name wins, unless `enforce`, or unless it is weaker."""
    enforce: bool = False
    weaker: Mapping[str, Weaker] = field(default_factory=dict)
    """For names in `headers`: when the application's own field gives way all the same."""
    nonced: tuple[Nonced, ...] = ()
    """Fields that hold the nonce; the application's own field of that name wins."""
    personal: tuple[Pair, ...] = ()
    """Fields of personal responses (`Exchange.personal`), in place of constants of that name; the application's own
    field wins. Such a response varies by Cookie in any case."""
    with_cookie: tuple[Pair, ...] = ()
    """Fields of responses that set a cookie, and are neither personal nor hold the nonce; the application's own field
    wins."""
    remove: frozenset[str] = frozenset()
    """Fields taken away from what the application sends."""
    on_request: RequestStep | None = None
    """Before the application and before the body: may answer in its place."""
    reads: frozenset[str] | None = None
    """For an `on_request` whose verdict is a function of these request fields, in lower case, of method and scheme, and
    of whether the target is a path: it may be remembered (`core.verdicts`). None: it may look at anything. One that
    looks further at some request is asked again for the next of its kind; one that asks somebody else, whose answer may
    be another one tomorrow, sets `Exchange.lasting` to False."""
    on_response: ResponseStep | None = None
    """Before the header leaves, if the response has a field named in `watch`, or always where `watch` is empty."""
    watch: frozenset[str] = frozenset()
    on_status: OnStatus | None = None
    """Before the header leaves, if its status is one of `statuses`; it changes nothing."""
    statuses: frozenset[int] = frozenset()
    rewrite: Mapping[str, Rewrite] = field(default_factory=dict)
    """Names of response fields to what each of their values passes through, last of all; cheaper than `on_response`."""
    session: OpenSession | None = None
    """Makes what `Exchange.session` is; reads nothing before somebody looks into it."""
    load: Load | None = None
    """The only step that may wait: for a Store."""
    load_on: Container[str] | None = None
    """The paths whose requests `load` is for, where the others do without; there may be more tomorrow. None: all."""
    on_failure: Failure | None = None
    """Turns an exception that nobody handled into a reply."""
    keep_body: bool = False
    """Whether the guard wants to see the body as the application reads it."""
    on_body: OnBody | None = None
    """Watches the body as the application reads it, and may refuse the rest."""
    answers: AnswerWatch | None = None
    """Looks at answers before they leave."""
    body_timeout: float | None = None
    """Seconds that the next part of a body may take; None waits as long as the server does."""
    body_rate: int | None = None
    """Octets a second, on average and after a few seconds, that a body has to come with."""
    vary: frozenset[str] = frozenset()
    """Request fields, in lower case, on which every response depends: added to what the application says in Vary."""


class Feature(Protocol):
    """A frozen dataclass that is its options and knows its steps."""

    def steps(self) -> Steps:
        """What it contributes to a Plan."""


UNAVAILABLE = 503
ASIDE = Reply(500)
"""What an `on_request` step answers whose `load` answers this request: no further such step judges it.

For addresses of hauberk's own whose body must be read, such as reports of browsers, which carry no CSRF token.
"""


def plain_failure(ex: Exchange, error: Exception) -> Reply:
    """The least that may be said of an unhandled error."""
    return Reply(500, b"Internal Server Error\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All steps of a Policy, in order."""

    headers: tuple[Pair, ...] = ()
    enforced: tuple[Pair, ...] = ()
    weaker: Mapping[str, Weaker] = field(default_factory=dict)
    nonced: tuple[Nonced, ...] = ()
    personal: tuple[Pair, ...] = ()
    with_cookie: tuple[Pair, ...] = ()
    remove: frozenset[str] = frozenset()
    on_request: tuple[RequestStep, ...] = ()
    reads: frozenset[str] | None = None
    """All that the `on_request` steps look at; None where one of them may look at anything."""
    on_response: tuple[ResponseStep, ...] = ()
    always: bool = False
    """Whether some `on_response` step is to see every response."""
    watch: frozenset[str] = frozenset()
    on_status: OnStatus | None = None
    """Of the first step that asks for one."""
    statuses: frozenset[int] = frozenset()
    rewrite: Mapping[str, Rewrite] = field(default_factory=dict)
    session: OpenSession | None = None
    load: tuple[Load, ...] = ()
    load_on: Container[str] | None = None
    """Where there is one such step, the paths that it is for, if not all."""
    on_failure: Failure = plain_failure
    keep_body: bool = False
    on_body: tuple[OnBody, ...] = ()
    answers: AnswerWatch | None = None
    body_timeout: float | None = None
    body_rate: int | None = None
    vary: frozenset[str] = frozenset()

    @classmethod
    def of(cls, features: Iterable[Feature]) -> Plan:
        """Join the steps of all features; the first `on_failure` counts."""
        steps = [feature.steps() for feature in features]
        begins = [s for s in steps if s.on_request]
        return cls(
            headers=tuple(pair for s in steps if not s.enforce for pair in s.headers),
            enforced=tuple(pair for s in steps if s.enforce for pair in s.headers),
            weaker={name: weaker for s in steps for name, weaker in s.weaker.items()},
            nonced=tuple(n for s in steps for n in s.nonced),
            personal=tuple(pair for s in steps for pair in s.personal),
            with_cookie=tuple(pair for s in steps for pair in s.with_cookie),
            remove=frozenset(name for s in steps for name in s.remove),
            on_request=tuple(s.on_request for s in begins if s.on_request),
            reads=_all_of(s.reads for s in begins),
            on_response=tuple(s.on_response for s in steps if s.on_response),
            always=any(s.on_response and not s.watch for s in steps),
            watch=frozenset(name for s in steps for name in s.watch),
            on_status=next((s.on_status for s in steps if s.on_status), None),
            statuses=next((s.statuses for s in steps if s.on_status), frozenset()),
            rewrite={name: change for s in steps for name, change in s.rewrite.items()},
            session=next((s.session for s in steps if s.session), None),
            load=tuple(s.load for s in steps if s.load),
            load_on=_the_only(s.load_on for s in steps if s.load),
            on_failure=next((s.on_failure for s in steps if s.on_failure), plain_failure),
            keep_body=any(s.keep_body for s in steps),
            on_body=tuple(s.on_body for s in steps if s.on_body),
            answers=next((s.answers for s in steps if s.answers), None),
            body_timeout=min((s.body_timeout for s in steps if s.body_timeout is not None), default=None),
            body_rate=max((s.body_rate for s in steps if s.body_rate is not None), default=None),
            vary=frozenset(name for s in steps for name in s.vary),
        )

    @property
    def eager(self) -> bool:
        """Whether every request needs its exchange before the application runs."""
        return bool(
            (self.on_request and self.reads is None)
            or (self.load and self.load_on is None)
            or self.watches_body
            or self.answers
            or self.statuses
        )

    @property
    def watches_body(self) -> bool:
        """Whether anything wants to see the body as the application reads it."""
        return bool(self.keep_body or self.on_body or self.body_timeout or self.body_rate)

    def begin(self, ex: Exchange) -> Reply | None:
        """Run the steps that cannot wait; the first reply ends it."""
        for step in self.on_request:
            if (reply := step(ex)) is not None:
                if reply is ASIDE and self.load:
                    ex.aside = True
                    return None
                return reply
        return None

    async def load_all(self, ex: Exchange) -> Reply | None:
        """Run the steps that may wait; the first reply ends it."""
        for load in self.load:
            if (reply := await load(ex)) is not None:
                return reply
        # What was not judged to its end must not reach the application.
        return ASIDE if ex.aside else None

    async def fail(self, ex: Exchange, error: Exception) -> Reply:
        """The answer to an unhandled error, which is logged by this."""
        ex.failed = error
        failure = self.on_failure(ex, error)
        reply = failure if isinstance(failure, Reply) else await failure
        ex.unavailable = reply.status == UNAVAILABLE and not ex.sent
        return reply

    def finish(self, ex: Exchange, head: Head) -> None:
        """Everything that happens to a header before it leaves, finishers apart."""
        for name in self.remove:
            head.remove(name)
        if ex.fields:
            put(head, ex.fields)
        self.respond(ex, head)
        self.complete(ex, head)

    def respond(self, ex: Exchange, head: Head) -> None:
        """Run the steps that look at a header before it leaves."""
        for step in self.on_response:
            step(ex, head)
        for name, change in self.rewrite.items():
            head.rewrite(name, partial(change, ex))

    def complete(self, ex: Exchange, head: Head) -> None:
        """Add the constants, where the application has no field of that name, or a weaker one."""
        for name, value in self.enforced:
            head.set(name, value)
        cookie = bool(self.with_cookie and head.values("set-cookie"))
        for name, value in self.constants(ex.nonce, personal=ex.personal, cookie=cookie):
            own = head.values(name)
            if not own:
                head.append(name, value)
            elif name in self.weaker and self.weaker[name](own):
                decision("header-strengthened", level=logging.INFO, name=name, path=ex.path)
                head.set(name, value)
        if names := self.varies(personal=ex.personal):
            vary(head, names)

    def varies(self, *, personal: bool) -> frozenset[str]:
        """The request fields on which a response depends."""
        return self.vary | {"cookie"} if personal else self.vary

    def constants(self, nonce: str | None, *, personal: bool = False, cookie: bool = False) -> Iterator[Pair]:
        """The fields that a response gets, unless the application sent its own."""
        own = self.personal if personal else self.with_cookie if cookie and nonce is None else ()
        names = {name for name, _ in own}
        yield from (pair for pair in self.headers if pair[0] not in names)
        for header in self.nonced:
            value = header.without if nonce is None else header.with_nonce.replace(NONCE, nonce)
            if value is not None and header.name not in names:
                yield header.name, value
        yield from own


def _all_of(reads: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    found: frozenset[str] = frozenset()
    for names in reads:
        if names is None:
            return None
        found |= names
    return found


def _the_only(paths: Iterable[Container[str] | None]) -> Container[str] | None:
    found = list(paths)
    return found[0] if len(found) == 1 else None


def put(head: Head, fields: Sequence[Pair]) -> None:
    """Fields of this response alone, in place of the application's own; cookies and Vary are lists: they are joined."""
    for name in dict.fromkeys(name for name, _ in fields):
        if name not in {"set-cookie", "vary"}:
            head.remove(name)
    for name, value in fields:
        if name == "vary":
            vary(head, value.split(","))
        else:
            head.append(name, value)


def vary(head: Head, names: Iterable[str]) -> None:
    """Name request fields in Vary, each once; nothing is to be added to `*` (RFC 9110, section 12.5.5)."""
    own = head.values("vary")
    known = {name.strip().lower() for value in own for name in value.split(",")}
    if "*" in known:
        return
    missing = [name.strip().title() for name in sorted(names) if name.strip().lower() not in known]
    if missing:
        head.set("vary", ", ".join([*own, *missing]))


def begin_deferred(ex: Exchange, head: Head) -> Awaitable[None] | None:
    """Last deferred, first called; only what was opened, and each once. From the first that waits on, to be awaited."""
    if len(ex.deferred) == 1:
        (finish,), ex.deferred = ex.deferred, ()
        return finish(head)
    finishers, ex.deferred = list(ex.deferred), ()
    while finishers:
        waiting = finishers.pop()(head)
        if waiting is not None:
            return _rest(waiting, finishers, head) if finishers else waiting
    return None


async def _rest(waiting: Awaitable[None], finishers: list[Finish], head: Head) -> None:
    await waiting
    while finishers:
        if (more := finishers.pop()(head)) is not None:
            await more


async def run_deferred(ex: Exchange, head: Head) -> None:
    """`begin_deferred`, to its end."""
    if (waiting := begin_deferred(ex, head)) is not None:
        await waiting


def run_inline(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends, without an event loop: how WSGI drives steps written `async def`."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise WaitingStoreError(
        "a store that waits was used from WSGI; name one that does not, such as sqlite:// or memory://"
    )
