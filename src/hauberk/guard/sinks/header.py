"""Header fields on their way to the server: the sink of response splitting (CWE-113)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hauberk.core.exchange import Exchange
from hauberk.guard.inputs import Inputs, every, forms
from hauberk.guard.sensor import sense_found
from hauberk.guard.verdict import Judgement

BREAK = re.compile(r"[\r\n\0]")
"""What a field may not hold (RFC 9110, section 5.5): it ends there, or the rest is read by nobody."""
_SPLIT = Judgement("attack", "the input ends the header field")
_NEAR = 6


def check(ex: Exchange, name: str, value: str) -> None:
    """Judge a field, if it holds a line break or NUL. Raises BlockedError."""
    text = f"{name}: {value}"
    breaks = [found.start() for found in BREAK.finditer(text)]
    if not breaks:
        return

    def search(ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
        for source, sent in every(ex):
            for form in forms(sent):
                if BREAK.search(form) and any(_about(text, at, form) for at in breaks):
                    yield source, form, _SPLIT
                    return

    sense_found("header", f"response {BREAK.split(name)[0][:40]}", text, search, dialect="header")


def _about(text: str, at: int, form: str) -> bool:
    """Whether the break with what is around it is the input's."""
    return form.strip() in text or text[max(0, at - 1) : at + _NEAR] in form
