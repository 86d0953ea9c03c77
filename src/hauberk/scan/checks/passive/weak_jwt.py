"""A token that anybody can make: without a signature, or with a secret that everybody knows."""

from __future__ import annotations

import hmac
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from functools import lru_cache

from hauberk.core.finding import Rule
from hauberk.scan.page import FINE, Page, Seen

RULE = Rule(
    id="scan.weak-jwt",
    title="JSON Web Token that anybody can make",
    severity="critical",
    why="With the secret, or without any need of one, an attacker writes himself a token for any user.",
    fix="Sign with a random key of at least 256 bits (`hauberk secret`), or with a key pair, and refuse `none`.",
    cwe=(347, 798),
    asvs=("v5.0.0-9.1.1", "v5.0.0-9.1.2"),
    top10=("A04:2025",),
    docs="https://datatracker.ietf.org/doc/html/rfc8725#section-3.2",
)

TOKEN = re.compile(r"(?<![\w-])(eyJ[\w-]{8,2000})\.([\w-]{2,4000})\.([\w-]{0,700})(?![\w-])")
DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
WORDS = (
    "secret secret123 secretkey secret_key secret-key mysecret mysecretkey my_secret my-secret my_secret_key "
    "supersecret super_secret super-secret supersecretkey topsecret password password123 passw0rd changeme change- "
    "me change_me changethis please-change-me key mykey privatekey private_key jwt jwtsecret jwt_secret jwt-secret "
    "jwtkey token tokensecret random test testing test123 dev development default example admin administrator root "
    "qwerty letmein 123456 1234567890 12345678 abc123 s3cr3t s3cret hello helloworld app appsecret flask django "
    "fastapi express node python auth authsecret hs256 hmac your-256-bit-secret your_secret_key your-secret-key "
    "your_jwt_secret yoursecret secret_key_here insecure not-so-secret shhhhh shhhhhared-secret keyboard_cat "
    "keyboard-cat null none undefined api apikey api_key master production prod staging local localhost demo sample "
    "company security"
).split()
"""What documentation, examples and dictionaries write there. Its owner can try the rest offline."""
SECRETS = ("", "keyboard cat", *WORDS, *(word.upper() for word in WORDS), *(word.title() for word in WORDS))


def judge(page: Page) -> Seen | None:
    """Every token that the answer hands out, in its fields and in its body. Nothing is sent for it."""
    found = list(_tokens(page))
    if not found:
        return None
    for token in found:
        fault = _fault(token)
        if fault:
            return Seen(fault=fault)
    return FINE


def _tokens(page: Page) -> Iterator[str]:
    texts = [page.response.text[:200_000], *(value for _, value in page.response.headers)]
    texts.append(page.request.header("authorization") or "")
    for text in texts:
        for match in TOKEN.finditer(text):
            yield match[0]


@lru_cache(maxsize=1_024)
def _fault(token: str) -> str:
    head, payload, signature = token.split(".")
    try:
        algorithm = json.loads(_decoded(head)).get("alg")
        given = _decoded(signature)
    except (ValueError, AttributeError):
        return ""
    if isinstance(algorithm, str) and algorithm.lower() == "none":
        return "a token without a signature (alg none)"
    digest = DIGESTS.get(algorithm) if isinstance(algorithm, str) else None
    if digest is None:
        return ""
    text = f"{head}.{payload}".encode()
    for secret in SECRETS:
        if hmac.compare_digest(hmac.digest(secret.encode(), text, digest), given):
            return f"an {algorithm} token whose secret is a word of {len(secret)} letters that everybody tries"
    return ""


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
