"""Referrer-Policy (W3C Referrer Policy)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import one_of, words
from hauberk.core.plan import Steps

Token = Literal[
    "no-referrer",
    "no-referrer-when-downgrade",
    "same-origin",
    "origin",
    "strict-origin",
    "origin-when-cross-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
    "",
]
TOKENS: tuple[str, ...] = get_args(Token)

NAME = "referrer-policy"
RANKS = {
    token: rank
    for rank, token in enumerate(
        (
            "unsafe-url",
            "no-referrer-when-downgrade",
            "origin-when-cross-origin",
            "origin",
            "strict-origin-when-cross-origin",
            "strict-origin",
            "same-origin",
            "no-referrer",
        )
    )
}
"""From the most that is told to the least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferrerPolicy:
    """How much of this page's address other sites are told (CWE-116 of addresses with secrets: CWE-598)."""

    policy: tuple[Token, ...] = ("strict-origin-when-cross-origin",)
    """One token, or several: a browser takes the last one it knows."""

    def __post_init__(self) -> None:
        tokens = words("ReferrerPolicy.policy", self.policy)
        if not tokens:
            raise ConfigurationError("ReferrerPolicy.policy", self.policy, "is empty", "turn it off with None")
        for token in tokens:
            one_of("ReferrerPolicy.policy", token, TOKENS)
        if len(set(tokens)) < len(tokens):
            raise ConfigurationError("ReferrerPolicy.policy", self.policy, "names a token twice")

    def steps(self) -> Steps:
        """One constant field, and the least that the application's own may say."""
        return Steps(headers=((NAME, ",".join(self.policy)),), weaker={NAME: self._weaker})

    def _weaker(self, own: list[str]) -> bool:
        """Of a list the last token that is known counts (section 8.1)."""
        return _rank(own) < _rank(self.policy)


def _rank(fields: Iterable[str]) -> int:
    tokens = [token.strip().lower() for field in fields for token in field.split(",")]
    return next((RANKS[token] for token in reversed(tokens) if token in RANKS), -1)
