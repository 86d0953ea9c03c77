"""Calls and settings that are wrong wherever their values come from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from ipaddress import ip_address

from hauberk.check.code.rule import Hit, check_code, code_rule
from hauberk.check.module import Module, argument, constant

JWT = code_rule(
    "jwt-unverified",
    "A token is read without checking its signature",
    "critical",
    why="Anybody writes a token with any user's name in it.",
    fix='Verify it with the algorithm that the key is for: jwt.decode(token, key, algorithms=["ES256"]).',
    cwe=(347,),
    asvs="9.1.1 6.8.2",
    top10="A04",
)
MASS = code_rule(
    "mass-assignment",
    "A form or serialiser takes every field of the model",
    "medium",
    why="A client sets fields that no form shows: is_admin, price, owner.",
    fix="Name the fields.",
    cwe=(915,),
    asvs="15.3.3",
    top10="A08",
)
KDF = code_rule(
    "key-derivation",
    "A password is hashed with too little work",
    "medium",
    why="A stolen table of hashes is tried at millions of passwords a second.",
    fix="Passwords() of hauberk; else Argon2id, scrypt from N=2**17, PBKDF2-SHA256 from 600,000, bcrypt from 10.",
    cwe=(916,),
    asvs="11.4.4 11.4.2",
    top10="A04",
)
CIPHER = code_rule(
    "unauthenticated-cipher",
    "Data is encrypted but not authenticated",
    "medium",
    why="What is encrypted by CBC or CTR alone can be changed, and with CBC often read as well.",
    fix="Use AESGCM, ChaCha20Poly1305 or Fernet.",
    cwe=(353,),
    asvs="11.3.3",
    top10="A08",
)
CLEARTEXT = code_rule(
    "cleartext-address",
    "Another service is asked without encryption",
    "medium",
    why="Whoever is on the way reads and changes requests and answers.",
    fix="Use https.",
    cwe=(319,),
    asvs="12.3.1 12.3.3",
    top10="A04",
)
UUID1 = code_rule(
    "uuid1",
    "An identifier is made of clock and network address",
    "low",
    why="Whoever knows one of them knows those around it.",
    fix="uuid.uuid4() for identifiers, secrets.token_urlsafe() for tokens.",
    cwe=(340,),
    asvs="11.5.1",
    top10="A04",
)
LATEX = code_rule(
    "latex-shell",
    "LaTeX may run commands",
    "high",
    why="A document with \\write18 in it runs any command.",
    fix="Run it with -no-shell-escape.",
    cwe=(78,),
    asvs="1.2.8",
    top10="A05",
)
INTROSPECTION = code_rule(
    "graphql-introspection",
    "A GraphQL schema shows itself to everybody",
    "low",
    why="Introspection lists every query and field, those that no page uses included.",
    fix="Add the rule that switches it off: strawberry's DisableIntrospection, graphene's DisableIntrospection.",
    cwe=(200,),
    asvs="4.3.2",
    top10="A01",
)
SECRET_QUESTION = code_rule(
    "secret-question",
    "A secret question is asked for",
    "medium",
    why="The answers are in public records and on social networks.",
    fix="Send a link that works once, or ask for a second factor.",
    cwe=(640,),
    asvs="6.4.2",
    top10="A07",
)
EXPIRY = code_rule(
    "password-expiry",
    "Passwords run out by the calendar",
    "low",
    why="People who must change it choose a weaker one.",
    fix="Ask for a new password when the old one is known to others, and only then.",
    cwe=(262,),
    asvs="6.2.10",
)

CLIENTS = frozenset({"requests", "httpx", "httpx2", "urllib", "urllib3", "aiohttp"})
LEAST = {"sha1": 1_300_000, "sha256": 600_000, "sha512": 210_000}
"""OWASP Password Storage Cheat Sheet: iterations of PBKDF2 by hash."""
QUESTIONS = (
    "security_question",
    "secret_question",
    "security_answer",
    "secret_answer",
    "mothers_maiden",
    "maiden_name",
)
EXPIRIES = (
    "password_expiry",
    "password_expires",
    "password_max_age",
    "password_rotation_days",
    "force_password_change_days",
)


def _jwt(module: Module) -> Iterator[Hit]:
    for name, call in module.calls:
        word = name.rpartition(".")[2]
        if word in {"get_unverified_claims", "decode_complete_unverified"}:
            yield Hit(call, f"{name}() reads claims that nobody vouched for.")
        if name not in {"jwt.decode", "jwt.decode_complete", "jose.jwt.decode", "jwt.api_jwt.decode"}:
            continue
        options = constant(argument(call, -1, "options"))
        if isinstance(options, dict) and options.get("verify_signature") is False:
            yield Hit(call, f"{name}() is told not to verify the signature.")
        if constant(argument(call, -1, "verify")) is False:
            yield Hit(call, f"{name}() is told not to verify the token.")


def _mass(module: Module) -> Iterator[Hit]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef) and node.name == "Meta":
            for line in node.body:
                targets = line.targets if isinstance(line, ast.Assign) and constant(line.value) == "__all__" else []
                if any(getattr(target, "id", "") == "fields" for target in targets):
                    yield Hit(line, "fields = '__all__' takes every field of the model.")


def _kdf(module: Module) -> Iterator[Hit]:
    for name, call in module.calls:
        word = name.rpartition(".")[2]
        if name == "hashlib.pbkdf2_hmac":
            digest, rounds = constant(argument(call, 0, "hash_name")), constant(argument(call, 3, "iterations"))
            least = LEAST.get(str(digest), 600_000)
        elif word == "PBKDF2HMAC":
            rounds, least = constant(argument(call, 3, "iterations")), LEAST["sha512"]
        elif name == "bcrypt.gensalt":
            rounds, least = constant(argument(call, 0, "rounds")), 10
        elif name == "hashlib.scrypt":
            rounds, least = constant(argument(call, -1, "n")), 1 << 14
        else:
            continue
        if isinstance(rounds, int) and rounds < least:
            yield Hit(call, f"{name}() works {rounds:,} rounds; {least:,} is the least that is advised.")


def _cipher(module: Module) -> Iterator[Hit]:
    used = [(name, call) for name, call in module.calls if name.rpartition(".")[2] in {"CBC", "CTR", "CFB", "OFB"}]
    if any(word in ast.dump(module.tree) for word in ("HMAC", "hmac", "CMAC", "Poly1305")):
        return  # encrypt-then-MAC, most likely
    for name, call in used:
        if "modes" in name or "AES" in ast.dump(module.tree):
            yield Hit(call, f"{name.rpartition('.')[2]} is used, and nothing in this module authenticates the result.")


def _cleartext(module: Module) -> Iterator[Hit]:
    for name, call in module.calls:
        if name.partition(".")[0] not in CLIENTS:
            continue
        url = constant(argument(call, 0, "url", "base_url"))
        if isinstance(url, str) and url.startswith("http://") and not _local(url):
            yield Hit(call, f"{name}() asks {url.split('/')[2]} over plain http.")


def _local(url: str) -> bool:
    host = url.split("/")[2].rpartition("@")[2]
    host = host[1 : host.find("]")] if host.startswith("[") else host.partition(":")[0]
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost") or not host


def _uuid1(module: Module) -> Iterator[Hit]:
    for name, call in module.calls:
        if name == "uuid.uuid1":
            yield Hit(call, "uuid1() is made of the clock and the network address.", sure=False)


def _latex(module: Module) -> Iterator[Hit]:
    for _, call in module.calls:
        for node in ast.walk(call):
            if isinstance(node, ast.Constant) and node.value in {"-shell-escape", "--shell-escape", "-enable-write18"}:
                yield Hit(call, f"LaTeX is started with {node.value}.")


def _introspection(module: Module) -> Iterator[Hit]:
    text = ast.dump(module.tree)
    for name, call in module.calls:
        known = name in {"strawberry.Schema", "graphene.Schema", "ariadne.asgi.GraphQL"}
        if known and "Introspection" not in text and constant(argument(call, -1, "introspection")) is not False:
            yield Hit(call, f"{name}() answers introspection queries.")


def _names(module: Module, wanted: tuple[str, ...], said: str) -> Iterator[Hit]:
    for node in ast.walk(module.tree):
        name = ""
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, ast.arg):
            name = node.arg
        if name.lower().removesuffix("s").replace("'", "") in wanted or name.lower() in wanted:
            yield Hit(node, said.format(name=name))


CHECKS = (
    check_code(JWT, _jwt),
    check_code(MASS, _mass),
    check_code(KDF, _kdf),
    check_code(CIPHER, _cipher),
    check_code(CLEARTEXT, _cleartext),
    check_code(UUID1, _uuid1),
    check_code(LATEX, _latex),
    check_code(INTROSPECTION, _introspection),
    check_code(SECRET_QUESTION, lambda m: _names(m, QUESTIONS, "{name} is kept for a secret question.")),
    check_code(EXPIRY, lambda m: _names(m, EXPIRIES, "{name} makes passwords run out.")),
)
