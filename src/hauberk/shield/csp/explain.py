"""What a policy allows, in words, directive by directive, with what stands in for those that it leaves out."""

from __future__ import annotations

from dataclasses import dataclass

from hauberk.wire import csp_terms as terms
from hauberk.wire.csp import Policy

THINGS: dict[str, str] = {
    "script-src-elem": "Script elements",
    "script-src-attr": "Event handlers in attributes, such as onclick",
    "style-src-elem": "Style elements and style sheets",
    "style-src-attr": "Styles in attributes",
    "img-src": "Pictures and icons",
    "font-src": "Fonts",
    "connect-src": "Requests of scripts (fetch, WebSocket, EventSource, beacons)",
    "media-src": "Sound, film and subtitles",
    "frame-src": "Pages in frames",
    "fenced-frame-src": "Pages in fenced frames",
    "worker-src": "Workers and service workers",
    "manifest-src": "The manifest of an installed application",
    "object-src": "Plug-ins and embedded documents",
}
"""What is loaded, by the directive that decides first."""
ACTS: dict[str, str] = {
    "base-uri": "The base of relative addresses",
    "form-action": "Forms may be sent to",
    "frame-ancestors": "Who may show the page in a frame",
}
WORDS: dict[str, str] = {
    "'self'": "this site",
    "'unsafe-inline'": "whatever is written into the page",
    "'unsafe-eval'": "texts that scripts run as code",
    "'unsafe-hashes'": "attributes whose hash is named",
    "'wasm-unsafe-eval'": "WebAssembly",
    "'trusted-types-eval'": "texts that Trusted Types let through",
    "'strict-dynamic'": "whatever a trusted script loads",
    "'inline-speculation-rules'": "speculation rules in the page",
    "*": "every host",
    "https:": "every host by https",
    "http:": "every host, by http too",
    "data:": "data in the address itself",
    "blob:": "data that scripts made",
    "wss:": "every WebSocket by TLS",
    "ws:": "every WebSocket",
}
SILENT = frozenset({"'report-sample'", "'report-sha256'", "'report-sha384'", "'report-sha512'"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """What one kind of thing may come from."""

    things: tuple[str, ...]
    directive: str
    """The directive that decides, or an empty text where nothing does."""
    allowed: str

    def __str__(self) -> str:
        by = f" ({self.directive})" if self.directive else ""
        return f"{', '.join(self.things)}: {self.allowed}{by}."


def explain(policy: Policy) -> list[Sentence]:
    """Sentences for everything that a policy can decide, in a fixed order."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for name, thing in THINGS.items():
        deciding = terms.effective(policy, name)
        allowed = "anything, as nothing restricts them" if deciding is None else _phrase(name, policy[deciding])
        grouped.setdefault((deciding or "", allowed), []).append(thing)
    sentences = [
        Sentence(things=tuple(things), directive=directive, allowed=allowed)
        for (directive, allowed), things in grouped.items()
    ]
    for name, act in ACTS.items():
        allowed = _phrase(name, policy[name]) if name in policy else "anything, as nothing restricts it"
        sentences.append(Sentence(things=(act,), directive=name if name in policy else "", allowed=allowed))
    return [*sentences, *_others(policy)]


def _others(policy: Policy) -> list[Sentence]:
    found = []
    if "sandbox" in policy:
        allowed = ", ".join(policy["sandbox"]) or "nothing"
        found.append(("The page is treated as a foreign one, which may", "sandbox", allowed))
    if "require-trusted-types-for" in policy:
        found.append(("Texts become markup or code only", "require-trusted-types-for", "by a policy of Trusted Types"))
    if "trusted-types" in policy:
        names = ", ".join(policy["trusted-types"]) or "none"
        found.append(("Policies of Trusted Types that may be made", "trusted-types", names))
    if "upgrade-insecure-requests" in policy:
        found.append(("Addresses with http are asked for", "upgrade-insecure-requests", "by https"))
    if "webrtc" in policy:
        found.append(("Connections between browsers", "webrtc", " ".join(policy["webrtc"]).strip("'")))
    told = "What is blocked is reported to"
    found.extend((told, name, ", ".join(policy[name])) for name in ("report-uri", "report-to") if name in policy)
    return [Sentence(things=(thing,), directive=name, allowed=allowed) for thing, name, allowed in found]


def _phrase(name: str, sources: tuple[str, ...]) -> str:
    """The sources in words, without those that count for nothing here."""
    lower = [source.lower() for source in sources]
    exact = any(s.startswith(("'nonce-", "'sha")) for s in lower)
    dynamic = "'strict-dynamic'" in lower and name.startswith("script-src-elem")
    attribute = name.endswith("-attr")
    words: dict[str, None] = {}
    for source, written in zip(lower, sources, strict=True):
        if source in SILENT or source == "'none'" or _ignored(name, source, exact=exact, dynamic=dynamic):
            continue
        if attribute:
            words.update(_in_attribute(source, lower, exact=exact))
        elif source.startswith("'nonce-"):
            words["what has this answer's nonce"] = None
        elif source.startswith("'sha"):
            words["texts and files whose hash is named"] = None
        else:
            words[WORDS.get(source, written)] = None
    return ", ".join(words) or "nothing"


def _ignored(name: str, source: str, *, exact: bool, dynamic: bool) -> bool:
    """Whether a source beside it switches this one off, or it means nothing here."""
    if source == "'unsafe-inline'":
        return exact or dynamic or not name.startswith(("script", "style"))
    return dynamic and (source == "'self'" or not source.startswith("'"))


def _in_attribute(source: str, sources: list[str], *, exact: bool) -> dict[str, None]:
    """Attributes have no address and no nonce: only two keywords and hashes matter."""
    if source == "'unsafe-inline'" and not exact:
        return {"anything": None}
    if source.startswith("'sha") and "'unsafe-hashes'" in sources:
        return {"those whose hash is named": None}
    return {}
