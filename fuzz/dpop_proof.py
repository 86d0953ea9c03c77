"""A proof is good if and only if each of its members is: `python -m fuzz.dpop_proof`.

The octets choose a value for each member, good ones and others; a real key signs the whole, so that all of it is looked
at, and not the signature alone. What octets are left change the text that was signed.
"""

from __future__ import annotations

from typing import Any

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.auth.dpop import ProofMaker, verify_proof
    from hauberk.auth.tokens.errors import TokenError
    from hauberk.auth.tokens.keyring import KeyRing

NOW = 1_800_000_000
URL = "https://api.example/v1/items/7"
TOKEN = "eyJhbGciOiJFUzI1NiJ9.e30.AA"
ATH = "nfvdC4Ip83nRUd-0MzfzwoXvqBvLIcadxhfh_kEQ7G8"
MAKER, OTHER = (ProofMaker(KeyRing.generate("ES256")) for _ in range(2))
JWK = dict(MAKER.keys.active().public or {})
GONE = object()
HALF = "\ud800"

HEADER: dict[str, tuple[list[Any], list[Any]]] = {
    "typ": (["dpop+jwt", "DPoP+JWT", "application/dpop+jwt"], [GONE, None, "", "jwt", "at+jwt", 5, ["dpop+jwt"]]),
    "alg": (["ES256"], [GONE, None, "none", "HS256", "ES384", "RS256", "es256", "EdDSA", ["ES256"], 5]),
    "jwk": (
        [JWK, {**JWK, "kid": "1"}, {**JWK, "x5u": "https://evil.example/"}, {**JWK, "alg": "none"}],
        [
            GONE,
            None,
            [],
            "",
            {},
            OTHER.keys.active().public,
            {**JWK, "d": "AA"},
            {**JWK, "k": "AA"},
            {**JWK, "crv": "P-521"},
            {**JWK, "kty": "oct"},
            {**JWK, "kty": []},
            {**JWK, "x": JWK["y"]},
            {**JWK, "x": None},
            {**JWK, "x": JWK["x"] + "A"},
            {**JWK, "y": HALF},
        ],
    ),
    "crit": ([GONE], [[], ["exp"], None]),
    "b64": ([GONE, True], [False, None, 1]),
    "kid": ([GONE, "", "x"], [5, None]),
}
CLAIMS: dict[str, tuple[list[Any], list[Any]]] = {
    "jti": (["1", "x" * 256, "\u00e9"], [GONE, None, "", 5, "x" * 257, ["1"], HALF]),
    "htm": (["POST"], [GONE, None, "post", "GET", "POST ", ["POST"], HALF]),
    "htu": (
        [URL, URL + "?x=1", URL + "#x", "HTTPS://API.example:443/v1/items/7", "https://api.example/v1/item%73/7"],
        [
            GONE,
            None,
            "",
            "/v1/items/7",
            URL + "/",
            URL + "0",
            URL.replace("https", "http"),
            URL.replace("api.", "api.evil."),
            URL.replace("example", "example:8443"),
            URL.replace("//", "//ann@"),
            URL.replace("/7", "%2F7"),
            URL.replace("v1/", "v1/../v1/"),
            "https://[api.example/v1/items/7",
            "https://api.example:99999/v1/items/7",
            URL + HALF,
            [URL],
        ],
    ),
    "iat": (
        [NOW, NOW + 5, NOW - 65, NOW + 0.5],
        [GONE, None, NOW + 6, NOW - 66, str(NOW), True, -NOW, 10**400, -1e300, [NOW]],
    ),
    "ath": ([ATH], [GONE, None, "", ATH + "=", ATH[:-1], TOKEN, 5, HALF]),
    "nonce": (["n"], [GONE, None, "", "N", "nn", 5, HALF]),
}
SEEDS = (bytes(16), bytes(range(16)), bytes([0] * 14 + [3, 7]), *(bytes([0] * n + [255]) for n in range(12)))


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    choices = iter(data)
    parts, all_good = [], True
    for members in (HEADER, CLAIMS):
        part = {}
        for name, (good, bad) in members.items():
            choice = next(choices, 0)
            fine = choice < 200
            value = good[choice % len(good)] if fine else bad[choice % len(bad)]
            all_good = all_good and fine
            if value is not GONE:
                part[name] = value
        parts.append(part)
    signed = proof = MAKER.sign(*parts)
    for place in choices:
        at = place * 7 % len(proof)
        proof = proof[:at] + chr(next(choices, 65)) + proof[at + 1 :]
    accepted = _is_accepted(proof)
    if proof != signed and accepted:
        raise AssertionError(f"{proof!r} was changed after it was signed, and taken")
    if proof == signed and accepted is not all_good:
        raise AssertionError(f"{parts!r} was {'taken' if accepted else 'refused'}")


def _is_accepted(proof: str) -> bool:
    try:
        verify_proof(proof, method="POST", url=URL, now=NOW, token=TOKEN, thumbprint=MAKER.thumbprint, nonce="n")
    except TokenError:
        return False
    return True


if __name__ == "__main__":
    main(one_input, SEEDS)
