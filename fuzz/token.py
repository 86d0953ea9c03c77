"""Any octets are a token, or a proof, or a refresh token, or TokenError: `python -m fuzz.token`."""

from __future__ import annotations

from contextlib import suppress

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.auth.dpop import verify_proof
    from hauberk.auth.tokens.encoding import decode, encode, parse
    from hauberk.auth.tokens.errors import TokenError
    from hauberk.auth.tokens.keyring import KeyRing
    from hauberk.auth.tokens.refresh.family import Presented
    from hauberk.auth.tokens.tokens import Tokens

NOW = 1_800_000_000.0
TOKENS = [
    Tokens(issuer="https://id.example", audience="api", keys=KeyRing.generate(alg), clock=lambda: NOW)
    for alg in ("HS256", "ES256", "EdDSA")
]
GOOD = [tokens.issue("ann", scope="read") for tokens in TOKENS]
SEEDS = (
    *(token.encode() for token in GOOD),
    b"hr1_" + b"A" * 64,
    encode(b'{"alg":"ES256","typ":"dpop+jwt","jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}').encode()
    + b".e30.AA",
    b"eyJhbGciOiJub25lIn0.e30.",
    b"..",
)


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    text = data.decode("latin-1")
    for tokens in TOKENS:
        try:
            tokens.verify(text)
        except TokenError:
            continue
        if text not in GOOD:
            raise AssertionError(f"{text!r} was taken for a token of ours")
    for read in (decode, Presented.read):
        try:
            read(text)
        except TokenError:
            continue
    with suppress(TokenError):
        parse(data)
    try:
        verify_proof(text, method="GET", url="https://api.example/", now=NOW)
    except TokenError:
        return
    raise AssertionError(f"{text!r} was taken for a proof")


if __name__ == "__main__":
    main(one_input, SEEDS)
