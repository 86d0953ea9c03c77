"""A Plan's constants in the form that one protocol sends, and how they join what an application sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

from hauberk.core.exchange import Exchange, Head
from hauberk.core.plan import NONCE, Pair, Plan, Rewrite, put, vary

Text = TypeVar("Text", str, bytes)

MOST_KNOWN = 256
"""How many sets of fields are kept encoded."""
LISTS = frozenset({"set-cookie", "vary"})
"""Fields of a response that are lists: what is added joins them."""


class RawHead(Head, Generic[Text]):
    """A Head whose fields are a list of its own. It is changed by its methods alone, and so knows whether it was."""

    __slots__ = ("_names", "raw", "renamed")

    def __init__(self, status: int, raw: list[tuple[Text, Text]]) -> None:
        self.status = status
        self.raw: list[tuple[Text, Text]] = raw
        self.renamed = False
        """Whether a field was added or taken away."""
        self._names: set[Text] | None = None

    @property
    def names(self) -> set[Text]:
        """The names of all fields, in lower case; kept up to date as fields come and go."""
        if self._names is None:
            self._names = {name.lower() for name, _ in self.raw}
        return self._names

    def drop(self, names: frozenset[Text]) -> None:
        """Take fields of these names away."""
        own = self.names
        if not own.isdisjoint(names):
            self.raw = [pair for pair in self.raw if pair[0].lower() not in names]
            own -= names
            self.renamed = True

    def extend(self, fields: Sequence[tuple[Text, Text]]) -> None:
        """These as well, names in lower case."""
        self.raw += fields
        self.renamed = True
        if (names := self._names) is not None:
            for name, _ in fields:
                names.add(name)


class Encoded(Generic[Text]):
    """A Plan's constants in the form that one protocol sends: bytes for ASGI, native text for WSGI."""

    __slots__ = (
        "_constant",
        "_encode",
        "_join",
        "_known",
        "_plan",
        "_removed",
        "_rewrites",
        "_varied",
        "_vary",
        "_watched",
        "_yielding",
        "choices",
        "templates",
        "touched",
        "unread",
        "with_nonce",
    )

    def __init__(
        self,
        plan: Plan,
        encode: Callable[[str], Text],
        join: Callable[[Text, Iterable[Text]], Text],
        rewrite: Callable[[Rewrite], Callable[[Exchange, Text], Text]],
    ) -> None:
        self._plan = plan
        self._encode: Callable[[str], Text] = encode
        self._join: Callable[[Text, Iterable[Text]], Text] = join
        self._known: dict[int, tuple[object, list[tuple[Text, Text]], frozenset[Text] | None]] = {}
        varied: list[Pair] = [("vary", ", ".join(name.title() for name in sorted(plan.vary)))] if plan.vary else []
        self.unread: tuple[tuple[Text, Text], ...] = self._pairs([*plan.enforced, *plan.constants(None), *varied])
        """What is appended where the nonce was not read."""
        constant: list[Pair] = [(h.name, h.with_nonce) for h in plan.nonced if NONCE not in h.with_nonce]
        self.with_nonce: tuple[tuple[Text, Text], ...] = self._pairs(
            [*plan.enforced, *plan.headers, *constant, *varied]
        )
        """What is appended where the nonce was read, the fields that hold it apart."""
        self.templates: tuple[tuple[Text, list[Text]], ...] = tuple(
            (encode(h.name), [encode(part) for part in h.with_nonce.split(NONCE)])
            for h in plan.nonced
            if NONCE in h.with_nonce
        )
        """Name, and the pieces that the nonce joins."""
        names = {name for name, _ in (*plan.headers, *plan.enforced)} | {h.name for h in plan.nonced}
        self._constant = frozenset(names)
        names |= plan.remove | ({"vary"} if plan.vary else set())
        self.touched: frozenset[Text] = self._spelled(names | plan.watch)
        """Names that send a response the long way round: through a Head."""
        self._watched: frozenset[Text] = self._spelled(plan.watch - names)
        """Those of them that steps look at, and that no constant has to make way for."""
        self.choices: dict[Text, tuple[tuple[Pair, ...], list[tuple[Text, Text]]]] = {}
        """The value of the plan's choice to its fields, and to these and all constants, encoded.

        Fields that a constant would have to make way for are left out: these go the long way.
        """
        if plan.choice is not None:
            for value, fields in plan.choice.fields.items():
                if self.own(fields)[1] is not None:
                    self.choices[encode(value)] = (fields, list(self._pairs(fields) + self.unread))
        self._rewrites: dict[Text, Callable[[Exchange, Text], Text]] = {
            form: rewrite(change) for name, change in plan.rewrite.items() for form in self._spelled((name,))
        }
        self._removed: frozenset[Text] = frozenset(encode(name) for name in plan.remove)
        self._yielding: frozenset[Text] = frozenset(encode(name) for name in (*dict(plan.enforced), *plan.weaker))
        """Names of which the application's own may have to give way."""
        self._vary: Text = encode("vary")
        self._varied: dict[Text, Text] = {}
        """A Vary of an application's to the one with the plan's names in it."""

    def _pairs(self, fields: Iterable[Pair]) -> tuple[tuple[Text, Text], ...]:
        return tuple((self._encode(name), self._encode(value)) for name, value in fields)

    def _spelled(self, names: Iterable[str]) -> frozenset[Text]:
        # Applications may spell a name as they like under WSGI, and some do under ASGI: in these ways.
        ways = (str.lower, str.title, str.capitalize, str.upper)
        return frozenset(self._encode(way(name)) for name in names for way in ways)

    def constants(self, ex: Exchange) -> Sequence[tuple[Text, Text]]:
        """What every response gets."""
        return self.unread if ex.nonce is None else self._with(ex.nonce)

    def _with(self, nonce: str) -> list[tuple[Text, Text]]:
        encoded, join = self._encode(nonce), self._join
        fields = list(self.with_nonce)
        for name, parts in self.templates:
            fields.append((name, join(encoded, parts)))  # one or two: a comprehension costs more
        return fields

    def own(self, fields: Sequence[Pair]) -> tuple[list[tuple[Text, Text]], frozenset[Text] | None]:
        """Fields for one response, and their names in each spelling; None if one is a list, or has a constant's name.

        Features that decide between a few answers give the same tuple each time: those are encoded once.
        """
        known = self._known.get(id(fields))
        if known is not None and known[0] is fields:
            return known[1], known[2]
        own = list(self._pairs(fields))
        names = None
        if not any(name in LISTS or name in self._constant for name, _ in fields):
            names = self._spelled(name for name, _ in fields)
        if type(fields) is tuple:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[id(fields)] = (fields, own, names)
        return own, names

    def plain(self, ex: Exchange, headers: list[tuple[Text, Text]]) -> list[tuple[Text, Text]] | None:
        """The application's fields with the constants behind them; None if that is not all: then it is up to `join`."""
        touched = self.touched
        for name, _ in headers:
            if name in touched:
                return None
        return headers + list(self.constants(ex))

    def join(self, ex: Exchange, head: RawHead[Text]) -> None:
        """`finish`, the short way where nothing that is there and nothing that is added has a name in common."""
        own, names = self.own(ex.fields) if ex.fields else _NOTHING
        touched = self.touched
        if names is None:
            return self.finish(ex, head)
        raw, watched = head.raw, self._watched
        found: list[int] = []
        for at, (name, _) in enumerate(raw):
            if name in touched:
                if name not in watched:
                    return self.finish(ex, head)
                found.append(at)
            elif name in names:
                return self.finish(ex, head)
        if found or self._plan.always:
            for step in self._plan.on_response:
                step(ex, head)
            if head.renamed:
                self._put(ex.fields, head)
                self._rewrite(ex, head, range(len(head.raw)))
                return self._complete(ex, head)
            self._rewrite(ex, head, found)
        raw += own
        raw += self.constants(ex)
        return None

    def _rewrite(self, ex: Exchange, head: RawHead[Text], places: Iterable[int]) -> None:
        raw, rewrites = head.raw, self._rewrites
        for at in places:
            name, value = raw[at]
            if (change := rewrites.get(name)) is not None:
                raw[at] = name, change(ex, value)

    def finish(self, ex: Exchange, head: RawHead[Text]) -> None:
        """`Plan.finish`, with one look at the names that are there instead of one for each that is added."""
        head.drop(self._removed)
        self._put(ex.fields, head)
        self._plan.respond(ex, head)
        self._complete(ex, head)

    def _put(self, fields: Sequence[Pair], head: RawHead[Text]) -> None:
        if not fields:
            return
        own, names = self.own(fields)
        if names is None:
            put(head, fields)
        else:
            head.drop(names)
            head.extend(own)

    def _complete(self, ex: Exchange, head: RawHead[Text]) -> None:
        names, plan = head.names, self._plan
        if not names.isdisjoint(self._yielding):
            plan.complete(ex, head)
            return
        more = [pair for pair in self.constants(ex) if pair[0] not in names]
        if plan.vary and self._vary in names:
            self._merge_vary(head)
        head.extend(more)

    def _merge_vary(self, head: RawHead[Text]) -> None:
        """The plan's names into the application's own Vary; for one field, what came of it is remembered."""
        raw, name, known = head.raw, self._vary, self._varied
        length = len(name)  # most names differ in that already
        places = [at for at, (key, _) in enumerate(raw) if len(key) == length and key.lower() == name]
        own = raw[places[0]][1]
        if len(places) == 1 and (merged := known.get(own)) is not None:
            raw[places[0]] = (name, merged)
            return
        vary(head, self._plan.vary)
        if len(places) == 1 and len(known) < MOST_KNOWN:
            known[own] = next(value for key, value in head.raw if key.lower() == name)


_NOTHING: tuple[list[Any], frozenset[Any]] = ([], frozenset())


def encoded_bytes(plan: Plan) -> Encoded[bytes]:
    """For ASGI."""

    def rewrite(change: Rewrite) -> Callable[[Exchange, bytes], bytes]:
        return lambda ex, value: change(ex, value.decode("latin-1")).encode("latin-1")

    return Encoded(plan, lambda text: text.encode("latin-1"), bytes.join, rewrite)


def encoded_text(plan: Plan) -> Encoded[str]:
    """For WSGI."""
    return Encoded(plan, str, str.join, lambda change: change)
