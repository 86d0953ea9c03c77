"""Reading a Content-Security-Policy field as browsers do (CSP3, section 2.2)."""

from __future__ import annotations

import re

Policy = dict[str, tuple[str, ...]]
"""Directive in lower case to its values, as written."""
SPACE = re.compile(r"[\t\n\f\r ]+")
"""ASCII whitespace (Infra, section 4.6); what other letters look like a space are none."""


def parse(field: str) -> list[Policy]:
    """The policies of one field: commas part policies, the first directive of a name counts, empty ones are none."""
    policies: list[Policy] = []
    for text in field.split(","):
        policy: Policy = {}
        for directive in text.split(";"):
            if not directive.isascii():
                continue  # as the standard says: browsers pass over it
            name, *values = SPACE.split(directive.strip("\t\n\f\r "))
            if name:
                policy.setdefault(name.lower(), tuple(values))
        if policy:
            policies.append(policy)
    return policies


def serialise(policy: Policy) -> str:
    """The policy as text; `parse` gives it back."""
    return "; ".join(" ".join((name, *values)) for name, values in policy.items())
