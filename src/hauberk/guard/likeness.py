"""The law behind most verdicts: with a harmless word in the place of an input, the text must have the same shape.

A shape is what a tokeniser says of a text, without what literals hold. Where it changes, the input was syntax.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator

from hauberk.core.events import Verdict
from hauberk.guard.fragments import altered
from hauberk.guard.verdict import ABSENT, Judgement, occurrences

Shape = Callable[[str], Hashable]
"""The shape of a text; None where the tokeniser failed, which never makes an input safe."""

INERT = Judgement("inert", "the input stays inside one literal")


def compare(
    text: str, value: str, shape: Shape, changed: str, *, escaped: Iterable[str] = (), fails: Verdict = "attack"
) -> Judgement:
    """Judge one input in one text. `changed` says in words what an attack did.

    `escaped` are forms of the value in which an application may have written it: they count as a whole, so that half of
    an escape is not taken for an input. `fails` is the verdict where neither text has a shape.
    """
    if not occurrences(text, value):
        return ABSENT
    actual = shape(text)
    for form in dict.fromkeys((value, *escaped)):
        for harmless in _replaced(text, form):
            was = shape(harmless)
            if was == actual and (actual is not None or fails != "attack"):
                return INERT
    return Judgement("attack", changed)


def _replaced(text: str, form: str) -> Iterator[str]:
    """The text with a word in each place of the input: with letters, and with digits, which join to what is before."""
    parts: list[str] = []
    at = 0
    for start, end in occurrences(text, form):
        if start >= at:
            parts.append(text[at:start])
            at = end
    if not parts:
        return
    parts.append(text[at:])
    yield "a".join(parts)
    yield "7".join(parts)


def judge_changed(text: str, judge: Callable[[str, str], Judgement]) -> Callable[[str, str], Judgement | None]:
    """For `sense`: judge an input that the application changed before it used it, by the words that are left of it."""

    def judged(low: str, value: str) -> Judgement | None:
        part = altered(low, value)
        return None if part is None else judge(text, part)

    return judged
