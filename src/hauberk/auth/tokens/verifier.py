"""Verifying for one policy, again and again: what does not change from token to token is decided once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hauberk.auth.tokens.encoding import decode_octets, parse
from hauberk.auth.tokens.errors import TokenError
from hauberk.auth.tokens.keys import Key, Verify
from hauberk.auth.tokens.verify import LATEST, Rules, candidates, check_claims, check_header, split

MOST_HEADERS = 32
"""Headers that are remembered: an issuer writes one a key."""
_SEEN = frozenset({"exp", "iat", "sub", "iss", "aud"})
"""Required claims that the quick way sees to."""


class Verifier:
    """`verify_jws` and `check_claims` for one set of rules. Same answers, faster.

    A header's text is judged once: it is remembered, by its octets, with what may verify it. Only headers of tokens
    whose signature was good are, so that nobody but the issuer decides what is kept.
    """

    __slots__ = ("_audience", "_headers", "_issuer", "_keys", "_leeway", "_rules")

    def __init__(self, rules: Rules, issuer: str, audience: str) -> None:
        """Raises nothing. `issuer` and `audience` are those of the rules."""
        self._rules, self._issuer, self._leeway = rules, issuer, rules.leeway
        # No claim is equal to a new object: rules that ask for more than the quick way looks at never take it.
        self._audience = audience if _is_usual(rules, issuer, audience) else object()
        self._headers: dict[bytes, tuple[Verify, ...]] = {}
        self._keys: Sequence[Key] = ()

    def claims(self, token: object, keys: Sequence[Key], now: float) -> dict[str, Any]:
        """The claims of a good token. Raises TokenError. `keys` is the same object as long as they are the same."""
        message, first, second, third = split(token, self._rules.max_octets)
        if keys is not self._keys:
            self._headers, self._keys = {}, keys
        headers = self._headers
        known = headers.get(first)
        verifiers = self._judged(first, keys) if known is None else known
        signature = decode_octets(third)
        for fits in verifiers:
            if fits(signature, message):
                break
        else:
            raise TokenError("signature", "fits none of the keys")
        if known is None and len(headers) < MOST_HEADERS:
            headers[first] = verifiers
        payload = decode_octets(second)
        if len(payload) > self._rules.max_payload:
            raise TokenError("too-long", f"has a payload of {len(payload):,} octets")
        claims = parse(payload)
        self._check(claims, now)
        return claims

    def _judged(self, first: bytes, keys: Sequence[Key]) -> tuple[Verify, ...]:
        header = parse(decode_octets(first))
        check_header(header, self._rules)
        return candidates(header, keys)

    def _check(self, claims: dict[str, Any], now: float) -> None:
        """Claims as an issuer like ours writes them are seen to be good at once; all others are looked at closely."""
        get = claims.get
        ends, issued = get("exp"), get("iat")
        if (
            get("aud") == self._audience
            and get("iss") == self._issuer
            and type(ends) is int
            and now < ends + self._leeway
            and ends < LATEST
            and type(issued) is int
            and 0 <= issued <= now + self._leeway
            and "nbf" not in claims
            and type(get("jti")) is str
            and (subject := get("sub"))
            and type(subject) is str
        ):
            return
        check_claims(claims, self._rules, now)


def _is_usual(rules: Rules, issuer: str, audience: str) -> bool:
    return (
        issuer in rules.issuers
        and audience in rules.audiences
        and "" not in (issuer, audience)
        and rules.required <= _SEEN
        and rules.max_age is None
        and rules.denied == frozenset()
        and isinstance(rules.denied, frozenset)  # what can change may hold something later
    )
