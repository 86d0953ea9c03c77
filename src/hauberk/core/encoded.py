"""A Plan's constants in the form that one protocol sends, and how they join what an application sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import methodcaller
from typing import Generic, TypeVar

from hauberk.core.exchange import Exchange, Head
from hauberk.core.plan import NONCE, Pair, Plan, Rewrite, put, vary

Text = TypeVar("Text", str, bytes)

MOST_KNOWN = 256
"""How many sets of fields are kept encoded."""
LISTS = frozenset({"set-cookie", "vary"})
"""Fields of a response that are lists: what is added joins them."""


UNREAD, WITH_COOKIE, PERSONAL, NONCED, NONCED_PERSONAL = range(5)
"""Kinds of responses: neither nonce nor session was read, and no cookie is set; a cookie is; the session was read; the
nonce was; both were."""
Fields = list[tuple[Text, Text]]
Tails = tuple[Fields[Text], Fields[Text], Fields[Text], Fields[Text], Fields[Text]]
"""What is appended to each kind."""


class RawHead(Head, Generic[Text]):
    """A Head whose fields are a list of its own. It is changed by its methods alone, and so knows whether it was."""

    __slots__ = ("_names", "raw")

    def __init__(self, status: int, raw: list[tuple[Text, Text]]) -> None:
        self.status = status
        self.raw: list[tuple[Text, Text]] = raw
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

    def add(self, name: Text, value: Text) -> None:
        """One more field, its name in lower case."""
        self.raw.append((name, value))
        if self._names is not None:
            self._names.add(name)

    def extend(self, fields: Sequence[tuple[Text, Text]]) -> None:
        """These as well, names in lower case."""
        self.raw += fields
        if (names := self._names) is not None:
            for name, _ in fields:
                names.add(name)


class Encoded(Generic[Text]):
    """A Plan's constants in the form that one protocol sends: bytes for ASGI, native text for WSGI."""

    __slots__ = (
        "_always",
        "_changed",
        "_constant",
        "_cookie",
        "_decode",
        "_encode",
        "_join",
        "_known",
        "_lower",
        "_plan",
        "_removed",
        "_rewrites",
        "_touched_personal",
        "_varied",
        "_vary",
        "_yielding",
        "harmless",
        "tails",
        "templates",
        "touched",
    )

    def __init__(
        self,
        plan: Plan,
        encode: Callable[[str], Text],
        join: Callable[[Text, Iterable[Text]], Text],
        decode: Callable[[Text], str],
    ) -> None:
        self._plan: Plan = plan
        self._encode: Callable[[str], Text] = encode
        self._decode: Callable[[Text], str] = decode
        self._join: Callable[[Text, Iterable[Text]], Text] = join
        self._known: dict[int, tuple[object, list[tuple[Text, Text]], frozenset[Text] | None]] = {}
        self._always: bool = plan.always
        self.tails: Tails[Text] = (
            self._appended(None),
            self._appended(None, cookie=True),
            self._appended(None, personal=True),
            self._appended(NONCE),
            self._appended(NONCE, personal=True),
        )
        """What is appended to each kind of response; without the fields that hold a nonce."""
        self.templates: tuple[tuple[Text, list[Text]], ...] = tuple(
            (encode(h.name), [encode(part) for part in h.with_nonce.split(NONCE)])
            for h in plan.nonced
            if NONCE in h.with_nonce
        )
        """Name, and the pieces that the nonce joins."""
        names = {name for name, _ in (*plan.headers, *plan.enforced)} | {h.name for h in plan.nonced}
        self._constant = frozenset(names)
        cookie = {"set-cookie"} if plan.with_cookie else set[str]()
        more = (*plan.personal, *plan.with_cookie)
        names |= plan.remove | {name for name, _ in more} | ({"vary"} if plan.vary else set())
        changed = cookie | set(plan.rewrite)
        self.touched: frozenset[Text] = self._spelled(names | plan.watch | changed)
        """Names that send a response the long way round."""
        self._touched_personal: frozenset[Text] = self.touched | self._spelled(("vary",))
        """The same for personal responses."""
        self._lower: frozenset[Text] = frozenset(name.lower() for name in self.touched)
        self.harmless: set[Text] = set()
        """Names of the application's, as it spells them, that are none of those however they are spelt."""
        self._changed: frozenset[Text] = self._spelled(changed - names - plan.watch)
        """Those of them that no step looks at, and that no constant has to make way for."""
        self._cookie: frozenset[Text] = self._spelled(cookie)
        self._rewrites: dict[Text, Rewrite] = {
            form: change for name, change in plan.rewrite.items() for form in self._spelled((name,))
        }
        self._removed: frozenset[Text] = frozenset(encode(name) for name in plan.remove)
        self._yielding: frozenset[Text] = frozenset(encode(name) for name in (*dict(plan.enforced), *plan.weaker))
        """Names of which the application's own may have to give way."""
        self._vary: Text = encode("vary")
        self._varied: dict[bool, dict[Text, Text]] = {False: {}, True: {}}
        """A Vary of an application's to the one with the plan's names in it, in responses that are personal or not."""

    def _appended(self, nonce: str | None, *, personal: bool = False, cookie: bool = False) -> list[tuple[Text, Text]]:
        """Encoded, without the fields that hold a nonce."""
        plan: Plan = self._plan
        varies = sorted(plan.varies(personal=personal))
        fields: list[Pair] = [*plan.enforced, *plan.constants(nonce, personal=personal, cookie=cookie)]
        if varies:
            fields.append(("vary", ", ".join(name.title() for name in varies)))
        return self._pairs(field for field in fields if NONCE not in field[1])

    def _pairs(self, fields: Iterable[Pair]) -> list[tuple[Text, Text]]:
        return [(self._encode(name), self._encode(value)) for name, value in fields]

    def _spelled(self, names: Iterable[str]) -> frozenset[Text]:
        # Applications may spell a name as they like under WSGI, and some do under ASGI: nearly always in these ways.
        ways = (str.lower, str.title, str.capitalize, str.upper)
        return frozenset(self._encode(way(name)) for name in names for way in ways)

    def constants(self, ex: Exchange, *, cookie: bool) -> Sequence[tuple[Text, Text]]:
        """What a response gets that sets a cookie or does not."""
        if ex.nonce is not None:
            return self._with(ex.nonce, ex.personal)
        return self.tails[PERSONAL if ex.personal else WITH_COOKIE if cookie else UNREAD]

    def _with(self, nonce: str, personal: bool) -> list[tuple[Text, Text]]:
        encoded, join = self._encode(nonce), self._join
        fields = self.tails[NONCED_PERSONAL if personal else NONCED].copy()
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
        own = self._pairs(fields)
        names = None
        if not any(name in LISTS or name in self._constant for name, _ in fields):
            names = self._spelled(name for name, _ in fields)
        if type(fields) is tuple:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[id(fields)] = (fields, own, names)
        return own, names

    def tails_after(self, fields: Sequence[Pair]) -> Tails[Text] | None:
        """These before all constants, encoded; None where a constant, or a field of the application's that sends no
        response the long way, would have to make way for one of them."""
        if not fields:
            return self.tails
        own, names = self.own(fields)
        if names is None or not names <= self.touched:
            return None
        unread, with_cookie, personal, nonced, nonced_personal = self.tails
        return own + unread, own + with_cookie, own + personal, own + nonced, own + nonced_personal

    def concerns(self, name: Text, *, personal: bool = False) -> bool:
        """Whether a field of the application's sends a response the long way; asked for names not known as harmless."""
        lower = name.lower()
        if lower in self._lower or (personal and lower == self._vary):
            return True
        if lower != self._vary and len(self.harmless) < MOST_KNOWN:
            self.harmless.add(name)
        return False

    def quick(self, ex: Exchange, headers: list[tuple[Text, Text]]) -> list[tuple[Text, Text]] | None:
        """The application's fields with all others behind them; None if names that are there and names that are added
        have to be compared, or a step wants to look at them: then it is up to `finish`."""
        if self._always:
            return None
        personal, nonce, changed = ex.personal, ex.nonce, self._changed
        touched = self._touched_personal if personal else self.touched
        places: list[int] = []
        harmless = self.harmless
        for at, (name, _) in enumerate(headers):
            if name not in harmless and (name in touched or self.concerns(name, personal=personal)):
                if name not in changed:
                    return None
                places.append(at)
        tails = ex.tails or self.tails
        if (extra := ex.fields) is not ex.foretold:
            tails, (own, names) = self.tails, self.own(extra)
            if names is None or not names.isdisjoint([name.lower() for name, _ in headers]):
                return None
            headers = headers + own
        if nonce is not None:
            fields = headers + tails[NONCED_PERSONAL if personal else NONCED]
            encoded, join = self._encode(nonce), self._join
            for name, parts in self.templates:
                fields.append((name, join(encoded, parts)))  # one or two: a comprehension costs more
        elif personal:
            fields = headers + tails[PERSONAL]
        else:
            fields = headers + tails[WITH_COOKIE if places and self._sets_cookie(headers, places) else UNREAD]
        for at in places:
            name, value = fields[at]
            if (change := self._rewrites.get(name)) is not None:
                fields[at] = name, self._encode(change(ex, self._decode(value)))
        return fields

    def _sets_cookie(self, headers: list[tuple[Text, Text]], places: Iterable[int]) -> bool:
        cookie = self._cookie
        return any(headers[at][0] in cookie for at in places)

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
        names, plan, personal = head.names, self._plan, ex.personal
        if not names.isdisjoint(self._yielding):
            plan.complete(ex, head)
            return
        cookie = not self._cookie.isdisjoint(names)
        more = [pair for pair in self.constants(ex, cookie=cookie) if pair[0] not in names]
        if (personal or plan.vary) and self._vary in names:
            self._merge_vary(head, personal)
        head.extend(more)

    def _merge_vary(self, head: RawHead[Text], personal: bool) -> None:
        """The plan's names into the application's own Vary; for one field, what came of it is remembered."""
        raw, name, known = head.raw, self._vary, self._varied[personal]
        length = len(name)  # most names differ in that already
        places = [at for at, (key, _) in enumerate(raw) if len(key) == length and key.lower() == name]
        own = raw[places[0]][1]
        if len(places) == 1 and (merged := known.get(own)) is not None:
            raw[places[0]] = (name, merged)
            return
        vary(head, self._plan.varies(personal=personal))
        if len(places) == 1 and len(known) < MOST_KNOWN:
            known[own] = next(value for key, value in head.raw if key.lower() == name)


def encoded_bytes(plan: Plan) -> Encoded[bytes]:
    """For ASGI."""
    return Encoded(plan, methodcaller("encode", "latin-1"), bytes.join, methodcaller("decode", "latin-1"))


def encoded_text(plan: Plan) -> Encoded[str]:
    """For WSGI."""
    return Encoded(plan, str, str.join, str)
