"""What `hauberk headers` judges: one rule for each test of the Observatory, and one for what browsers ignore."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hauberk.core.finding import Rule

DOCS = "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/"


def _rule(test: str, title: str, why: str, fix: str, *, cwe: int, asvs: str, top10: str, docs: str) -> Rule:
    return Rule(
        id=f"headers.{test}",
        title=title,
        severity="medium",
        why=why,
        fix=fix,
        cwe=(cwe,),
        asvs=(asvs,),
        top10=(top10,),
        docs=docs,
    )


TESTS: Mapping[str, Rule] = MappingProxyType(
    {
        "content-security-policy": _rule(
            "content-security-policy",
            "Content-Security-Policy is missing or too wide",
            "What an attacker injects into a page runs with the visitor's rights.",
            "hauberk: csp=CSP(). By hand: Content-Security-Policy: default-src 'none'; script-src 'nonce-...' "
            "'strict-dynamic'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
            "frame-ancestors 'none'",
            cwe=693,
            asvs="v5.0.0-3.4.3",
            top10="A02:2025",
            docs=DOCS + "Content-Security-Policy",
        ),
        "cookies": _rule(
            "cookies",
            "Cookies lack Secure, HttpOnly or SameSite",
            "The cookie goes over http, is read by an injected script, or comes along when another site asks.",
            "hauberk: cookies=Cookies(). By hand: Set-Cookie: __Host-name=...; Path=/; Secure; HttpOnly; SameSite=Lax",
            cwe=614,
            asvs="v5.0.0-3.3.1",
            top10="A02:2025",
            docs=DOCS + "Set-Cookie",
        ),
        "cross-origin-embedder-policy": _rule(
            "cross-origin-embedder-policy",
            "Cross-Origin-Embedder-Policy is malformed",
            "Browsers ignore it, so the page is not isolated from what it embeds.",
            "hauberk: coep=COEP(). By hand: Cross-Origin-Embedder-Policy: require-corp",
            cwe=346,
            asvs="v5.0.0-3.5.8",
            top10="A02:2025",
            docs=DOCS + "Cross-Origin-Embedder-Policy",
        ),
        "cross-origin-opener-policy": _rule(
            "cross-origin-opener-policy",
            "Cross-Origin-Opener-Policy is malformed",
            "Browsers ignore it, so windows of other sites keep a handle on ours.",
            "hauberk: coop=COOP(). By hand: Cross-Origin-Opener-Policy: same-origin",
            cwe=346,
            asvs="v5.0.0-3.4.8",
            top10="A02:2025",
            docs=DOCS + "Cross-Origin-Opener-Policy",
        ),
        "cross-origin-resource-policy": _rule(
            "cross-origin-resource-policy",
            "Cross-Origin-Resource-Policy is malformed",
            "Browsers ignore it, so every site may embed what we serve.",
            "hauberk: corp=CORP(). By hand: Cross-Origin-Resource-Policy: same-origin",
            cwe=346,
            asvs="v5.0.0-3.5.8",
            top10="A02:2025",
            docs=DOCS + "Cross-Origin-Resource-Policy",
        ),
        "cross-origin-resource-sharing": _rule(
            "cross-origin-resource-sharing",
            "Every site may read answers with the user's credentials",
            "Any page that the user visits reads his data here.",
            "Name the origins that may read: hauberk: cors=CORS(origins=('https://app.example',)).",
            cwe=942,
            asvs="v5.0.0-3.4.2",
            top10="A02:2025",
            docs=DOCS + "Access-Control-Allow-Origin",
        ),
        "redirection": _rule(
            "redirection",
            "http does not lead to https",
            "Who sits between browser and server reads and changes what goes over http.",
            "Redirect every http address to the same one with https, at the proxy or here (hauberk: https=HTTPS()).",
            cwe=319,
            asvs="v5.0.0-12.2.1",
            top10="A04:2025",
            docs="https://cheatsheetseries.owasp.org/cheatsheets/Transport_Layer_Security_Cheat_Sheet.html",
        ),
        "referrer-policy": _rule(
            "referrer-policy",
            "Referrer-Policy gives addresses away",
            "Addresses with ids and tokens in them are told to other sites.",
            "hauberk: referrer_policy=ReferrerPolicy(). By hand: Referrer-Policy: strict-origin-when-cross-origin",
            cwe=200,
            asvs="v5.0.0-3.4.5",
            top10="A01:2025",
            docs=DOCS + "Referrer-Policy",
        ),
        "strict-transport-security": _rule(
            "strict-transport-security",
            "Strict-Transport-Security is missing or too short",
            "Who sits between browser and server can keep a visitor on http and read along.",
            "hauberk: hsts=HSTS(). By hand: Strict-Transport-Security: max-age=31536000; includeSubDomains",
            cwe=319,
            asvs="v5.0.0-3.4.1",
            top10="A04:2025",
            docs=DOCS + "Strict-Transport-Security",
        ),
        "subresource-integrity": _rule(
            "subresource-integrity",
            "Scripts of other sites run unchecked",
            "Who gets hold of the other site, or of the way to it, runs his script in ours.",
            'Serve the script yourself, or write <script src="https://..." integrity="sha384-..." '
            'crossorigin="anonymous">.',
            cwe=353,
            asvs="v5.0.0-3.6.1",
            top10="A08:2025",
            docs="https://developer.mozilla.org/docs/Web/Security/Subresource_Integrity",
        ),
        "x-content-type-options": _rule(
            "x-content-type-options",
            "No X-Content-Type-Options: nosniff",
            "A browser may take an upload or an API's answer for a script or a page.",
            "hauberk: content_type_options=ContentTypeOptions(). By hand: X-Content-Type-Options: nosniff",
            cwe=693,
            asvs="v5.0.0-3.4.4",
            top10="A02:2025",
            docs=DOCS + "X-Content-Type-Options",
        ),
        "x-frame-options": _rule(
            "x-frame-options",
            "Any site may show the page in a frame",
            "An attacker lays the page invisibly over his own, and the visitor's clicks do what he did not mean.",
            "hauberk: csp=CSP() and frame_options=FrameOptions(). By hand: Content-Security-Policy: "
            "frame-ancestors 'self', and X-Frame-Options: SAMEORIGIN",
            cwe=1021,
            asvs="v5.0.0-3.4.6",
            top10="A06:2025",
            docs=DOCS + "X-Frame-Options",
        ),
    }
)
"""By the Observatory's name of the test. The severity of a finding follows from its points."""

IGNORED = Rule(
    id="headers.ignored",
    title="Header that browsers ignore",
    severity="low",
    why="Who sent it believes that it protects; nothing in a browser does what it says.",
    fix="Send a value that browsers know, once; leave out what is obsolete.",
    cwe=(693,),
    asvs=("v5.0.0-3.4.4",),
    top10=("A02:2025",),
    docs="https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers",
)

RULES: tuple[Rule, ...] = (*TESTS.values(), IGNORED)
"""Everything that `hauberk headers` judges besides rules of the scan."""
