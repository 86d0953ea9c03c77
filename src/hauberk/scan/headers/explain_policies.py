"""Fields that protect, and those that give away, in words: the sentence depends on the value."""

from __future__ import annotations

import re
from collections.abc import Callable

from hauberk.scan.headers.explain_cookie import duration
from hauberk.scan.headers.explained import Explained, Part
from hauberk.wire import csp
from hauberk.wire.structured import InnerList, StructuredFieldError, Token, parse_dictionary, parse_item

VERSION = re.compile(r"\d+\.\d+")
DIRECTIVES: dict[str, str] = {
    "default-src": "For everything that is loaded and not named otherwise",
    "base-uri": "What the page may name as the base of its addresses",
    "block-all-mixed-content": "Obsolete: browsers do so by themselves",
    "child-src": "Frames and workers",
    "connect-src": "Where scripts may send requests",
    "fenced-frame-src": "Fenced frames",
    "font-src": "Fonts",
    "form-action": "Where forms may be sent",
    "frame-ancestors": "Who may show the page in a frame",
    "frame-src": "What the page may show in frames",
    "img-src": "Pictures",
    "manifest-src": "The manifest of an installed application",
    "media-src": "Sound and film",
    "object-src": "Plug-ins",
    "report-to": "The endpoint that is told of violations",
    "report-uri": "The address that is told of violations",
    "require-trusted-types-for": "Where a text may no longer become markup without a policy of the page",
    "sandbox": "The page is treated as a foreign one",
    "script-src": "Scripts",
    "script-src-attr": "Scripts in attributes such as onclick",
    "script-src-elem": "Script elements",
    "style-src": "Styles",
    "style-src-attr": "Styles in attributes",
    "style-src-elem": "Style elements",
    "trusted-types": "Which policies may make trusted texts",
    "upgrade-insecure-requests": "Addresses with http are asked for by https",
    "worker-src": "Workers",
}
TOKENS: dict[str, dict[str, str]] = {
    "x-frame-options": {
        "deny": "Nobody may show the page in a frame.",
        "sameorigin": "Only our own pages may show it in a frame.",
    },
    "x-content-type-options": {"nosniff": "Browsers believe the Content-Type and guess nothing."},
    "cross-origin-opener-policy": {
        "same-origin": "Windows of other sites get no handle on ours, and ours none on theirs.",
        "same-origin-allow-popups": "Windows of other sites get no handle on ours; pop-ups that we open keep theirs.",
        "noopener-allow-popups": "Whoever opens this page gets no handle on it, not even pages of our own.",
        "unsafe-none": "Windows of other sites keep their handle on ours.",
    },
    "cross-origin-embedder-policy": {
        "require-corp": "The page loads from other sites only what agrees to be embedded.",
        "credentialless": "What the page loads from other sites is asked for without credentials.",
        "unsafe-none": "The page may embed anything.",
    },
    "cross-origin-resource-policy": {
        "same-origin": "Only our own pages may embed it.",
        "same-site": "Only pages of our site may embed it.",
        "cross-origin": "Every site may embed it.",
    },
    "x-xss-protection": {"0": "The filter of old browsers is off, as it should be."},
    "referrer-policy": {
        "no-referrer": "Nobody is told where a visitor comes from.",
        "same-origin": "Only our own pages are told where a visitor comes from.",
        "strict-origin": "Others are told the origin, and over http nothing.",
        "strict-origin-when-cross-origin": "Other sites are told the origin, our own pages the whole address.",
        "origin": "Others are told the origin, over http too.",
        "origin-when-cross-origin": "Other sites are told the origin, over http too.",
        "no-referrer-when-downgrade": "Other sites are told the whole address, but over http nothing.",
        "unsafe-url": "Everybody is told the whole address, over http too.",
    },
}
STRUCTURED = frozenset({"cross-origin-opener-policy", "cross-origin-embedder-policy"})


def token(name: str, value: str) -> Explained:
    """A field whose value is one of a few words."""
    bare = name.removesuffix("-report-only")
    word = _word(bare, value)
    sentence = TOKENS[bare].get(word)
    problem = f"{name}: {value[:60]!r} is no value that browsers know" if sentence is None else ""
    if sentence is not None and name != bare:
        sentence = "Only reported, not enforced: " + sentence[0].lower() + sentence[1:]
    return Explained(name=name, value=value, sentence=sentence or "No browser knows this value.", problem=problem)


def _word(name: str, value: str) -> str:
    """The word that counts: of a list of referrer policies the last known one, of a structured field the token."""
    if name == "referrer-policy":
        known = [word for word in (part.strip().lower() for part in value.split(",")) if word in TOKENS[name]]
        return known[-1] if known else ""
    if name in STRUCTURED:
        try:
            item = parse_item(value).value
        except StructuredFieldError:
            return ""
        return str(item) if isinstance(item, Token) else ""
    if name == "x-content-type-options":
        value = value.partition(",")[0]
    return value.strip().lower()


def hsts(name: str, value: str) -> Explained:
    """Strict-Transport-Security (RFC 6797)."""
    parts, found, problem = [], None, ""
    for text in (part.strip() for part in value.split(";")):
        key, _, setting = text.partition("=")
        key, setting = key.strip().lower(), setting.strip().strip('"')
        if key == "max-age" and setting.isdigit():
            found = int(setting[:18])
            parts.append(Part(name=text, sentence=f"Browsers remember it for {duration(found)}."))
        elif key == "includesubdomains":
            parts.append(Part(name=text, sentence="Every host below this one is meant too."))
        elif key == "preload":
            parts.append(Part(name=text, sentence="Asks to be built into browsers; easy to do, hard to undo."))
        elif text:
            parts.append(Part(name=text, sentence="Browsers do not mind it."))
    sentence = "Browsers come back by https only."
    if found is None or "," in value:
        problem = f"{name} has no max-age that is one number, so browsers ignore it"
        sentence = "Browsers ignore it."
    elif found == 0:
        sentence = "Browsers forget that they were to come by https."
    return Explained(name=name, value=value, sentence=sentence, parts=tuple(parts), problem=problem)


def content_security_policy(name: str, value: str) -> Explained:
    """The policy in short: each directive with what it allows."""
    parts = tuple(_directive(key, sources) for policy in csp.parse(value) for key, sources in policy.items())
    enforced = not name.endswith("-report-only")
    sentence = "What the page may load and run." if enforced else "A policy that is tried out: breaches are only told."
    problem = "" if parts else f"{name} is empty"
    return Explained(name=name, value=value, sentence=sentence, parts=parts, problem=problem)


def _directive(name: str, sources: tuple[str, ...]) -> Part:
    about = DIRECTIVES.get(name, "No directive that browsers know")
    allowed = "nothing" if sources == ("'none'",) else _phrase(sources)
    return Part(name=name, sentence=f"{about}: {allowed}." if allowed else f"{about}.")


SOURCES: dict[str, str] = {
    "'self'": "this origin",
    "'unsafe-inline'": "anything written into the page",
    "'unsafe-eval'": "texts that become code",
    "'strict-dynamic'": "what a trusted script loads",
    "'report-sample'": "",
    "'none'": "",
    "*": "every host",
    "https:": "every host by https",
    "http:": "every host, by http too",
    "data:": "data in the address itself",
    "blob:": "data that scripts made",
}


def _phrase(sources: tuple[str, ...]) -> str:
    words: dict[str, None] = {}
    for source in sources:
        lower = source.lower()
        if lower.startswith("'nonce-"):
            words["what has this answer's nonce"] = None
        elif lower.startswith("'sha"):
            words["what has a known hash"] = None
        else:
            words[SOURCES.get(lower, source)] = None
    return ", ".join(word for word in words if word)


def permissions_policy(name: str, value: str) -> Explained:
    """Which powers of the browser may be asked for (a dictionary of inner lists)."""
    try:
        features = parse_dictionary(value)
    except StructuredFieldError as error:
        problem = f"{name} cannot be read ({error}), so browsers ignore all of it"
        return Explained(name=name, value=value, sentence="Browsers ignore it.", problem=problem)
    parts = []
    for feature, allowed in features.items():
        items = allowed.items if isinstance(allowed, InnerList) else (allowed,)
        who = ["this origin" if item.value == "self" else str(item.value) for item in items]
        said = "Nobody may use it." if not who else f"Allowed to {', '.join(who)}."
        parts.append(Part(name=feature, sentence="Everybody may use it." if "*" in who else said))
    sentence = "Which powers of the browser the page and its frames may ask for."
    return Explained(name=name, value=value, sentence=sentence, parts=tuple(parts))


def reporting_endpoints(name: str, value: str) -> Explained:
    """Where reports go (a dictionary of strings)."""
    try:
        endpoints = parse_dictionary(value)
    except StructuredFieldError as error:
        problem = f"{name} cannot be read ({error}), so browsers ignore all of it"
        return Explained(name=name, value=value, sentence="Browsers ignore it.", problem=problem)
    parts = tuple(
        Part(name=key, sentence=f"Reports go to {getattr(where, 'value', '')}.") for key, where in endpoints.items()
    )
    return Explained(name=name, value=value, sentence="Where browsers send reports.", parts=parts)


def clear_site_data(name: str, value: str) -> Explained:
    """What the browser is to forget."""
    kinds = [kind.strip().strip('"') for kind in value.split(",") if kind.strip()]
    what = "everything" if "*" in kinds else ", ".join(kinds)
    quoted = all(kind.strip().startswith('"') for kind in value.split(",") if kind.strip())
    problem = "" if quoted and kinds else f"{name} needs each of its values in double quotes"
    return Explained(name=name, value=value, sentence=f"The browser forgets {what} of this site.", problem=problem)


def allow_origin(name: str, value: str) -> Explained:
    """Who may read the answer across origins."""
    sentences = {"*": "Every site may read the answer, without credentials.", "null": "Any sandboxed page may read it."}
    return Explained(name=name, value=value, sentence=sentences.get(value.strip(), f"Pages of {value} may read it."))


def banner(name: str, value: str) -> Explained:
    """Which software answers."""
    told = ", and which version" if VERSION.search(value) else ""
    return Explained(name=name, value=value, sentence=f"It tells everybody which software answers{told}.")


def content_type(name: str, value: str) -> Explained:
    """What the body is."""
    media = value.partition(";")[0].strip()
    charset = "charset=" in value.lower()
    text = media.startswith("text/") and not charset
    return Explained(
        name=name, value=value, sentence=f"The body is {media}" + ("; in which charset is not said." if text else ".")
    )


POLICIES: dict[str, Callable[[str, str], Explained]] = {
    **dict.fromkeys(TOKENS, token),
    **dict.fromkeys((f"{name}-report-only" for name in STRUCTURED), token),
    **dict.fromkeys(("content-security-policy", "content-security-policy-report-only"), content_security_policy),
    **dict.fromkeys(("permissions-policy", "permissions-policy-report-only"), permissions_policy),
    **dict.fromkeys(("server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator"), banner),
    "strict-transport-security": hsts,
    "reporting-endpoints": reporting_endpoints,
    "clear-site-data": clear_site_data,
    "access-control-allow-origin": allow_origin,
    "content-type": content_type,
}
