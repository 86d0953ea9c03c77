"""How this application speaks to others, and they to it: ciphers, client certificates, redirects, sign-in by OAuth."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hauberk.check.code.rule import Hit, check_code, code_rule
from hauberk.check.module import Function, Module, argument, constant

CIPHERS = code_rule(
    "tls-ciphers",
    "Broken cipher suites are switched on for TLS",
    "high",
    why="RC4, 3DES, NULL and export suites can be read; suites without forward secrecy can be read later.",
    fix="Leave the suites of ssl.create_default_context() alone.",
    cwe=(326, 327),
    asvs="12.1.2",
    top10="A04",
    docs="https://wiki.mozilla.org/Security/Server_Side_TLS",
)
CLIENTS = code_rule(
    "client-certificate",
    "Client certificates are asked for and not checked",
    "high",
    why="Any certificate that somebody made himself passes for the one that was expected.",
    fix="verify_mode = ssl.CERT_REQUIRED with your own authority; for uvicorn ssl_cert_reqs=ssl.CERT_REQUIRED.",
    cwe=(295,),
    asvs="12.1.3",
    top10="A07",
)
FOLLOWS = code_rule(
    "redirects-followed",
    "An address of a request is asked, and redirects from there are followed",
    "medium",
    why="A host that is allowed, or was a moment ago, sends the server on to the own network.",
    fix="Say follow_redirects=False (httpx) or allow_redirects=False (requests, aiohttp), and judge each step.",
    cwe=(918,),
    asvs="15.3.2",
    top10="A01",
)
STATE = code_rule(
    "oauth-state",
    "The answer of a sign-in is taken without a state or a proof of possession",
    "high",
    why="An attacker makes a visitor's browser finish the attacker's own sign-in, and so links accounts.",
    fix="Make a random state and a code verifier (PKCE) for each sign-in, keep them in the session, and compare.",
    cwe=(352,),
    asvs="10.2.1",
    top10="A07",
    docs="https://www.rfc-editor.org/rfc/rfc9700",
)
NONCE = code_rule(
    "oidc-nonce",
    "An ID token is taken without comparing its nonce",
    "medium",
    why="An ID token of another sign-in, stolen or one's own, is presented again.",
    fix="Send a random nonce with the sign-in, keep it in the session, and compare it with the claim.",
    cwe=(294, 346),
    asvs="10.5.1",
    top10="A07",
)
RECIPIENT = code_rule(
    "oidc-audience",
    "An ID token is taken without asking whom it was made for",
    "high",
    why="The token that another site got for the same user signs in here.",
    fix="Give audience= with this client's id, or compare the claim aud with it.",
    cwe=(346, 287),
    asvs="10.5.4",
    top10="A07",
)

WEAK = re.compile(
    r"(?<![!-])\b(RC4|3DES|DES|NULL|eNULL|aNULL|EXP|EXPORT|LOW|MD5|ADH|ALL|COMPLEMENTOFDEFAULT)\b|SECLEVEL=0",
    re.IGNORECASE,
)
FOLLOWING = {
    "requests": ("allow_redirects", True),
    "httpx": ("follow_redirects", False),
    "aiohttp": ("allow_redirects", True),
}
FOLLOWING |= {"httpx2": FOLLOWING["httpx"]}
"""Which keyword, and what it is when it is left out."""
VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "request", "stream"})


def _cipher_calls(module: Module) -> list[tuple[ast.Call, str]]:
    found = [(call, argument(call, 0)) for name, call in module.calls if name.endswith(".set_ciphers")]
    found += [(call, argument(call, -1, "ssl_ciphers", "ciphers")) for _, call in module.calls]
    return [(call, text) for call, node in found if isinstance(text := constant(node), str)]


def _ciphers(module: Module) -> Iterator[Hit]:
    for call, text in _cipher_calls(module):
        named = [part for part in re.split(r"[:, ]", text) if not part.startswith(("!", "-")) and WEAK.search(part)]
        if named:
            yield Hit(call, f"The suites {':'.join(named)} are switched on.")


def _client_places(module: Module) -> list[tuple[ast.AST, bool]]:
    """Where a server asks for client certificates, and whether it insists."""
    found: list[tuple[ast.AST, bool]] = []
    for _, call in module.calls:
        if argument(call, -1, "ssl_ca_certs") is not None:
            given = argument(call, -1, "ssl_cert_reqs")
            found.append((call, _required(module, given)))
    servers = {
        t.id
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and "CLIENT_AUTH" in ast.dump(node.value)
        for t in node.targets
        if isinstance(t, ast.Name)
    }
    return found + [
        (node, _required(module, node.value))
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and target.attr == "verify_mode" and _of(target.value, servers)
    ]


def _of(node: ast.expr, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _required(module: Module, node: ast.expr | None) -> bool:
    return node is not None and (constant(node) == 2 or module.name(node).endswith("CERT_REQUIRED"))


def _clients(module: Module) -> Iterator[Hit]:
    for node, insists in _client_places(module):
        if not insists:
            yield Hit(node, "A client's certificate is asked for, and a client without a trusted one gets in.")


def _asked(module: Module) -> list[tuple[ast.Call, bool]]:
    """Requests to an address with a request's value in it, and whether they follow redirects."""
    found = []
    for reached in module.tainted_calls:
        package, word = reached.name.partition(".")[0], reached.name.rpartition(".")[2]
        if package in FOLLOWING and word in VERBS:
            url = argument(reached.call, 1 if word == "request" else 0, "url")
            if url is not None and reached.holds(url):
                keyword, usual = FOLLOWING[package]
                given = argument(reached.call, -1, keyword)
                found.append((reached.call, usual if given is None else constant(given) is not False))
    return found


def _follows(module: Module) -> Iterator[Hit]:
    for call, follows in _asked(module):
        if follows:
            yield Hit(call, "Redirects are followed wherever they lead.")


def _callbacks(module: Module) -> list[Function]:
    """Handlers that exchange the code of an authorisation server for a token."""
    return [f for f in module.functions if any("authorization_code" in text for text in _texts(f))]


def _texts(function: Function) -> list[str]:
    """Texts and names in a function."""
    found = [str(n.value) for n in ast.walk(function) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    found += [n.id for n in ast.walk(function) if isinstance(n, ast.Name)]
    found += [n.attr for n in ast.walk(function) if isinstance(n, ast.Attribute)]
    found += [n.arg for n in ast.walk(function) if isinstance(n, ast.arg)]
    return found + [n.arg for n in ast.walk(function) if isinstance(n, ast.keyword) and n.arg]


def _state(module: Module) -> Iterator[Hit]:
    for function in _callbacks(module):
        if not {"state", "code_verifier"} & set(_texts(function)):
            yield Hit(
                function, f"{function.name}() exchanges a code, and looks at no state and sends no code_verifier."
            )


def _id_tokens(module: Module) -> list[tuple[Function, ast.Call]]:
    """Where an ID token is read: a decoder in a function that names one."""
    return [
        (function, node)
        for function in module.functions
        if any("id_token" in text for text in _texts(function))
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and module.name(node.func) in {"jwt.decode", "jose.jwt.decode"}
    ]


def _nonce(module: Module) -> Iterator[Hit]:
    for function, call in _id_tokens(module):
        if "nonce" not in _texts(function):
            yield Hit(call, f"{function.name}() reads an ID token and compares no nonce.")


def _recipient(module: Module) -> Iterator[Hit]:
    for function, call in _id_tokens(module):
        options = constant(argument(call, -1, "options"))
        off = isinstance(options, dict) and options.get("verify_aud") is False
        if off or (argument(call, -1, "audience") is None and "aud" not in _texts(function)):
            yield Hit(call, f"{function.name}() reads an ID token whoever it was made for.")


CHECKS = (
    check_code(CIPHERS, _ciphers, of=lambda m: len(_cipher_calls(m)), what="places that choose cipher suites"),
    check_code(CLIENTS, _clients, of=lambda m: len(_client_places(m)), what="servers that ask for client certificates"),
    check_code(FOLLOWS, _follows, of=lambda m: len(_asked(m)), what="requests to an address that a client names"),
    check_code(STATE, _state, of=lambda m: len(_callbacks(m)), what="handlers that exchange an authorisation code"),
    check_code(NONCE, _nonce, of=lambda m: len(_id_tokens(m)), what="places that read an ID token"),
    check_code(RECIPIENT, _recipient, of=lambda m: len(_id_tokens(m)), what="places that read an ID token"),
)
