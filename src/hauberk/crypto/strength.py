"""Whether a secret looks like the output of a random generator, or like something that a person typed (CWE-1391)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from math import log2

SHORTEST = 32
"""Octets. What `hauberk secret` prints has 43, and 256 bits of randomness."""
FEWEST_BITS = 96
LOOKED_AT = 256
TYPED = re.compile(rb"change.?me|secret|password|insecure|example|default|placeholder|replace", re.IGNORECASE)
"""Words of placeholders: all so long that they turn up in one random secret of a million."""
PHRASE = re.compile(rb"(?:[A-Z]?[a-z]{1,12}[\s_.,-]+)+[A-Z]?[a-z]{0,12}\W?")


def weakness(secret: bytes) -> str:
    """What is wrong with a root secret, as a sentence without the secret; empty if nothing is."""
    if len(secret) < SHORTEST:
        return f"is {len(secret)} octets long, and {SHORTEST} is the least"
    seen = secret[:LOOKED_AT]
    steps = [(b - a) % 256 for a, b in pairwise(seen)]
    triples = [seen[i : i + 3] for i in range(len(seen) - 2)]
    if min(bits(seen), bits(steps)) < FEWEST_BITS or len(set(triples)) < 0.8 * len(triples):
        return "repeats itself, so it was not drawn at random"
    if TYPED.search(seen):
        return "holds a word of the kind that stands in placeholders"
    if PHRASE.fullmatch(seen):
        return "is made of plain words, so it was not drawn at random"
    return ""


def bits(symbols: Sequence[int]) -> float:
    """Shannon's entropy of the symbols as if drawn from their own distribution, for all of them together."""
    total = len(symbols)
    return -sum(count * log2(count / total) for count in Counter(symbols).values())
