"""An index's answer about one package, as far as it is judged.

PyPI's: the simple interface (PEP 503, 592, 691, 700, 792), JSON or HTML. npm's: a packument, whole or abbreviated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urlsplit

from hauberk.audit.readers.documents import entries, mapping, text_of
from hauberk.audit.readers.manifest import wheel
from hauberk.audit.versions import Ecosystem, is_prerelease, key, normal_name

_DISTRIBUTION = re.compile(r"\.(?:tar\.gz|tgz|zip|tar\.bz2|tar\.xz)$")
_HEAD = re.compile(r"\s*(?:<!doctype|<html|<\?xml|<a\s)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """What an index has of a package. Versions are in `plain` form, so that `1.0` and `1.0.0` are one."""

    versions: frozenset[str] = frozenset()
    latest: str = ""
    """The highest that is neither a pre-release nor yanked, as the index writes it; empty: there is none."""
    last: str = ""
    """The day of the last release, as `2026-01-31`; empty: the index does not say."""
    yanked: dict[str, str] = field(default_factory=dict)
    """By version: the reason, which may be empty."""
    deprecated: dict[str, str] = field(default_factory=dict)
    """By version: what the authors say."""
    status: str = ""
    """PEP 792: `archived`, `deprecated`, `quarantined`; empty or `active` otherwise."""
    reason: str = ""
    """Why it has that status."""


def plain(ecosystem: Ecosystem, version: str) -> str:
    """The version as it is compared with others: an index and a lock file may write it differently."""
    if ecosystem == "npm":
        return version.lstrip("=v").partition("+")[0]
    from packaging.utils import canonicalize_version

    return canonicalize_version(version)


def of_answer(ecosystem: Ecosystem, name: str, content: bytes) -> Releases:
    """What an answer says. Raises ValueError if it is of no form that is known."""
    text = content.decode("utf-8-sig", "replace")
    if ecosystem == "npm":
        return _of_packument(_object(text))
    if _HEAD.match(text):
        return _of_files(normal_name("PyPI", name), _of_html(text), {})
    document = _object(text)
    files = [
        (text_of(one.get("filename")), one.get("yanked"), text_of(one.get("upload-time")))
        for one in entries(document.get("files"))
    ]
    return _of_files(normal_name("PyPI", name), files, mapping(document.get("project-status")))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - a document of another form is a wrong value
    return found


def _of_files(name: str, files: list[tuple[str, object, str]], status: dict[str, Any]) -> Releases:
    """A version is yanked if all of its files are."""
    kept: dict[str, str] = {}
    yanked: dict[str, str] = {}
    days: list[str] = []
    for filename, reason, when in files:
        version = _version(name, filename)
        if version is None:
            continue
        days.append(when[:10])
        own = plain("PyPI", version)
        if reason is None or reason is False:
            kept.setdefault(own, version)
        else:
            yanked.setdefault(own, reason if isinstance(reason, str) else "")
    return Releases(
        versions=frozenset(kept) | frozenset(yanked),
        latest=_highest("PyPI", kept.values()),
        last=max(days, default=""),
        yanked={own: reason for own, reason in yanked.items() if own not in kept},
        status=text_of(status.get("status")),
        reason=text_of(status.get("reason")),
    )


def _version(name: str, filename: str) -> str | None:
    """The version that a file's name says: of a wheel, or of `{name}-{version}.tar.gz`."""
    if built := wheel(filename):
        return built[1] if key("PyPI", built[1]) is not None else None
    bare = _DISTRIBUTION.sub("", filename)
    if bare == filename:
        return None
    for cut in (at for at, sign in enumerate(bare) if sign == "-"):
        if normal_name("PyPI", bare[:cut]) == name and key("PyPI", bare[cut + 1 :]) is not None:
            return bare[cut + 1 :]
    return None


class _Links(HTMLParser):
    """The files of a page of the simple interface."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, object, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One link."""
        given = dict(attrs)
        if tag == "a" and (href := given.get("href")):
            try:
                path = urlsplit(href).path
            except ValueError:
                return
            yanked: object = (given["data-yanked"] or "") if "data-yanked" in given else None
            self.found.append((unquote(path).rpartition("/")[2], yanked, ""))


def _of_html(text: str) -> list[tuple[str, object, str]]:
    links = _Links()
    links.feed(text)
    return links.found


def _of_packument(document: dict[str, Any]) -> Releases:
    members = mapping(document.get("versions"))
    times = mapping(document.get("time"))
    days = [text_of(times.get(version))[:10] for version in members if version in times]
    deprecated = {
        plain("npm", version): text_of(mapping(one).get("deprecated")) or "no reason is given"
        for version, one in members.items()
        if mapping(one).get("deprecated")
    }
    tagged = text_of(mapping(document.get("dist-tags")).get("latest"))
    return Releases(
        versions=frozenset(plain("npm", version) for version in members),
        latest=tagged if tagged in members else _highest("npm", members),
        # An abbreviated packument says when it changed last, which is no earlier than the last release.
        last=max(days, default="") or text_of(document.get("modified"))[:10],
        deprecated=deprecated,
    )


def _highest(ecosystem: Ecosystem, versions: Any) -> str:
    keyed = sorted(_keyed(ecosystem, versions), key=lambda pair: pair[0])
    stable = [text for _, text in keyed if not is_prerelease(ecosystem, text)]
    return (stable or [text for _, text in keyed] or [""])[-1]


def _keyed(ecosystem: Ecosystem, versions: Any) -> Iterator[tuple[Any, str]]:
    for text in versions:
        if (found := key(ecosystem, text)) is not None:
            yield found, text
