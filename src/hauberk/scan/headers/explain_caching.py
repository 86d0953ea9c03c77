"""Fields about caching in words (RFC 9111)."""

from __future__ import annotations

from collections.abc import Callable

from hauberk.scan.headers.explain_cookie import duration
from hauberk.scan.headers.explained import Explained, Part

DIRECTIVES: dict[str, str] = {
    "no-store": "Nobody keeps a copy, not even the browser's own cache.",
    "no-cache": "A copy may be kept, but the server is asked each time whether it still holds.",
    "private": "Only the visitor's own browser may keep a copy.",
    "public": "Every cache on the way may keep a copy, even of an answer to a logged-in visitor.",
    "must-revalidate": "Once too old, the copy is not used without asking.",
    "proxy-revalidate": "Once too old, shared caches do not use the copy without asking.",
    "must-understand": "Only a cache that knows the status keeps it.",
    "no-transform": "Nobody on the way may change it, such as by packing pictures smaller.",
    "immutable": "While fresh, it is not asked for again, not even when the page is loaded anew.",
}
TIMES: dict[str, str] = {
    "max-age": "It stays fresh for {}.",
    "s-maxage": "In shared caches it stays fresh for {}.",
    "stale-while-revalidate": "For {} more an old copy may be used while a new one is fetched.",
    "stale-if-error": "For {} more an old copy may be used when the server fails.",
}


def _directive(text: str) -> Part:
    name, _, value = text.partition("=")
    key, number = name.strip().lower(), value.strip().strip('"')
    if key in TIMES:
        seconds = int(number[:18]) if number.isdigit() else None
        if seconds is None:
            return Part(name=text, sentence="It is no number; caches take the answer for stale.")
        return Part(name=text, sentence=TIMES[key].format(duration(seconds)))
    return Part(name=text, sentence=DIRECTIVES.get(key, "No directive that caches know."))


def cache_control(name: str, value: str) -> Explained:
    """The whole in a sentence, then each directive."""
    texts = [text.strip() for text in value.split(",") if text.strip()]
    names = {text.partition("=")[0].strip().lower() for text in texts}
    if "no-store" in names:
        sentence = "Nobody may keep this answer."
    elif "private" in names:
        sentence = "Only the visitor's own browser may keep this answer."
    elif "public" in names or "s-maxage" in names:
        sentence = "Everybody may keep this answer, shared caches too."
    else:
        sentence = "Who may keep this answer, and how long."
    return Explained(name=name, value=value, sentence=sentence, parts=tuple(_directive(text) for text in texts))


def age(name: str, value: str) -> Explained:
    """How old a cache's copy is."""
    known = value.strip().isdigit()
    sentence = f"A cache has had this copy for {duration(int(value.strip()[:18]))}." if known else "It is no number."
    return Explained(name=name, value=value, sentence=sentence)


def expires(name: str, value: str) -> Explained:
    """The old way to say how long."""
    past = not value.strip() or value.strip() in {"0", "-1"}
    sentence = "The copy is stale at once." if past else "Until when it stays fresh; max-age takes precedence."
    return Explained(name=name, value=value, sentence=sentence)


def etag(name: str, value: str) -> Explained:
    """The mark of a version."""
    sentence = "A mark of this version, by which a browser asks later whether it is still the same"
    return Explained(name=name, value=value, sentence=sentence + ("; a weak one." if value.startswith("W/") else "."))


CACHING: dict[str, Callable[[str, str], Explained]] = {
    "cache-control": cache_control,
    "age": age,
    "expires": expires,
    "etag": etag,
}
