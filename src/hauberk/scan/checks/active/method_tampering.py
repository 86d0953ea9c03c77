"""Method tampering: a protection that asks for the verb lets the same thing through under another one."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.core.finding import Rule
from hauberk.scan.messages import Request, Response

RULE = Rule(
    id="scan.method-tampering",
    title="Another verb gets past the protection",
    severity="high",
    why="Whoever is refused with GET gets the same with another verb, and needs no login for it.",
    fix="Protect the address and not the verb: deny by default, refuse verbs that no handler declares, and do not "
    "let a header or parameter rename the verb after access was decided.",
    cwe=(650,),
    asvs=("v5.0.0-4.1.4",),
    top10=("A01:2025",),
    docs="https://owasp.org/www-project-web-security-testing-guide/",
)
REFUSED = frozenset({401, 403})
OVERRIDES = ("x-http-method-override", "x-http-method", "x-method-override")
UNKNOWN = "HBK"
"""A verb that nobody declares."""


def attempts(request: Request) -> Iterator[tuple[str, Request, Request | None]]:
    """In words, what is sent in place of a refused request, and the same without what makes the difference."""
    yield "HEAD", Request(method="HEAD", target=request.target, headers=request.headers), None
    yield f"the verb {UNKNOWN}", Request(method=UNKNOWN, target=request.target, headers=request.headers), None
    plain = Request(method="POST", target=request.target, headers=request.headers)
    named = plain.with_headers((name, request.method) for name in OVERRIDES)
    yield f"POST with {OVERRIDES[0]}: {request.method}", named, plain
    mark = "&" if "?" in request.target else "?"
    asked = f"{request.target}{mark}_method={request.method}"
    yield f"POST with _method={request.method}", Request(method="POST", target=asked, headers=request.headers), plain


def passes(response: Response) -> bool:
    """Whether the answer is a success, and has something to say where it can."""
    return 200 <= response.status < 300
