"""Keeping secrets: what is written to the log, and cryptography of one's own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from hauberk.check.code.rule import Hit, check_code, code_rule
from hauberk.check.module import Module, constant

LOG_SECRET = code_rule(
    "log-secret",
    "A password or token is written to the log",
    "medium",
    why="Logs are read by more people, and kept longer, than the table of passwords.",
    fix="Leave it out; log the account's name, or the first characters of a hash.",
    cwe=(532,),
    asvs="16.2.5",
    top10="A09",
)
HOME_MADE = code_rule(
    "home-made-crypto",
    "Cryptography is home-made or of an abandoned library",
    "high",
    why="What nobody attacked in public for years falls at the first look.",
    fix="Use `cryptography`: Fernet, AESGCM, ChaCha20Poly1305.",
    cwe=(327, 1240),
    asvs="11.2.1",
    top10="A04",
)
LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "exception", "log"})
SECRET = re.compile(
    r"^(password|passwd|pwd|new_password|secret|token|access_token|refresh_token|api_key|otp|cvv|card_number|ssn)$",
    re.IGNORECASE,
)
ABANDONED = frozenset(
    {"pyDes", "pyaes", "simplecrypt", "rsa", "tinyec", "ecdsa", "Crypto", "blowfish", "rc4", "slowaes", "xxtea"}
)
CIPHERING = re.compile(r"^_?(en|de)(crypt|cipher)|xor_?(bytes|crypt|cipher)|(crypt|cipher)$", re.IGNORECASE)


def _logs(module: Module) -> list[tuple[str, ast.Call]]:
    return [
        (name, call)
        for name, call in module.calls
        if name.rpartition(".")[2] in LEVELS
        and name.rpartition(".")[0].lower().endswith(("logging", "logger", "log", "getlogger()"))
    ]


def _log_secret(module: Module) -> Iterator[Hit]:
    for name, call in _logs(module):
        for node in (part for a in (*call.args, *(k.value for k in call.keywords)) for part in ast.walk(a)):
            word = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            if isinstance(node, ast.Subscript):
                key = constant(node.slice)
                word = key if isinstance(key, str) else ""
            if word and SECRET.match(word) and not _measured(call, node):
                yield Hit(call, f"{name}() writes {word}.")
                break


def _measured(call: ast.Call, node: ast.AST) -> bool:
    """Whether only something about it is written: its length, whether it is there, a hash of it."""
    return any(
        isinstance(outer, ast.Call | ast.Compare)
        and outer is not call
        and any(part is node for part in ast.walk(outer))
        for outer in ast.walk(call)
    )


def _ciphering(module: Module) -> list[ast.AST]:
    found: list[ast.AST] = [f for f in module.functions if CIPHERING.search(f.name)]
    used = any(n.partition(".")[0] in {"cryptography", "nacl", "hauberk"} for n in module.imports.values())
    return found + [module.tree] * (used or any(n.partition(".")[0] in ABANDONED for n in module.imports.values()))


def _home_made(module: Module) -> Iterator[Hit]:
    for node in ast.walk(module.tree):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        if bad := [n for n in names if n.partition(".")[0] in ABANDONED]:
            yield Hit(
                node,
                f"{bad[0].partition('.')[0]} is no library whose cryptography is examined.",
                sure=bad[0].partition(".")[0] != "Crypto",
            )
    for function in module.functions:
        xor = [n for n in ast.walk(function) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.BitXor)]
        if xor and CIPHERING.search(function.name):
            yield Hit(function, f"{function.name}() ciphers by exclusive or.")


CHECKS = (
    check_code(LOG_SECRET, _log_secret, of=lambda m: len(_logs(m)), what="places that write to the log"),
    check_code(HOME_MADE, _home_made, of=lambda m: len(_ciphering(m)), what="places that cipher"),
)
