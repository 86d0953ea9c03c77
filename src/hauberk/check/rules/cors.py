"""Cross-origin resource sharing: who may read answers with the user's credentials (Fetch, section 3.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hauberk.check.facts import CORSFacts, Facts
from hauberk.check.verdict import Check, fail, not_applicable, passed, unknown
from hauberk.core.finding import Finding, Rule

DOCS = "https://cheatsheetseries.owasp.org/cheatsheets/HTML5_Security_Cheat_Sheet.html"
ANY = Rule(
    id="check.cors-any-origin",
    title="Every origin may read the answers",
    severity="medium",
    why="Pages of any site read what the API answers; inside a company that includes what only its network reaches.",
    fix="List the origins that need it, with scheme and port.",
    cwe=(942,),
    asvs=("v5.0.0-3.4.2",),
    top10=("A02:2025",),
    docs=DOCS,
)
CREDENTIALS = Rule(
    id="check.cors-credentials",
    title="Every origin may read answers with the user's cookies",
    severity="high",
    why="Any page that a signed-in user visits reads his data and acts in his name.",
    fix="Allow credentials to listed origins only, or to none.",
    cwe=(942, 346),
    asvs=("v5.0.0-3.4.2",),
    top10=("A02:2025", "A07:2025"),
    docs=DOCS,
)
NULL = Rule(
    id="check.cors-null",
    title="The origin null is allowed",
    severity="medium",
    why="Any site gets the origin null by a sandboxed frame, so it stands for everybody.",
    fix="Take null out of the list; for local files serve them from a local server.",
    cwe=(942, 346),
    asvs=("v5.0.0-3.4.2",),
    top10=("A02:2025", "A07:2025"),
    docs=DOCS,
)
PATTERN = Rule(
    id="check.cors-pattern",
    title="An origin pattern matches hosts of strangers",
    severity="high",
    why="An attacker registers a host that the pattern takes for yours.",
    fix=r"Escape dots, put a dot before the domain, and end with $: ^https://([a-z0-9-]+\.)?example\.com$",
    cwe=(942, 625, 1286),
    asvs=("v5.0.0-3.4.2",),
    top10=("A02:2025",),
    docs=DOCS,
)
HTTP = Rule(
    id="check.cors-http",
    title="An origin without TLS is allowed",
    severity="low",
    why="Whoever sits in the network writes into that origin's pages and reads the answers from there.",
    fix="Allow the https origin only.",
    cwe=(319, 942),
    asvs=("v5.0.0-3.4.2", "v5.0.0-12.2.1"),
    top10=("A04:2025", "A02:2025"),
)

STRANGERS = (
    "https://attacker.test",
    "https://attacker.example",
    "https://attacker.com",
    "https://a.b.attacker.net:8443",
)
LOOPBACK = re.compile(r"https?://(localhost|127\.|\[::1\]|0\.0\.0\.0|[^/]*\.localhost)")
WILD = re.compile(r"(?:\.\*|\.\+|\\[wSD][*+]|\[[^\]]*\][*+])\??\)?(?P<tail>(?:[A-Za-z0-9-]|\\?\.)+)")
RAW_DOT = re.compile(r"[A-Za-z0-9)]\.(?=[A-Za-z]{2,})")


def any_origin(facts: Facts) -> Iterator[Finding]:
    """`*` without credentials."""
    for cors, finding in _each(ANY, facts):
        if finding is not None:
            yield finding
        elif cors.any_origin and not cors.credentials:
            yield fail(ANY, cors.where, f"{cors.name} allows the origin *.", evidence={"origins": list(cors.origins)})
        else:
            yield passed(ANY, f"{cors.name} does not allow * by itself.", cors.where)


def credentials(facts: Facts) -> Iterator[Finding]:
    """Everybody, and with credentials."""
    for cors, finding in _each(CREDENTIALS, facts):
        everybody = cors.any_origin or any(_matched(cors, origin) for origin in STRANGERS)
        if finding is not None:
            yield finding
        elif not (cors.credentials and everybody):
            yield passed(CREDENTIALS, f"{cors.name} does not give credentials to every origin.", cors.where)
        elif cors.reflects or not cors.any_origin:
            message = f"{cors.name} answers any origin by name and allows credentials to it."
            yield fail(CREDENTIALS, cors.where, message, evidence={"origins": list(cors.origins)})
        else:
            message = (
                f"{cors.name} allows * with credentials; browsers refuse that pair, and somebody will 'repair' it."
            )
            yield fail(CREDENTIALS, cors.where, message, severity="medium")


def null(facts: Facts) -> Iterator[Finding]:
    """`null` by name or by pattern."""
    for cors, finding in _each(NULL, facts):
        if finding is not None:
            yield finding
        elif "null" in cors.origins or (not any(_matched(cors, o) for o in STRANGERS) and _matched(cors, "null")):
            yield fail(NULL, cors.where, f"{cors.name} allows the origin null.")
        else:
            yield passed(NULL, f"{cors.name} does not list the origin null.", cors.where)


def pattern(facts: Facts) -> Iterator[Finding]:
    """What a pattern takes for one of ours."""
    for cors, finding in _each(PATTERN, facts):
        if finding is not None:
            yield finding
            continue
        bad = [(text, problem) for text in cors.patterns if (problem := loose(text, anchored=cors.anchored))]
        for text, problem in bad:
            message = f"{cors.name} compares origins with {text!r}, which {problem}."
            yield fail(PATTERN, cors.where, message, key=text, evidence={"pattern": text})
        if not bad:
            how = f"{len(cors.patterns)} patterns, none of which matches a stranger" if cors.patterns else "no pattern"
            yield passed(PATTERN, f"{cors.name} uses {how}.", cors.where, confidence="firm")


def plain_http(facts: Facts) -> Iterator[Finding]:
    """Origins that anybody in the network can write into; loopback is not the network."""
    for cors, finding in _each(HTTP, facts):
        if finding is not None:
            yield finding
            continue
        plain = [o for o in cors.origins if o.startswith("http://") and not LOOPBACK.match(o)]
        for origin in plain:
            yield fail(HTTP, cors.where, f"{cors.name} allows {origin}.", key=origin, evidence={"origin": origin})
        if not plain:
            yield passed(HTTP, f"{cors.name} lists no origin without TLS.", cors.where)


def loose(text: str, *, anchored: bool) -> str:
    """How a pattern matches strangers, in words that follow `which`; empty if no way was found."""
    try:
        compiled = re.compile(text, re.IGNORECASE)
    except re.error:
        return "is not a regular expression"
    match = compiled.fullmatch if anchored else compiled.match
    if any(match(origin) for origin in STRANGERS):
        return "matches any host"
    for wild in WILD.finditer(text):
        tail = wild["tail"].replace("\\", "")
        # `.*example.com` takes attackerexample.com; `.*\.example.com` and `.*staging.example.com` need the domain.
        labels = tail.strip(".").split(".")
        if not tail.startswith(".") and len(labels) == 2 and match(stranger := f"https://attacker{tail}"):
            return f"matches {stranger}"
        if len(labels) == 1 and tail.startswith(".") and match(stranger := f"https://attacker{tail}"):
            return f"matches {stranger}"
    if RAW_DOT.search(re.sub(r"\[[^\]]*\]", "", text)):
        return "has an unescaped dot, so that another letter may stand there"
    if not anchored and not re.search(r"(?<!\\)\$\)?$|\\Z\)?$", text):
        return "is not anchored at its end, so that the host may go on: https://example.com.attacker.test"
    return ""


def _matched(cors: CORSFacts, origin: str) -> bool:
    for text in cors.patterns:
        try:
            compiled = re.compile(text, re.IGNORECASE)
        except re.error:
            continue
        if (compiled.fullmatch if cors.anchored else compiled.match)(origin):
            return True
    return False


def _each(rule: Rule, facts: Facts) -> Iterator[tuple[CORSFacts, Finding | None]]:
    """Every CORS configuration; or one finding where there is none to judge."""
    if facts.cors is None:
        yield CORSFacts(), unknown(rule, facts, "whether answers are shared across origins")
    elif not facts.cors:
        yield CORSFacts(), not_applicable(rule, "Nothing is shared across origins: there is no CORS configuration.")
    for cors in facts.cors or ():
        yield cors, None


CHECKS = (
    Check(ANY, any_origin),
    Check(CREDENTIALS, credentials),
    Check(NULL, null),
    Check(PATTERN, pattern),
    Check(HTTP, plain_http),
)
