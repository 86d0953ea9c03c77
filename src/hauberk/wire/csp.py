"""Reading a Content-Security-Policy field as browsers do (CSP3, section 2.2)."""

from __future__ import annotations

Policy = dict[str, tuple[str, ...]]
"""Directive in lower case to its values, as written."""


def parse(field: str) -> list[Policy]:
    """The policies of one field: commas part policies, the first directive of a name counts, empty ones are none."""
    policies: list[Policy] = []
    for text in field.split(","):
        policy: Policy = {}
        for directive in text.split(";"):
            name, *values = directive.split() or [""]
            if name:
                policy.setdefault(name.lower(), tuple(values))
        if policy:
            policies.append(policy)
    return policies


def serialise(policy: Policy) -> str:
    """The policy as text; `parse` gives it back."""
    return "; ".join(" ".join((name, *values)) for name, values in policy.items())
