"""Visits made up at random from what sites send, and from how they get it wrong; the same ones for the same seed."""

from __future__ import annotations

import random
from typing import Any

HOST = "headers.example"
SOURCES = (
    "'self' 'none' 'unsafe-inline' 'unsafe-eval' 'strict-dynamic' 'nonce-abc' 'sha256-abc=' https: http: * data: blob: "
    "ftp: https://cdn.example https://cdn.example/a/ https://cdn.example/a/b http://cdn.example *.example.com http://* "
    "https://* https://*.* wss: 'report-sample' cdn.example/%41 cdn.example/A HTTPS: 'SELF' 'wasm-unsafe-eval'"
).split()
DIRECTIVES = (
    "default-src script-src style-src img-src media-src object-src base-uri form-action frame-ancestors connect-src "
    "report-uri report-to sandbox upgrade-insecure-requests Script-Src font-src require-trusted-types-for frame-src"
).split()
BROKEN = ("", ";;;;;;;", "a", "img-src", "x")
NAMES = "sessionid csrftoken __Host-session __Secure-a theme login_x SESS heroku-session-affinity __Host-csrf samesite"
ATTRIBUTES = (
    "Secure HttpOnly SameSite=Lax SameSite=None SameSite=Strict SameSite SameSite=bad Path=/ secure Partitioned "
    "samesite=LAX Max-Age=0 Path=/x"
).split()
SCRIPTS = (
    "/a.js a.js //cdn.example.net/x.js https://cdn.example.net/x.js http://cdn.example.net/x.js ///x.js "
    "https://headers.example/x.js https://www.headers.example/x.js http://headers.example/y.js data:text/javascript,1 "
    "HTTPS://cdn.example.net/x.js"
).split()
FIELDS: tuple[tuple[str, float, tuple[str, ...]], ...] = (
    (
        "content-type",
        0.95,
        ("text/html", "text/html; charset=utf-8", "application/json", "Text/HTML", "application/xhtml+xml"),
    ),
    (
        "strict-transport-security",
        0.8,
        (
            *("max-age=31536000; includeSubDomains", "max-age=0", "max-age=15552000", "max-age=15551999", "max-age="),
            *("max-age=abc", "includeSubDomains", 'max-age="31536000"', "max-age=31536000, max-age=3", "max-age = 3"),
            *(
                "Max-Age=63072000; preload",
                "max-age=31536000;max-age=1",
                "max-age=9x",
                " ",
                "max-age=-5",
                "max-age=1e9",
            ),
        ),
    ),
    ("x-content-type-options", 0.7, ("nosniff", "NoSniff", "nosniff, nosniff", "x", "")),
    ("x-frame-options", 0.7, ("DENY", "sameorigin", "ALLOW-FROM https://a.example", "DENY, DENY", "", "same-origin")),
    (
        "referrer-policy",
        0.7,
        (
            *("no-referrer", "origin", "unsafe-url", "no-referrer, strict-origin-when-cross-origin", "bad", ""),
            *("no-referrer,", "STRICT-ORIGIN", "same-origin, bad", "no-referrer-when-downgrade"),
        ),
    ),
    (
        "cross-origin-resource-policy",
        0.7,
        ("same-origin", "same-site", "cross-origin", "SAME-ORIGIN", "x", "same-origin, same-origin", ""),
    ),
    (
        "access-control-allow-origin",
        0.4,
        ("*", " * ", "https://http-observatory.security.mozilla.org", "https://other.example", "null", ""),
    ),
    ("access-control-allow-credentials", 0.4, ("true", "True", "false", " true ")),
)
CHAINS: tuple[list[str], ...] = (
    [],
    [f"http://{HOST}/"],
    [f"http://{HOST}/", f"https://{HOST}/"],
    [f"http://{HOST}/", f"http://{HOST}/a", f"https://{HOST}/"],
    [f"http://{HOST}/", f"https://www.{HOST}/"],
    [f"http://{HOST}/", f"https://{HOST}/", f"http://{HOST}/b"],
)


def cases(seed: int, number: int) -> list[dict[str, Any]]:
    """So many visits."""
    made = Maker(random.Random(seed))
    return [made.visit() for _ in range(number)]


class Maker:
    """Draws from one source of randomness."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice

    def maybe(self, chance: float) -> bool:
        return self.dice.random() < chance

    def directive(self) -> str:
        number = self.dice.choices([0, 1, 2, 3, 5], [1, 5, 4, 3, 1])[0]
        return " ".join([self.dice.choice(DIRECTIVES), *self.dice.choices(SOURCES, k=number)])

    def policy(self) -> str:
        if self.maybe(0.03):
            return self.dice.choice(BROKEN)
        parts = [self.directive() for _ in range(self.dice.choices([1, 2, 3, 5, 8], [2, 3, 4, 4, 2])[0])]
        if self.maybe(0.6):
            parts = list({part.split()[0].lower(): part for part in parts}.values())
        return self.dice.choice(["; ", ";", " ; "]).join(parts) + self.dice.choice(["", ";"])

    def cookie(self) -> str:
        pair = f"{self.dice.choice(NAMES.split())}={self.dice.choice(['abc', '', 'a=b'])}"
        return "; ".join([pair, *self.dice.sample(ATTRIBUTES, self.dice.randint(0, 5))])

    def script(self) -> str:
        if self.maybe(0.1):
            return "<script>1</script>"
        integrity = ["", ' integrity="sha384-x"', ' integrity=""', ' crossorigin integrity="sha256-y"']
        return f'<script src="{self.dice.choice(SCRIPTS)}"{self.dice.choice(integrity)}></script>'

    def html(self) -> str:
        parts = ["<!doctype html><title>x</title>"]
        parts += [self.script() for _ in range(self.dice.choices([0, 1, 2, 3], [3, 3, 2, 1])[0])]
        if self.maybe(0.25):
            parts.append(f'<meta http-equiv="Content-Security-Policy" content="{self.policy()}">')
        if self.maybe(0.15):
            said = self.dice.choice(["no-referrer", "origin", "bad", "unsafe-url, no-referrer"])
            parts.append(f'<meta name="referrer" content="{said}">')
        if self.maybe(0.05):
            parts.append("<!-- <script src=//evil.example/x.js></script> -->")
        if self.maybe(0.05):
            parts.append('<base href="https://base.example/">')
        self.dice.shuffle(parts)
        return "".join(parts)

    def visit(self) -> dict[str, Any]:
        headers: dict[str, Any] = {
            name: self.dice.choice(values) for name, chance, values in FIELDS if self.maybe(chance)
        }
        if self.maybe(0.8):
            number = self.dice.choices([1, 2, 3], [8, 2, 1])[0]
            headers["content-security-policy"] = ", ".join(self.policy() for _ in range(number))
        if self.maybe(0.2):
            headers["content-security-policy-report-only"] = self.policy()
        cookies = [self.cookie() for _ in range(self.dice.choices([0, 1, 2], [4, 4, 2])[0])]
        if cookies:
            headers["set-cookie"] = cookies
        return {
            "host": HOST,
            "headers": headers,
            "html": self.html(),
            "chain": self.dice.choice(CHAINS),
            "set_cookies": cookies,
        }
