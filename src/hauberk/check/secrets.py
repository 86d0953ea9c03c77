"""How strong a secret is, said without repeating it (CWE-1391, CWE-326)."""

from __future__ import annotations

import hashlib
import math
import re
from itertools import pairwise

from hauberk.check.facts import Secret, Strength

MINIMUM = {"signing": 32, "cipher": 16, "password": 8}
"""Octets below which a secret is short: 256 bits of MAC key as text (RFC 2104, section 3), a cipher key of 128 bits."""
ENOUGH_BITS = {"signing": 100.0, "cipher": 40.0, "password": 20.0}
"""The bound is computed from variety, so that even random raw octets stay below 8 bits each."""

PUBLISHED = frozenset(
    {  # SHA-256 of keys that stand in documentation and were copied from there
        "570dad43de1af4c925f92c16a68a50936da42b7dd6fdeb24850507a1199aac89",  # FastAPI, tutorial on JWT
        "2598f7d6adc142d88161630f3db12ab2bd3403521c281811e5e1ce60d4ac5d76",  # Flask, quickstart and configuration
        "9d0f4f5072c13dbd970c045ee6196734249b16917e0e8185c5035e0c1dbcde6b",  # Flask, older quickstart
    }
)
PLACEHOLDER = re.compile(
    r"django-insecure|secret|passw|pa55w|chang.?(e|ing|it)|insecure|default|example|replace|placeholder|qwerty|letmein|"
    r"\b(dev|devel|development|debug|test|testing|local|demo|sample|dummy|foo|bar|foobar|admin|root|postgres|mysql|"
    r"guest|user|key|todo|xxx+|abc|asdf|your|none|null)\b",
    re.IGNORECASE,
)
WORDS = re.compile(r"[A-Za-z][a-z]{1,11}(?:[\W_]+[A-Za-z][a-z]{1,11}){1,6}\W?|[a-z]{1,10}|[A-Z]{1,10}")
"""A short phrase, or one word."""


def measure(value: str | bytes) -> Strength:
    """The strength of a secret; the value goes no further than this function."""
    raw = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    text = raw.decode("latin-1")
    return Strength(length=len(raw), bits=round(_bits(raw), 1), known=_known(raw, text))


def faults(secret: Secret) -> list[str]:
    """What is wrong with it, in words that follow `it`; an empty list if nothing."""
    strength, found = secret.strength, []
    if strength.known:
        found.append("is a published default, a placeholder or a few plain words")
    if strength.length < MINIMUM[secret.use]:
        found.append(f"has {strength.length} octets where {MINIMUM[secret.use]} are the least")
    if strength.bits < ENOUGH_BITS[secret.use] and not found:
        found.append("has hardly any variety")
    return found


def _known(raw: bytes, text: str) -> bool:
    if hashlib.sha256(raw).hexdigest() in PUBLISHED:
        return True
    return bool(PLACEHOLDER.search(text.replace("_", " ")) or PLACEHOLDER.search(text) or WORDS.fullmatch(text))


def _bits(raw: bytes) -> float:
    """Length times variety, of the part that does not repeat and does not count up."""
    if not raw:
        return 0.0
    unit = raw[: _period(raw)]
    steps = [b - a for a, b in pairwise(unit)]
    # A step that repeats the one before it (aaaa, 1234) adds nothing.
    surprising = 1 + len(steps[:1]) + sum(step != before for before, step in pairwise(steps))
    return surprising * math.log2(max(len(set(unit)), 1))


def _period(raw: bytes) -> int:
    """The shortest unit whose repetition gives the text, the last one cut off or not."""
    for size in range(1, len(raw)):
        if (raw[:size] * (len(raw) // size + 1))[: len(raw)] == raw:
            return size
    return len(raw)
