"""Which kinds of thing an application does, by what its own modules import and name.

Half of the ASVS asks only of applications with some feature: uploads, an OAuth server, WebRTC. A feature counts as
present at the slightest sign of it, and as absent only where all of the source could be read: what is wrongly present
costs a person a minute, what is wrongly absent hides a requirement.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from hauberk.check.facts import Facts
from hauberk.check.module import Module


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One kind of thing, and its signs."""

    name: str
    """As `Automation.applies_if` has it."""
    imports: tuple[str, ...] = ()
    """Packages or modules; what lies below them counts as well."""
    names: tuple[str, ...] = ()
    """Parts of identifiers between underscores, lower case: `upload` is in `upload_dir` and in `UploadFile`."""
    texts: tuple[str, ...] = ()
    """Words of page scripts, whole identifiers."""


@cache
def known_features() -> tuple[Feature, ...]:
    """Every feature, with its signs."""
    rows = json.loads(files(__package__).joinpath("features.json").read_text("utf-8"))
    return tuple(
        Feature(
            name=name,
            imports=tuple(signs.get("imports", "").split()),
            names=tuple(signs.get("names", "").split()),
            texts=tuple(signs.get("texts", "").split()),
        )
        for name, signs in rows["features"].items()
    )


def features(facts: Facts) -> Mapping[str, str | None]:
    """Feature to the sign of it, or None where it is absent; nothing at all where the source could not be read."""
    if not facts.modules or facts.unread:
        # Signs still count: what is there is there.
        return {name: sign for name, sign in _signs(facts) if sign is not None}
    return dict(_signs(facts))


def _signs(facts: Facts) -> Iterator[tuple[str, str | None]]:
    seen = _Seen.of(facts.modules)
    for feature in known_features():
        sign = _configured(feature.name, facts) or seen.sign(feature) or _scripted(feature, facts)
        # Without the pages, absence from their scripts is not known: then the feature is left out altogether.
        if sign is not None or not feature.texts or facts.page_words is not None:
            yield feature.name, sign


def _configured(name: str, facts: Facts) -> str | None:
    """What the configuration says by itself."""
    if name == "session" and facts.session is not None:
        return f"sessions of {facts.session.engine}"
    if name == "session" and any(cookie.role == "session" for cookie in facts.cookies or ()):
        return "a session cookie"
    if name == "password" and (facts.hashers is not None or facts.validators is not None):
        return "password hashers are configured"
    return None


def _scripted(feature: Feature, facts: Facts) -> str | None:
    word = next((text for text in feature.texts if text in (facts.page_words or ())), None)
    return f"{word} in a page's script" if word else None


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is imported and named in modules, each with the first place where it is."""

    imports: Mapping[str, str]
    names: Mapping[str, str]

    @classmethod
    def of(cls, modules: Iterable[Module]) -> _Seen:
        imports: dict[str, str] = {}
        names: dict[str, str] = {}
        for module in modules:
            for node in ast.walk(module.tree):
                place = f"{module.file.file}:{getattr(node, 'lineno', 1)}"
                for dotted in _imported(node):
                    imports.setdefault(dotted, place)
                for word in _words(node):
                    names.setdefault(word, place)
        return cls(imports, names)

    def sign(self, feature: Feature) -> str | None:
        for wanted in feature.imports:
            for dotted, place in self.imports.items():
                if dotted == wanted or dotted.startswith(wanted + "."):
                    return f"{dotted} in {place}"
        word = next((name for name in feature.names if name in self.names), None)
        return f"{word!r} in {self.names[word]}" if word else None


def _imported(node: ast.AST) -> Iterator[str]:
    """Dotted names of an import, and texts that name a module, as Django's settings do."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _names_module(node.value):
        yield node.value


def _names_module(text: str) -> bool:
    """Not one of the standard library's: `email` is more often a field."""
    return _DOTTED.fullmatch(text) is not None and text not in sys.stdlib_module_names


def _words(node: ast.AST) -> Iterator[str]:
    """The parts of the identifiers that a node brings."""
    for field in ("id", "attr", "arg", "name"):
        text = getattr(node, field, None)
        if isinstance(text, str):
            yield from _parts(text)
    # A form's field or a JSON's key: data["password"].
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value) < 40:
        yield from _parts(node.value) if node.value.isidentifier() else ()


@cache
def _parts(identifier: str) -> tuple[str, ...]:
    """`UploadFile` is upload and file and uploadfile; `two_factor_code` two, factor, code, twofactor and so on."""
    parts = [part.lower() for part in _PART.findall(identifier)]
    return (*parts, *(a + b for a, b in pairwise(parts)))


_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_DOTTED = re.compile(r"[a-z_][a-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+|[a-z_][a-z0-9_]{3,30}")
