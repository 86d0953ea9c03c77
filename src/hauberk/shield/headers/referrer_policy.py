"""Referrer-Policy (W3C Referrer Policy)."""

from __future__ import annotations

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
        """One constant field."""
        return Steps(headers=(("referrer-policy", ",".join(self.policy)),))
