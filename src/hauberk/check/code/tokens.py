"""How tokens are read and made: keys, algorithms, times, audiences, kinds (RFC 8725)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from hauberk.check.code.rule import Hit, check_code, code_rule
from hauberk.check.module import Module, argument, constant

DOCS = "https://www.rfc-editor.org/rfc/rfc8725"
ALGORITHMS = code_rule(
    "jwt-algorithms",
    "The token chooses the algorithm that it is verified by",
    "high",
    why="A public key is taken for the secret of an HMAC, or `none` for a signature, and anybody writes tokens.",
    fix='Name the one algorithm that the key is for: jwt.decode(token, key, algorithms=["ES256"]).',
    cwe=(347, 327),
    asvs="9.1.2",
    top10="A04",
    docs=DOCS,
)
HEADER_KEY = code_rule(
    "jwt-header-key",
    "The token brings the key that it is verified with",
    "critical",
    why="Whoever writes the token writes the key, or the address it is fetched from, into its header.",
    fix="Keep the issuer's keys, or the address of its key set, in the configuration; of the header take `kid` alone.",
    cwe=(347, 345),
    asvs="9.1.3",
    top10="A08",
    docs=DOCS,
)
TIMES = code_rule(
    "jwt-expiry",
    "The times of a token are not looked at",
    "high",
    why="A token that leaked once, or of a user who left, works for ever.",
    fix='Leave verify_exp and verify_nbf on, and ask for the claim: options={"require": ["exp"]}.',
    cwe=(613,),
    asvs="9.2.1",
    top10="A07",
    docs=DOCS,
)
AUDIENCE = code_rule(
    "jwt-audience",
    "Tokens that were made for another service are accepted",
    "low",
    why="The issuer's token for a less careful service, or for a mailing list, opens this one.",
    fix='Give audience= with the name of this service, and ask for it: options={"require": ["aud"]}.',
    cwe=(287, 346),
    asvs="9.2.3 10.3.1",
    top10="A07",
    docs=DOCS,
)
KIND = code_rule(
    "jwt-kind",
    "Tokens of different kinds are not told apart",
    "high",
    why="The link of a password mail, or a refresh token, is accepted where an access token is asked for.",
    fix="Put the kind into each token, in `typ` or a claim, and compare it wherever one is read.",
    cwe=(345,),
    asvs="9.2.2",
    top10="A07",
    docs=DOCS,
)
ISSUED = code_rule(
    "jwt-issued-audience",
    "Tokens are signed without saying whom they are for",
    "medium",
    why="Every service that knows the public key accepts every token of it.",
    fix='Put "aud" into the claims, with the name of the one service that the token is for.',
    cwe=(346,),
    asvs="9.2.4",
    top10="A07",
    docs=DOCS,
)

DECODERS = frozenset({"jwt.decode", "jwt.decode_complete", "jwt.api_jwt.decode", "jose.jwt.decode"})
KINDS = frozenset({"typ", "type", "token_type", "token_use", "kind", "purpose", "use", "scope", "action"})
BROUGHT = frozenset({"jku", "jwk", "x5u", "x5c"})


def _decodes(module: Module) -> list[tuple[str, ast.Call]]:
    return [(name, call) for name, call in module.calls if name in DECODERS]


def _encodes(module: Module) -> list[ast.Call]:
    return [call for name, call in module.calls if name in {"jwt.encode", "jose.jwt.encode", "jwt.api_jwt.encode"}]


def _options(call: ast.Call) -> dict[object, object]:
    found = constant(argument(call, -1, "options"))
    return found if isinstance(found, dict) else {}


def _verifies(call: ast.Call) -> bool:
    """Reading a token without verifying it at all is another rule's business."""
    return _options(call).get("verify_signature") is not False


def _algorithms(module: Module) -> Iterator[Hit]:
    for name, call in _decodes(module):
        given = argument(call, 2, "algorithms")
        known = constant(given)
        if given is None or (isinstance(given, ast.Constant) and given.value is None):
            if _verifies(call):
                yield Hit(call, f"{name}() names no algorithm.")
        elif isinstance(known, list | tuple | set):
            names = {str(one).lower() for one in known}
            if "none" in names:
                yield Hit(call, f"{name}() takes tokens without a signature.")
            elif any(one.startswith("hs") for one in names) and any(not one.startswith("hs") for one in names):
                yield Hit(call, f"{name}() takes signatures by a secret and by a key pair with the same key.")
        elif _unverified(module, given):
            yield Hit(call, f"{name}() takes the algorithm that the token's own header names.")


def _unverified(module: Module, node: ast.AST) -> bool:
    """Whether an expression reads the header of a token that is not verified yet."""
    names = {module.name(part.func).rpartition(".")[2] for part in ast.walk(node) if isinstance(part, ast.Call)}
    if names & {"get_unverified_header", "get_unverified_headers"}:
        return True
    held = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return bool(held & _headers(module))


def _headers(module: Module) -> set[str]:
    """Names that hold such a header."""
    return {
        target.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if module.name(node.value.func).rpartition(".")[2] in {"get_unverified_header", "get_unverified_headers"}
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _header_key(module: Module) -> Iterator[Hit]:
    for node in ast.walk(module.tree):
        owner: ast.expr | None = None
        key: object = None
        if isinstance(node, ast.Subscript):
            owner, key = node.value, constant(node.slice)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            owner, key = node.func.value, constant(argument(node, 0))
        if owner is not None and key in BROUGHT and _unverified(module, owner):
            yield Hit(node, f"The key is taken from {key!r} in the header of the token itself.")


def _times(module: Module) -> Iterator[Hit]:
    for name, call in _decodes(module):
        options = _options(call)
        off = [one for one in ("verify_exp", "verify_nbf") if options.get(one) is False]
        if off and _verifies(call):
            yield Hit(call, f"{name}() is told {' and '.join(off)}=False.")


def _audience(module: Module) -> Iterator[Hit]:
    for name, call in _decodes(module):
        if not _verifies(call):
            continue
        if _options(call).get("verify_aud") is False:
            yield Hit(call, f"{name}() is told verify_aud=False.")
        elif argument(call, -1, "audience") is None and not any(k.arg is None for k in call.keywords):
            yield Hit(call, f"{name}() is given no audience, and so takes tokens that name none.")


def _kind(module: Module) -> Iterator[Hit]:
    """Two makers of tokens that differ, and a reader that never looks at what would tell them apart."""
    if len({ast.dump(call.args[0]) for call in _encodes(module) if call.args}) < 2:
        return
    for name, call in _decodes(module):
        if _verifies(call) and not _looks_at_kind(module, call):
            yield Hit(
                call,
                f"{name}() reads tokens of several kinds, and none of {', '.join(sorted(KINDS)[:4])}… is compared.",
            )


def _looks_at_kind(module: Module, call: ast.Call) -> bool:
    """Whether the function around it compares something that is called like a kind."""
    around = next((f for f in module.functions if any(node is call for node in ast.walk(f))), module.tree)
    read = (
        constant(node.slice) if isinstance(node, ast.Subscript) else constant(argument(node, 0))
        for test in ast.walk(around)
        if isinstance(test, ast.Compare)
        for node in ast.walk(test)
        if isinstance(node, ast.Subscript)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get")
    )
    return any(key in KINDS for key in read)


def _issued(module: Module) -> Iterator[Hit]:
    for call in _public(module):
        claims = call.args[0] if call.args else argument(call, 0, "payload", "claims")
        if isinstance(claims, ast.Dict) and not _has(claims, "aud"):
            yield Hit(call, "The claims have no aud, and whoever knows the public key can check the signature.")


def _has(claims: ast.Dict, key: str) -> bool:
    return any(k is None or constant(k) == key for k in claims.keys)  # None: another mapping is merged in


def _public(module: Module) -> list[ast.Call]:
    """Tokens signed by a key pair: those that several services can read."""
    return [
        call
        for call in _encodes(module)
        if str(constant(argument(call, 2, "algorithm")))[:2] in {"RS", "PS", "ES", "Ed"}
    ]


def _count(
    find: Callable[[Module], list[ast.Call]] | Callable[[Module], list[tuple[str, ast.Call]]],
) -> Callable[[Module], int]:
    return lambda module: len(find(module))


READING = "calls that read tokens"
CHECKS = (
    check_code(ALGORITHMS, _algorithms, of=_count(_decodes), what=READING),
    check_code(HEADER_KEY, _header_key, of=_count(_decodes), what=READING),
    check_code(TIMES, _times, of=_count(_decodes), what=READING),
    check_code(AUDIENCE, _audience, of=_count(_decodes), what=READING),
    check_code(KIND, _kind, of=_count(_decodes), what=READING),
    check_code(ISSUED, _issued, of=_count(_public), what="calls that sign tokens with a key pair"),
)
