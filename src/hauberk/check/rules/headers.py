"""Response headers that somebody must send: hauberk, the framework, a middleware of the application."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hauberk.check.facts import Facts, HeaderFacts
from hauberk.check.verdict import Check, fail, passed, unknown
from hauberk.core.finding import Confidence, Finding, Rule

MDN = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/"
CSP = Rule(
    id="check.csp",
    title="No Content-Security-Policy",
    severity="medium",
    why="A script that gets into a page runs with nothing in its way.",
    fix="Send a policy with nonces or hashes; `hauberk.protect(app)` sends one.",
    cwe=(693, 79),
    asvs=("v5.0.0-3.4.3",),
    top10=("A06:2025", "A05:2025"),
    docs=MDN + "Content-Security-Policy",
)
FRAMES = Rule(
    id="check.framing",
    title="Any site may show the pages in a frame",
    severity="medium",
    why="A user is made to click on what he does not see (clickjacking).",
    fix="Send frame-ancestors 'self' in the Content-Security-Policy, and X-Frame-Options for old browsers.",
    cwe=(1021,),
    asvs=("v5.0.0-3.4.6",),
    top10=("A06:2025",),
    docs=MDN + "X-Frame-Options",
)
FRAMING_EXEMPT = Rule(
    id="check.framing-exempt",
    title="A view may be framed by any site",
    severity="low",
    why="What is clicked there is clicked for whoever made the page around it (clickjacking).",
    fix="Take the exemption away, or name the sites that may: frame-ancestors https://partner.example.",
    cwe=(1021,),
    asvs=("v5.0.0-3.4.6",),
    top10=("A06:2025",),
    docs=MDN + "X-Frame-Options",
)
NOSNIFF = Rule(
    id="check.nosniff",
    title="Browsers may guess the type of an answer",
    severity="low",
    why="An uploaded text or picture is taken for a page or a script.",
    fix="Send X-Content-Type-Options: nosniff",
    cwe=(430, 693),
    asvs=("v5.0.0-3.4.4",),
    top10=("A06:2025",),
    docs=MDN + "X-Content-Type-Options",
)
REFERRER = Rule(
    id="check.referrer-policy",
    title="No Referrer-Policy",
    severity="low",
    why="Addresses with tokens or personal data in them go to other sites, as far as the browser's default lets them.",
    fix="Send Referrer-Policy: strict-origin-when-cross-origin, or no-referrer",
    cwe=(200,),
    asvs=("v5.0.0-3.4.5",),
    top10=("A01:2025",),
    docs=MDN + "Referrer-Policy",
)
COOP = Rule(
    id="check.opener-policy",
    title="No Cross-Origin-Opener-Policy",
    severity="low",
    why="A site that opens a page in a window keeps a handle on it: it navigates it elsewhere and watches it.",
    fix="Send Cross-Origin-Opener-Policy: same-origin",
    cwe=(346,),
    asvs=("v5.0.0-3.4.8",),
    top10=("A07:2025",),
    docs=MDN + "Cross-Origin-Opener-Policy",
)

UNSAFE_REFERRER = {"unsafe-url", "no-referrer-when-downgrade"}


def _csp(value: str) -> str:
    return "" if value.strip() else "is empty"


def _nosniff(value: str) -> str:
    return "" if value.strip().lower() == "nosniff" else "is not nosniff"


def _frames(value: str) -> str:
    known = value.strip().upper() in {"DENY", "SAMEORIGIN"}
    return "" if known else "is neither DENY nor SAMEORIGIN, so browsers ignore it"


def _referrer(value: str) -> str:
    """The last value that a browser knows counts (Referrer Policy, section 8.1)."""
    last = value.split(",")[-1].strip().lower()
    return f"is {last}, which sends whole addresses" if last in UNSAFE_REFERRER else ""


def _coop(value: str) -> str:
    return "is unsafe-none" if value.strip().lower() == "unsafe-none" else ""


def _judge(facts: Facts, rule: Rule, title: str, problem: Callable[[str], str]) -> Iterator[Finding]:
    header = facts.headers.get(title.lower())
    if header is None:
        yield unknown(rule, facts, f"whether {title} is sent")
    elif not header.sent:
        setting = f" ({header.by})" * bool(header.by)
        yield fail(rule, header.where, f"Nothing in the application sends {title}{setting}.", confidence="firm")
    elif header.value is not None and (wrong := problem(header.value)):
        yield fail(rule, header.where, f"{title}, sent by {header.by}, {wrong}.", evidence={"value": header.value})
    else:
        yield _sent(rule, title, header)


def _sent(rule: Rule, title: str, header: HeaderFacts) -> Finding:
    confidence: Confidence = "firm" if header.guessed else "certain"
    return passed(rule, f"{header.by} sends {title}.", header.where, confidence=confidence)


def framing(facts: Facts) -> Iterator[Finding]:
    """Either header will do; frame-ancestors is the one that counts where both are sent (CSP3, section 6.4.2)."""
    policy = facts.headers.get("content-security-policy")
    if policy is not None and policy.sent and "frame-ancestors" in (policy.value or ""):
        yield _sent(FRAMES, "frame-ancestors in its Content-Security-Policy", policy)
    else:
        yield from _judge(facts, FRAMES, "X-Frame-Options", _frames)


def exempt(facts: Facts) -> Iterator[Finding]:
    """Views that somebody left out."""
    if facts.framing_exempt is None:
        yield unknown(FRAMING_EXEMPT, facts, "which views may be framed")
        return
    for view in facts.framing_exempt:
        message = f"{view.value} is exempt by {view.name}."
        yield fail(
            FRAMING_EXEMPT, view.where, message, key=view.value, confidence="firm", evidence={"view": view.value}
        )
    if not facts.framing_exempt:
        yield passed(FRAMING_EXEMPT, "No view is left out.")


def _check(rule: Rule, title: str, problem: Callable[[str], str]) -> Check:
    return Check(rule, lambda facts: _judge(facts, rule, title, problem))


CHECKS = (
    _check(CSP, "Content-Security-Policy", _csp),
    Check(FRAMES, framing),
    Check(FRAMING_EXEMPT, exempt),
    _check(NOSNIFF, "X-Content-Type-Options", _nosniff),
    _check(REFERRER, "Referrer-Policy", _referrer),
    _check(COOP, "Cross-Origin-Opener-Policy", _coop),
)
