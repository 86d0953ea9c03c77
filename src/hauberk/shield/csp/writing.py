"""A policy as it is written in code, in a header and in pyproject.toml, and what differs between two."""

from __future__ import annotations

import json

from hauberk.shield.headers.csp import CSP, NONCE
from hauberk.wire import csp_terms as terms


def as_python(policy: CSP) -> str:
    """An expression that makes it."""
    lines = ["CSP.of("]
    for name, sources in policy.directives(nonced=True).items():
        field = name.replace("-", "_")
        if name in {"report-to", "webrtc"}:
            lines.append(f"    {field}={_quoted(sources[0].strip(chr(39)))},")
        elif name == "upgrade-insecure-requests":
            lines.append(f"    {field}=True,")
        else:
            inner = ", ".join("NONCE" if source == NONCE else _quoted(source) for source in sources)
            lines.append(f"    {field}=({inner}{',' * (len(sources) == 1)}),")
    return "\n".join([*lines, ")"])


def as_toml(policy: CSP) -> str:
    """A table of pyproject.toml. What the recommended policy allows and this one does not is named as well."""
    given = policy.directives(nonced=True)
    lines = ["[tool.hauberk.csp]"]
    for name in CSP().directives(nonced=True):
        if name not in given:
            stands = terms.effective(given, name)
            given[name] = given[stands] if stands else ("'none'",)
    for name, sources in sorted(given.items()):
        field = name.replace("-", "_")
        if name in {"report-to", "webrtc"}:
            lines.append(f"{field} = {json.dumps(sources[0].strip(chr(39)))}")
        elif name == "upgrade-insecure-requests":
            lines.append(f"{field} = true")
        else:
            lines.append(f"{field} = [{', '.join(map(json.dumps, sources))}]")
    return "\n".join(lines)


def difference(old: CSP, new: CSP) -> list[str]:
    """What the new one says more (`+`) and less (`-`), a line for each directive's source."""
    before, after = old.directives(nonced=True), new.directives(nonced=True)
    lines = []
    for name in sorted(before | after):
        was, will = before.get(name), after.get(name)
        gone = [s for s in was or () if s not in (will or ())]
        come = [s for s in will or () if s not in (was or ())]
        if was is not None and will is None and not gone:
            gone = [""]
        if will is not None and was is None and not come:
            come = [""]
        lines += [f"- {name} {s}".rstrip() for s in gone] + [f"+ {name} {s}".rstrip() for s in come]
    return lines


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)
