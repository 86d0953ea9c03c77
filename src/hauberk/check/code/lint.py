"""Ruff's security rules (`S`), gathered into rules of ours and mapped to the standards.

Generic faults of Python code are what ruff finds well and fast, so nothing of it is written again here. Which of its
rules count, under which heading, how bad and how sure, is our judgement; its rules about imports and about `assert` are
left out, because an import or an assertion is no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from hauberk.check.facts import Facts
from hauberk.check.verdict import Check, fail, not_applicable, passed, review
from hauberk.core.finding import Confidence, Finding, Rule, Severity

DOCS = "https://docs.astral.sh/ruff/rules/#flake8-bandit-s"


def _rule(
    name: str,
    title: str,
    severity: Severity,
    why: str,
    fix: str,
    cwe: tuple[int, ...],
    asvs: str,
    top10: str,
) -> Rule:
    return Rule(
        id=f"check.code-{name}",
        title=title,
        severity=severity,
        why=why,
        fix=fix,
        cwe=cwe,
        asvs=tuple(f"v5.0.0-{number}" for number in asvs.split()),
        top10=tuple(f"{number}:2025" for number in top10.split()),
        docs=DOCS,
    )


GROUPS: tuple[tuple[Rule, str, Confidence], ...] = (
    (
        _rule(
            "eval",
            "Text is run as code",
            "high",
            "Whoever reaches the text runs what he likes in this process.",
            "Parse the text: ast.literal_eval, json.loads, a table of functions by name.",
            (95,),
            "1.3.2",
            "A05",
        ),
        "S102 S307",
        "firm",
    ),
    (
        _rule(
            "deserialisation",
            "Data is read by a format that can run code",
            "high",
            "Pickle, marshal and full YAML make any object their author wants, and calls with it.",
            "Read JSON or msgpack; for YAML, yaml.safe_load.",
            (502,),
            "1.5.2",
            "A08",
        ),
        "S301 S302 S506",
        "firm",
    ),
    (
        _rule(
            "xml",
            "XML is parsed by a parser that expands entities",
            "medium",
            "A small document can grow to gigabytes, and with some parsers reads files and addresses of the server.",
            "Parse it with defusedxml.",
            (611,),
            "1.5.1",
            "A02",
        ),
        "S313 S314 S315 S316 S317 S318 S319",
        "firm",
    ),
    (
        _rule(
            "weak-hash",
            "A broken hash function is used",
            "medium",
            "Collisions of MD5 and SHA-1 are made at will, so what is compared by them can be forged.",
            "Use SHA-256 or BLAKE2; where nothing depends on it, say usedforsecurity=False.",
            (327, 328),
            "11.4.1 11.4.3",
            "A04",
        ),
        "S303 S324",
        "firm",
    ),
    (
        _rule(
            "weak-cipher",
            "A broken cipher or mode is used",
            "high",
            "DES, RC4, Blowfish and ECB give their content away.",
            "Use AES-GCM or ChaCha20-Poly1305 of `cryptography`.",
            (327,),
            "11.3.1 11.3.2",
            "A04",
        ),
        "S304 S305",
        "firm",
    ),
    (
        _rule(
            "weak-key",
            "A key is too short",
            "high",
            "Short keys of RSA, DSA and elliptic curves can be factored or solved.",
            "Use RSA from 3072 bits, or Ed25519.",
            (326,),
            "11.2.3 11.6.1",
            "A04",
        ),
        "S505",
        "certain",
    ),
    (
        _rule(
            "random",
            "Randomness that can be predicted",
            "low",
            "After a few values the rest is known; a token or password made this way is public.",
            "Use the module secrets for everything that must not be guessed.",
            (338,),
            "11.5.1",
            "A04",
        ),
        "S311",
        "tentative",
    ),
    (
        _rule(
            "tls-unverified",
            "The other side's identity is not checked",
            "high",
            "Anybody on the way can read and change the traffic.",
            "Leave verification on; give a private authority's certificate by verify=, cafile= or known_hosts.",
            (295,),
            "12.3.2",
            "A07",
        ),
        "S323 S501 S507",
        "certain",
    ),
    (
        _rule(
            "tls-old",
            "A protocol version is used that is broken",
            "high",
            "SSL, TLS 1.0 and 1.1 and SNMP before version 3 can be read or changed on the way.",
            "Use ssl.create_default_context() and leave its versions alone.",
            (327,),
            "12.1.1",
            "A04",
        ),
        "S502 S503 S504 S508 S509",
        "certain",
    ),
    (
        _rule(
            "cleartext",
            "A protocol without encryption is used",
            "high",
            "Passwords and content of telnet and FTP are read by anybody on the way.",
            "Use SSH, SFTP or HTTPS.",
            (319,),
            "12.3.1",
            "A04",
        ),
        "S312 S321",
        "firm",
    ),
    (
        _rule(
            "shell",
            "A command line is put together for a shell",
            "medium",
            "If any part of it comes from outside, so does the command.",
            'Give a list of arguments and no shell: subprocess.run(["tool", "--", name]).',
            (78,),
            "1.2.5",
            "A05",
        ),
        "S601 S602 S604 S605 S609",
        "tentative",
    ),
    (
        _rule(
            "sql",
            "A query is put together from text",
            "medium",
            "If any part of it comes from outside, it can change what the query does.",
            "Bind parameters; choose names of columns from a fixed set.",
            (89,),
            "1.2.4",
            "A05",
        ),
        "S608 S610 S611",
        "tentative",
    ),
    (
        _rule(
            "markup",
            "Text is declared to be safe markup",
            "medium",
            "If any part of it comes from outside, it is script in everybody's browser.",
            "Let the template escape it; build markup with format_html, or Markup('...{}').format(text).",
            (79,),
            "1.1.2 1.2.1",
            "A05",
        ),
        "S308 S701 S702 S704",
        "tentative",
    ),
    (
        _rule(
            "password",
            "A password stands in the code",
            "medium",
            "Everybody who ever sees the repository has it, and it is the same everywhere.",
            "Read it from the environment or a vault, and fail without it.",
            (259, 798),
            "13.3.1 13.2.3",
            "A07",
        ),
        "S105 S106 S107",
        "tentative",
    ),
    (
        _rule(
            "extract",
            "An archive is unpacked without looking",
            "high",
            "Names in it can lead out of the folder, and a small archive can fill the disk.",
            'Give filter="data", and count what it holds first.',
            (22,),
            "5.3.2",
            "A01",
        ),
        "S202",
        "firm",
    ),
    (
        _rule(
            "timeout",
            "A request waits without end",
            "medium",
            "A silent other side holds a worker for ever, until none is left.",
            "Give timeout= to every request.",
            (400,),
            "15.2.2",
            "A10",
        ),
        "S113",
        "certain",
    ),
    (
        _rule(
            "url-open",
            "An address is opened whatever its scheme",
            "low",
            "file:, ftp: and addresses of the own network are opened like any other.",
            "Check scheme and host against a list first, or use an HTTP client.",
            (918,),
            "1.3.6",
            "A01",
        ),
        "S310",
        "tentative",
    ),
    (
        _rule(
            "permissions",
            "A file is made writable or executable for everybody",
            "medium",
            "Any account of the machine can change what this one runs or reads.",
            "Give 0o600 or 0o640.",
            (732,),
            "",
            "A01",
        ),
        "S103",
        "firm",
    ),
    (
        _rule(
            "temporary",
            "A temporary file has a name that can be foreseen",
            "low",
            "Another account of the machine can put a link there first.",
            "Use tempfile.NamedTemporaryFile or mkstemp.",
            (377,),
            "",
            "A01",
        ),
        "S108 S306",
        "tentative",
    ),
    (
        _rule(
            "swallowed",
            "Every error is swallowed",
            "low",
            "A check that failed looks like one that passed, and nobody hears of it.",
            "Catch what is expected, and log the rest.",
            (703, 755),
            "16.5.3",
            "A10",
        ),
        "S110 S112",
        "tentative",
    ),
    (
        _rule(
            "log-listener",
            "Logging is configured from a socket",
            "high",
            "Whoever reaches the port runs code: the configuration is evaluated.",
            "Read the configuration from a file.",
            (94,),
            "1.3.2",
            "A05",
        ),
        "S612",
        "certain",
    ),
)

RULE_OF: Mapping[str, tuple[Rule, Confidence]] = MappingProxyType(
    {code: (rule, confidence) for rule, codes, confidence in GROUPS for code in codes.split()}
)
"""Ruff's code to the rule of ours that it counts for, and how sure it is."""


def _judge(rule: Rule) -> Callable[[Facts], Iterator[Finding]]:
    def judge(facts: Facts) -> Iterator[Finding]:
        if facts.lint is None:
            yield not_applicable(
                rule, 'ruff did not read the code. Where it is not installed: pip install "hauberk[check]".'
            )
            return
        hits = [hit for hit in facts.lint.hits if RULE_OF[hit.code][0] is rule]
        for number, hit in enumerate(hits):
            said = f"{hit.text}: `{hit.excerpt}`" if hit.excerpt else f"{hit.text}."
            key = f"{hit.code} {hit.excerpt or number}"
            confidence = RULE_OF[hit.code][1]
            if confidence == "tentative":  # whether it is a fault depends on where its parts come from
                yield review(rule, hit.where, said, key=key)
            else:
                yield fail(rule, hit.where, said, key=key, confidence=confidence, evidence={"ruff": hit.code})
        if not hits:
            said = f"Nothing of the kind in {facts.lint.files} files of the application's own."
            yield passed(rule, said, confidence="firm")

    return judge


CHECKS = tuple(Check(rule, _judge(rule)) for rule, _, _ in GROUPS)
