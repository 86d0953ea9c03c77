"""Did an input become a script of the page? Judged on what the page runs, with and without it (CWE-79).

With a harmless word in its place, a page must run the same: the same scripts, of the same tokens. Text that looks like
an attack and was escaped changes nothing of that, and neither do `<b>` or a link.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence

from hauberk.guard.scripts import Script, differing, scripts
from hauberk.guard.verdict import ABSENT, Judgement, escapings, occurrences

INERT = Judgement("inert", "the page runs the same without the input")
_DATA = Judgement("unknown", "the input is JSON in a script of the page")
_OWN = Judgement("unknown", "the input is a part of a script of the page, and may be so by chance")
_BREAKS = frozenset("<>\"'`\\\n\r")
"""Without one of these, nothing leaves a literal or a place in the markup."""
_TELLING = 6
"""Characters of a script by which it is known to come from an input."""
_CALL = re.compile(r"[\w$\])]\s*[(=\[]")
_SHORT = 8
"""Code of less than so many characters is found in scripts by chance."""
_WORD = re.compile(r"[A-Za-z0-9]{3,}")
_ANCHOR = re.compile(r"[<>\"'`]|script:", re.IGNORECASE)
_END_OF_TAG = re.compile(r"[A-Za-z][A-Za-z0-9-]*\s*>")
_NAMES = re.compile(r"[A-Za-z0-9</-]")
_BEGINS = re.compile(r"(?:[^\w<]|<(?![A-Za-z/]))*(?:</?[A-Za-z][A-Za-z0-9-]*\s*)?", re.ASCII)
_SEED, _MOST_SEEDS, _PIECE = 6, 32, 12
"""Characters around an anchor that are looked for first, how many of them, and what is worth calling a piece."""


def judge(page: str, value: str) -> Judgement:
    """Judge one input in one page. Never raises."""
    return judge_all(page, [value])[0]


def judge_all(
    page: str, values: Iterable[str], *, known: Container[tuple[str, str]] = (), xml: bool = False
) -> tuple[Judgement, str]:
    """Judge inputs together: one may begin what another ends. The second is the input that did it.

    `known` are scripts (place and code) that pages have without any of these inputs.
    """
    values = [value for value in values if value.strip()]
    # Marks alone are everywhere in a page, and so are beginnings of its own tags: what follows them is judged.
    given = {form for value in values for form in escaped(value) if _BEGINS.fullmatch(form) is None}
    forms = sorted(given, key=len, reverse=True)
    now: Counter[Script] | None = None
    found = (ABSENT, "")
    for word in ("a", "7"):  # in the place of a number, a word would change more than the input did
        plain, low = page, page.lower()
        for form in forms:
            if _may_hold(plain, low, form):
                plain = _without(plain, form, word)
                low = plain.lower()
        if plain == page:
            break
        if xml or (parts := differing(page, plain, *_same(page, plain))) is None:
            now = now or Counter(scripts(page, xml=xml))
            found = _compared(Counter(scripts(plain, xml=xml)), now, values, known)
        else:
            found = _compared(Counter(parts[1]), Counter(parts[0]), values, known)
        if not found[0].attack:
            break
    return found


def _may_hold(page: str, low: str, form: str) -> bool:
    """Whether the page, which comes in lower case too, may hold this: asked before it is searched for every place."""
    form = form.strip()
    wanted = form.lower()
    return wanted in low or len(low) != len(page) or len(wanted) != len(form)


def _same(one: str, other: str) -> tuple[int, int]:
    """How many characters at the beginning and at the end of both are the same; together no more than the shorter."""
    most = min(len(one), len(other))
    start = _longest(most, lambda length: one[:length] == other[:length])
    return start, _longest(most - start, lambda length: one[len(one) - length :] == other[len(other) - length :])


def _compared(
    before: Counter[Script], now: Counter[Script], values: Sequence[str], known: Container[tuple[str, str]]
) -> tuple[Judgement, str]:
    """What an input has added to the scripts of a page."""
    was = Counter(script.shape for script in (before - now).elements())
    worst = (INERT, "")
    for script in (now - before).elements():
        if _taken(was, script) or (script.place, script.code) in known:
            continue
        if (value := _origin(script, values)) is not None:
            worst = (_verdict(script, value), value)
            if worst[0].attack:
                return worst
    return worst


def pieces(page: str, value: str) -> Iterator[str]:
    """What of an input stands in the page, which is in lower case: all of it, escaped or not, or what is left of it.

    Applications cut and clean what they get. Pieces are looked for around the characters that could do harm.
    """
    low = value.lower()
    if words_in(page, low) and any(form.lower() in page for form in escaped(value)):
        yield value
        return
    if "<" not in value and "=" not in value and "script:" not in low:
        return
    end = 0
    for number, found in enumerate(_ANCHOR.finditer(low)):
        if number >= _MOST_SEEDS:
            return
        for before in (_SEED // 2, 0, _SEED - 1):
            start = max(0, found.start() - before)
            if found.start() >= end and low[start : start + _SEED] in page:
                start, end = _grown(page, low, start, start + _SEED)
                if end - start >= _PIECE:
                    yield value[start:end]


def words_in(page: str, low: str) -> bool:
    """Whether the words of an input are in the page, which no escaping changes: at least the first and the longest."""
    first = _WORD.search(low)
    if first is None:
        return True
    return first[0] in page and max(_WORD.findall(low), key=len) in page


def _grown(page: str, low: str, start: int, end: int) -> tuple[int, int]:
    """The longest part of the input around this one that is in the page: to the right, then to the left."""
    reach = _longest(len(low) - end, lambda more: low[start : end + more] in page)
    end += reach
    return start - _longest(start, lambda more: low[start - more : end] in page), end


def _longest(most: int, holds: Callable[[int], bool]) -> int:
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if holds(middle) else (least, middle - 1)
    return least


def escaped(value: str) -> list[str]:
    """The value, and what it is once an application escaped it for markup: that helps in text, and not in a URL."""
    if value.isalnum():
        return [value]
    quoted = html.escape(value, quote=False)
    forms = [value, value.strip(), quoted]
    if '"' in value or "'" in value:
        forms += [
            quoted.replace('"', double).replace("'", single)
            for double, single in (("&quot;", "&#x27;"), ("&#34;", "&#39;"), ("&quot;", "&#39;"), ("&quot;", "'"))
        ]
    return [form for form in dict.fromkeys((*forms, *escapings(value))) if form]


def _without(page: str, form: str, word: str) -> str:
    """The page with the word in each place of the input."""
    parts: list[str] = []
    at = 0
    named = _END_OF_TAG.fullmatch(form) is not None
    for start, end in occurrences(page, form):
        # The name in a tag of the page's own, or the end of that name.
        if start >= at and not (named and _NAMES.match(page, start - 1) is not None):
            parts += (page[at:start], word)
            at = end
    return "".join((*parts, page[at:])) if parts else page


def _taken(was: Counter[tuple[str, ...]], script: Script) -> bool:
    """Whether the page runs it anyway; each counts once."""
    known = was[script.shape] > 0
    was[script.shape] -= known
    return known


def _origin(script: Script, values: Iterable[str]) -> str | None:
    """The input that a script came from: it holds the code, wholly or in part, or the markup that makes it run."""
    code, place = script.code.strip().lower(), script.place.partition(" of ")[0]
    marks = ["<script"] if place.startswith("<script") else [place.rstrip(">"), f"{place}="]
    for value in values:
        low = value.strip().lower()
        for text in (low, html.unescape(low)) if "&" in low else (low,):
            if any(mark in text for mark in marks):
                return value
            if code and (text in code or code in text or code[:_TELLING] in text or code[-_TELLING:] in text):
                return value
    return None


def _verdict(script: Script, value: str) -> Judgement:
    if _is_json(value):
        return _DATA
    bare = _BREAKS.isdisjoint(value.strip()) and "${" not in value and script.place == "<script>"
    if bare and (len(value.strip()) < _SHORT or _CALL.search(value) is None):
        return _OWN
    return Judgement("attack", f"the input adds a script to the page: {script.place}")


def _is_json(value: str) -> bool:
    """Whether it is an object or a list that ends nothing around it."""
    if value.strip()[:1] not in {"{", "["} or "<" in value:
        return False
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return False
    return True
