"""What of a page runs as a script: the places where input must not become syntax (CWE-79)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from hauberk.guard.jstokens import shape
from hauberk.wire.location import cleaned, scheme_of, web_authority
from hauberk.wire.markup import Reading, Tag, start_tags

JAVASCRIPT = frozenset(
    {
        "", "module", "text/javascript", "application/javascript", "text/ecmascript", "application/ecmascript",
        "application/x-javascript", "application/x-ecmascript", "text/x-javascript", "text/x-ecmascript",
        "text/jscript", "text/livescript", "importmap", *(f"text/javascript1.{minor}" for minor in range(6)),
    }
)  # fmt: skip
"""Types of script elements that run (HTML, section 4.12.1; MIME Sniffing, section 4.6)."""
URLS = frozenset(
    {
        "href", "xlink:href", "src", "action", "formaction", "data", "poster", "background", "ping",
        "to", "from", "by", "values",
    }
)  # fmt: skip
"""Attributes where `javascript:` may run; the last four are those of SVG's animations of one."""
_DIRECTIVES = ("@", ":", "x-", "v-", "ng-", "data-ng-", "hx-on", "data-hx-on", "hx-vals", "hx-vars")
"""How attributes begin that libraries in the page run: Vue, Alpine, Angular, htmx."""
_FRAMES = frozenset({"iframe", "frame", "object", "embed"})
_REFRESH = re.compile(r"[\s\d.;,]*(?:url\s*=\s*)?['\"]?(.*)", re.IGNORECASE | re.DOTALL)
_DEEPEST = 3
"""Pages in `srcdoc` of pages."""


class Script(NamedTuple):
    """One thing that runs."""

    place: str
    """Where it stands, in words: `<script>`, `onclick of <a>`, `href of <a>`."""
    code: str
    """JavaScript, or the address that it is loaded from."""
    loaded: bool = False

    @property
    def shape(self) -> tuple[str, ...]:
        """What must not depend on an input: the tokens of the code, or who serves it."""
        return (self.place, _served_by(self.code)) if self.loaded else (self.place, *shape(self.code))


def scripts(page: str, *, xml: bool = False, depth: int = 0) -> tuple[Script, ...]:
    """Everything that a page runs."""
    return tuple(script for tag in start_tags(page, xml=xml) for script in _of(tag, depth))


def differing(one: str, other: str, start: int, rest: int) -> tuple[tuple[Script, ...], tuple[Script, ...]] | None:
    """What each of two pages runs, but for what both do: they are the same in the first `start` and the last `rest`
    characters. None where they are not read alike any more at their ends.

    The beginning is read once, the end not at all.
    """
    before = Reading(before=start)
    for _ in start_tags(one, reading=before):
        pass
    ends = (len(one) - rest, len(other) - rest)
    here, there = (Reading(before.at, enough=end) for end in ends)
    found = tuple(script for tag in start_tags(one, reading=here) for script in _of(tag, 0))
    others = tuple(script for tag in start_tags(other, reading=there) for script in _of(tag, 0))
    if here.at < ends[0] or there.at < ends[1]:
        return None
    return (found, others) if len(one) - here.at == len(other) - there.at else None


def _of(tag: Tag, depth: int) -> Iterator[Script]:
    name, attributes = tag.name, tag.attributes
    for attribute, value in attributes.items():
        if attribute.startswith("on") or attribute.startswith(_DIRECTIVES):
            yield Script(f"{attribute} of <{name}>", value)
        elif attribute in URLS and (code := javascript_url(value)) is not None:
            yield Script(f"{attribute} of <{name}>", code)
        elif attribute in URLS and name in _FRAMES and scheme_of(cleaned(value)) == "data":
            yield Script(f"{attribute} of <{name}>", value, loaded=True)
        elif attribute == "srcdoc" and depth < _DEEPEST:
            yield from scripts(value, depth=depth + 1)
    if name == "base" and "href" in attributes:
        yield Script("<base>", attributes["href"], loaded=True)
    elif name == "script" and attributes.get("type", "").partition(";")[0].strip().lower() in JAVASCRIPT:
        source = attributes.get("src") or attributes.get("href") or attributes.get("xlink:href")
        if source is None:
            yield Script("<script>", tag.content)
        else:
            yield Script("<script src>", source, loaded=True)
    elif name in {"object", "embed"} and (source := attributes.get("data") or attributes.get("src")):
        yield Script(f"<{name}>", source, loaded=True)
    elif name == "meta" and attributes.get("http-equiv", "").strip().lower() == "refresh":
        address = _REFRESH.match(attributes.get("content", ""))
        if address is not None and address[1]:
            yield Script("<meta http-equiv=refresh>", address[1], loaded=True)


def javascript_url(value: str) -> str | None:
    """The code of a `javascript:` URL as browsers read it, leading blanks and line ends apart (URL, section 4.4)."""
    plain = cleaned(value)
    scheme = scheme_of(plain)
    return plain[len(scheme) + 1 :] if scheme in {"javascript", "vbscript"} else None


def _served_by(address: str) -> str:
    """Whose address it is: nothing for one of the own origin, all of it where the address is the content."""
    plain = cleaned(address)
    authority = web_authority(plain)
    if authority is None:
        return plain if scheme_of(plain) else ""
    scheme, host, port = authority
    return f"{scheme}://{host}:{port}"
