"""What each result of the Observatory is worth, and what it means in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Meaning:
    """Points in version 6, a sentence, and the points in version 4 where they differ."""

    points: int
    sentence: str
    points_4: int | None = None

    def in_version(self, algorithm: int) -> int:
        """The points in that version of the algorithm."""
        return self.points_4 if algorithm < 6 and self.points_4 is not None else self.points


CSP: dict[str, Meaning] = {
    "csp-implemented-with-no-unsafe-default-src-none": Meaning(
        10, "Nothing is allowed that is not named, and nothing unsafe is."
    ),
    "csp-implemented-with-no-unsafe": Meaning(5, "Nothing unsafe is allowed; default-src is not 'none'."),
    "csp-implemented-with-unsafe-inline-in-style-src-only": Meaning(
        0, "Styles may come from anywhere or be written inline; scripts are held."
    ),
    "csp-implemented-but-duplicate-directives": Meaning(
        0, "The policy is sound, but says twice where reports go; browsers read the first."
    ),
    "csp-implemented-with-insecure-scheme-in-passive-content-only": Meaning(
        -10, "Pictures or media may be loaded over http, where they can be seen and swapped."
    ),
    "csp-implemented-with-unsafe-eval": Meaning(-10, "'unsafe-eval' lets a text become code."),
    "csp-implemented-with-unsafe-inline": Meaning(
        -20, "Scripts written into the page, or plug-ins and scripts from anywhere, run: injected ones too."
    ),
    "csp-implemented-with-insecure-scheme": Meaning(
        -20, "Scripts, styles or frames may be loaded over http, where they can be swapped."
    ),
    "csp-header-invalid": Meaning(
        -25, "The policy cannot be relied on: it repeats itself, is empty, or lacks a nonce."
    ),
    "csp-not-implemented": Meaning(-25, "There is no policy: what is injected into a page runs."),
    "csp-not-implemented-but-reporting-enabled": Meaning(-25, "The policy only reports; nothing is blocked."),
}
COOKIES: dict[str, Meaning] = {
    "cookies-secure-with-httponly-sessions-and-samesite": Meaning(
        5, "Every cookie has Secure and SameSite, and those of sessions have HttpOnly."
    ),
    "cookies-secure-with-httponly-sessions": Meaning(
        0, "Every cookie has Secure, and those of sessions have HttpOnly; SameSite is missing somewhere."
    ),
    "cookies-not-found": Meaning(0, "No cookie is set here."),
    "cookies-without-secure-flag-but-protected-by-hsts": Meaning(
        -5, "A cookie lacks Secure; only HSTS keeps it off http."
    ),
    "cookies-session-without-secure-flag-but-protected-by-hsts": Meaning(
        -10, "A session's cookie lacks Secure; only HSTS keeps it off http."
    ),
    "cookies-without-secure-flag": Meaning(-20, "A cookie lacks Secure and goes over http in clear."),
    "cookies-samesite-flag-invalid": Meaning(
        -20, "SameSite has a value that no browser knows, or is None without Secure."
    ),
    "cookies-anticsrf-without-samesite-flag": Meaning(-20, "A cookie against forgery lacks SameSite."),
    "cookies-session-without-httponly-flag": Meaning(-30, "Scripts can read a session's cookie: it lacks HttpOnly."),
    "cookies-session-without-secure-flag": Meaning(-40, "A session's cookie lacks Secure and goes over http in clear."),
}
CORS: dict[str, Meaning] = {
    "cross-origin-resource-sharing-not-implemented": Meaning(0, "No other site may read the answers."),
    "cross-origin-resource-sharing-implemented-with-public-access": Meaning(
        0, "Every site may read the answers, without the user's credentials."
    ),
    "cross-origin-resource-sharing-implemented-with-restricted-access": Meaning(0, "Named sites may read the answers."),
    "cross-origin-resource-sharing-implemented-with-universal-access": Meaning(
        -50, "Every site may read the answers with the user's own credentials."
    ),
}
REDIRECTION: dict[str, Meaning] = {
    "redirection-all-redirects-preloaded": Meaning(0, "Browsers know every host on the way as https only."),
    "redirection-to-https": Meaning(0, "http leads to https at once, on the same host."),
    "redirection-not-needed-no-http": Meaning(0, "Nothing answers over http."),
    "redirection-off-host-from-http": Meaning(
        -5, "http leads to https on another host, so HSTS is never set for this one."
    ),
    "redirection-not-to-https-on-initial-redirection": Meaning(-10, "http leads to http first, in clear once more."),
    "redirection-not-to-https": Meaning(-20, "http leads elsewhere, but not to https."),
    "redirection-missing": Meaning(-20, "http answers by itself, in clear, and leads nowhere."),
    "redirection-invalid-cert": Meaning(-20, "The certificate does not verify."),
}
REFERRER: dict[str, Meaning] = {
    "referrer-policy-private": Meaning(5, "Other sites are told the origin at most."),
    "referrer-policy-not-implemented": Meaning(0, "Nothing is said; browsers send other sites the origin only."),
    "referrer-policy-unsafe": Meaning(-5, "Addresses, or the origin over http, are told to other sites."),
    "referrer-policy-header-invalid": Meaning(-5, "No browser knows the value."),
}
HSTS: dict[str, Meaning] = {
    "hsts-preloaded": Meaning(5, "Browsers have it built in that this host is https only."),
    "hsts-implemented-max-age-at-least-six-months": Meaning(
        0, "Browsers come back by https only, for half a year or more."
    ),
    "hsts-implemented-max-age-less-than-six-months": Meaning(-10, "Browsers remember https for less than half a year."),
    "hsts-not-implemented": Meaning(-20, "Browsers may come back by http, where they can be kept."),
    "hsts-header-invalid": Meaning(-20, "The field has no max-age, or came twice; browsers ignore it."),
    "hsts-not-implemented-no-https": Meaning(-20, "There is no https at all."),
    "hsts-invalid-cert": Meaning(-20, "The certificate does not verify, so browsers ignore the field."),
}
SRI: dict[str, Meaning] = {
    "sri-implemented-and-all-scripts-loaded-securely": Meaning(5, "Scripts are held to their hash, even our own."),
    "sri-implemented-and-external-scripts-loaded-securely": Meaning(
        5, "Every script of another site is held to its hash and comes by https."
    ),
    "sri-not-implemented-response-not-html": Meaning(0, "This is no page, so it loads no script."),
    "sri-not-implemented-but-no-scripts-loaded": Meaning(0, "The page loads no script."),
    "sri-not-implemented-but-all-scripts-loaded-from-secure-origin": Meaning(0, "Every script is our own."),
    "sri-not-implemented-but-external-scripts-loaded-securely": Meaning(
        -5, "A script of another site runs, whatever it is today: it is not held to a hash."
    ),
    "sri-implemented-but-external-scripts-not-loaded-securely": Meaning(
        -20, "A script of another site has a hash, but may come over http."
    ),
    "sri-not-implemented-and-external-scripts-not-loaded-securely": Meaning(
        -50, "A script of another site may come over http, and nobody checks what it is."
    ),
    "html-not-parseable": Meaning(-20, "The answer says that it is HTML, and is not."),
}
SNIFFING: dict[str, Meaning] = {
    "x-content-type-options-nosniff": Meaning(0, "Browsers believe the Content-Type."),
    "x-content-type-options-not-implemented": Meaning(-5, "Browsers may guess what a file is, and run it."),
    "x-content-type-options-header-invalid": Meaning(-5, "The value is not nosniff, so browsers guess."),
}
FRAMES: dict[str, Meaning] = {
    "x-frame-options-implemented-via-csp": Meaning(5, "frame-ancestors says who may show the page in a frame."),
    "x-frame-options-sameorigin-or-deny": Meaning(5, "No other site may show the page in a frame.", 0),
    "x-frame-options-allow-from-origin": Meaning(0, "ALLOW-FROM: browsers of today ignore it."),
    "x-frame-options-not-implemented": Meaning(-20, "Any site may show the page in a frame and steal clicks."),
    "x-frame-options-header-invalid": Meaning(-20, "No browser knows the value, so any site may frame the page."),
}
CORP: dict[str, Meaning] = {
    "corp-implemented-with-same-origin": Meaning(10, "Only our own pages may embed it."),
    "corp-implemented-with-same-site": Meaning(10, "Only pages of our site may embed it."),
    "corp-implemented-with-cross-origin": Meaning(0, "Every site may embed it, on purpose."),
    "corp-not-implemented": Meaning(0, "Other sites may embed it."),
    "corp-header-invalid": Meaning(-5, "No browser knows the value."),
}
COEP: dict[str, Meaning] = {
    "coep-implemented-with-require-corp": Meaning(10, "Only what agrees to be embedded is loaded."),
    "coep-implemented-with-credentialless": Meaning(10, "What others serve is loaded without credentials."),
    "coep-implemented-with-unsafe-none": Meaning(0, "Anything may be embedded, on purpose."),
    "coep-not-implemented": Meaning(0, "Anything may be embedded."),
    "coep-header-invalid": Meaning(-5, "The value is no policy, or came twice; browsers ignore it."),
}
COOP: dict[str, Meaning] = {
    "coop-implemented-with-same-origin": Meaning(10, "Windows of other sites lose their handle on ours."),
    "coop-implemented-with-same-origin-allow-popups": Meaning(
        10, "Windows of other sites lose their handle on ours, pop-ups that we open excepted."
    ),
    "coop-implemented-with-noopener-allow-popups": Meaning(10, "Whoever opens this page gets no handle on it."),
    "coop-implemented-with-unsafe-none": Meaning(0, "Windows of other sites keep their handle, on purpose."),
    "coop-not-implemented": Meaning(0, "Windows of other sites keep their handle on ours."),
    "coop-header-invalid": Meaning(-5, "The value is no policy, or came twice; browsers ignore it."),
}

MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    CSP | COOKIES | CORS | REDIRECTION | REFERRER | HSTS | SRI | SNIFFING | FRAMES | CORP | COEP | COOP
)
"""Every result that a test can have."""
