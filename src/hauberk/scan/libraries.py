"""Which JavaScript libraries a front end uses, in which version: by their addresses, by what they say of themselves in
their files, and by what they say when asked in a browser. Source of the faults: `standards.js_libraries`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote

from hauberk.core.finding import SEVERITIES, Finding, HttpLocation, Rule, Severity
from hauberk.standards.js_libraries import js_libraries, known_faults

RULE = Rule(
    id="scan.vulnerable-library",
    title="JavaScript library with known faults",
    severity="medium",
    why="The faults are public, often with a working attack; whether the page uses the part that has one is not known.",
    fix="Upgrade to a version that has none of them, or remove the library.",
    cwe=(1395,),
    asvs=("v5.0.0-15.2.1",),
    top10=("A03:2025",),
    docs="https://owasp.org/www-project-top-ten/",
)
VERSION = r"v?(\d{1,3}\.\d{1,3}(?:\.\d{1,4})?(?:[-.]?(?:alpha|beta|rc|b|a)[-.]?\d*)?)"
ALIASES: dict[str, tuple[str, ...]] = {
    "angularjs": ("angularjs", "angular.js", "angular"),
    "angular": ("@angular/core",),
    "vue": ("vue", "vue.js", "vuejs"),
    "ember": ("ember", "ember.js", "ember-source"),
    "moment": ("moment", "moment.js"),
    "mustache": ("mustache", "mustache.js"),
    "handlebars": ("handlebars", "handlebars.js"),
    "backbone": ("backbone", "backbone.js"),
    "underscore": ("underscore", "underscore.js"),
    "lodash": ("lodash", "lodash.js", "lo-dash"),
    "bootstrap": ("bootstrap", "twitter-bootstrap"),
    "jquery-ui": ("jquery-ui", "jqueryui", "jquery.ui", "jquery ui"),
    "jquery-migrate": ("jquery-migrate", "jquery migrate"),
    "jquery-validation": ("jquery-validation", "jquery-validate", "jquery.validate", "jquery validation plugin"),
    "jquery-mobile": ("jquery-mobile", "jquery.mobile", "jquery mobile"),
    "datatables.net": ("datatables.net", "datatables", "jquery.datatables"),
    "chart.js": ("chart.js",),
    "highlight.js": ("highlight.js", "highlightjs"),
    "video.js": ("video.js", "videojs"),
    "dompurify": ("dompurify", "purify"),
    "pdfjs-dist": ("pdfjs-dist", "pdf.js"),
    "three": ("three", "three.js"),
    "ckeditor": ("ckeditor", "ckeditor4"),
    "knockout": ("knockout", "knockout.js", "knockout javascript library"),
    "dojo": ("dojo", "dojo toolkit"),
    "prototype": ("prototype", "prototype javascript framework", "prototypejs"),
    "markdown-it": ("markdown-it",),
    "next": ("next.js",),
    "react-router": ("react-router",),
    "preact": ("preact",),
    "d3": ("d3", "d3.js"),
    "alpinejs": ("alpinejs",),
    "htmx": ("htmx", "htmx.org"),
}
"""What a library is called in addresses and headings; where nothing stands here, by its name alone."""
QUOTE = r"[\"'`]"
WITHIN: dict[str, str] = {
    "react-dom": rf"version:\s*{QUOTE}{VERSION}{QUOTE},\s*rendererPackageName:\s*{QUOTE}react-dom{QUOTE}",
    "react": r"(?s:react\.(?:element|transitional\.element|fragment).{0,60000}?)\bexports\.version\s*=\s*"
    + rf"{QUOTE}{VERSION}{QUOTE}",
    "vue": rf"(?s:__vue_app__.{{0,9000}}?)(?:const|let|var|,)\s*\w+\s*=\s*{QUOTE}{VERSION}{QUOTE}",
    "angular": rf"(?s:ng-version.{{0,400000}}?)new\s+\w+\(\s*{QUOTE}{VERSION}{QUOTE}\s*\)",
    "jquery": rf"\bjquery:\s*{QUOTE}{VERSION}{QUOTE}",
    "ember": rf"{QUOTE}ember/version{QUOTE}.{{0,200}}?{QUOTE}{VERSION}(?:\+\w+)?{QUOTE}"
    + rf"|Ember\.VERSION\s*=\s*{QUOTE}{VERSION}",
    "lodash": rf"{QUOTE}{VERSION}{QUOTE}(?s:.{{0,900}}?)__lodash_hash_undefined__",
    "handlebars": rf"Handlebars(?s:.{{0,200}}?)VERSION\s*[:=]\s*{QUOTE}{VERSION}{QUOTE}",
    "moment": rf"\.version\s*=\s*{QUOTE}{VERSION}{QUOTE}(?s:.{{0,600}}?)isMoment",
    "axios": rf"\[Axios v{VERSION}\]",
    "underscore": rf"_\.VERSION\s*=\s*{QUOTE}{VERSION}{QUOTE}",
    "dompurify": rf"(?:DOMPurify|sanitize)(?s:.{{0,400}}?)\.version\s*=\s*{QUOTE}{VERSION}{QUOTE}",
    "bootstrap": rf"(?s:data-bs-.{{0,90000}}?)static get VERSION\(\)\s*\{{\s*return\s*{QUOTE}{VERSION}{QUOTE}",
}
"""What a library writes into its files beside its heading, for builds that drop comments."""
COMMENT = re.compile(r"/\*[\s\S]{0,1500}?\*/|^//[!*]?.{0,300}(?:\n//.{0,200}){0,6}", re.MULTILINE)
HEADS = 200
"""Comments of a file that are read: a bundle keeps those of all its parts."""
LONGEST = 4 << 20


@dataclass(frozen=True, slots=True)
class Library:
    """A library that a page loads."""

    name: str
    version: str
    path: str = ""
    """Of the file that told it; empty where the page did."""


@dataclass(slots=True)
class Libraries:
    """What was found so far."""

    found: dict[tuple[str, str], Library] = field(default_factory=dict)
    looked: int = 0
    """Scripts that were read."""

    def add(self, library: Library) -> None:
        """Remember it, once."""
        self.found.setdefault((library.name, library.version), library)

    def script(self, path: str, text: str) -> None:
        """Read a script that the scan got."""
        self.looked += 1
        for name, version in in_file(text).items():
            self.add(Library(name, version, path))
        for name, version in in_address(path).items():
            if not any(known == name for known, _ in self.found):
                self.add(Library(name, version, path))

    def stats(self) -> list[dict[str, str]]:
        """Every library with its version, for the report."""
        return [{"name": one.name, "version": one.version} for _, one in sorted(self.found.items())]

    def findings(self) -> Iterator[Finding]:
        """A failure for each that has known faults; a pass where libraries were seen and none has."""
        clean = True
        for one in self.found.values():
            faults = known_faults(one.name, one.version)
            if not faults:
                continue
            clean = False
            severities: list[Severity] = [s for s in SEVERITIES if any(f.severity == s for f in faults)]
            ids = list(dict.fromkeys(name for fault in faults for name in fault.ids))
            shown: dict[str, Any] = {"library": one.name, "version": one.version, "advisories": []}
            shown["faults"] = [
                {"ids": list(f.ids), "severity": f.severity, "since": f.since, "fixed_in": f.before} for f in faults
            ]
            fixed = max((f.before for f in faults if f.before), key=_order, default="")
            yield Finding(
                rule=RULE,
                outcome="fail",
                location=HttpLocation(method="GET", path=one.path or "*"),
                key=one.name,
                message=f"{one.name} {one.version} has {len(faults)} known faults: {', '.join(ids[:6])}.",
                own_title=f"{one.name} {one.version} has known faults",
                own_severity=severities[0] if severities else None,
                own_fix=f"Upgrade {one.name} to {fixed} or newer." if fixed else "Replace it: no version is without.",
                evidence=shown,
            )
        if clean:
            told = ", ".join(f"{one.name} {one.version}" for one in self.found.values())
            yield Finding(
                rule=RULE,
                outcome="pass" if self.found else "not-applicable",
                location=HttpLocation(method="ANY", path="*"),
                message=f"No known fault in {told}." if told else "No library was recognised.",
            )


def in_address(address: str) -> dict[str, str]:
    """Libraries that an address names with a version: `/jquery-3.4.1.min.js`, `/vue@3.2.0/`, `/lodash.js/4.17.4/`."""
    found = {}
    path = unquote(address).lower()
    for name, pattern in _addresses().items():
        match = pattern.search(path)
        if match is not None:
            found[name] = next(group for group in match.groups() if group)
    return found


def in_file(text: str) -> dict[str, str]:
    """Libraries that a script says it is, or holds: by its headings, and by what they keep of their own version."""
    found: dict[str, str] = {}
    text = text[:LONGEST]
    heads = [match[0] for _, match in zip(range(HEADS), COMMENT.finditer(text), strict=False)]
    for head in heads:
        for name, pattern in _headings().items():
            match = pattern.search(head)
            if match is not None:
                found.setdefault(name, match[1])
    for name, within in _within().items():
        if name not in found and (match := within.search(text)) is not None:
            found[name] = next(group for group in match.groups() if group)
    if "react-dom" in found and "react" not in found:
        found["react"] = found["react-dom"]  # they are released together
    return found


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:4])


def _names() -> dict[str, tuple[str, ...]]:
    return {name: ALIASES.get(name, (name,)) for name in (*js_libraries(), *ALIASES)}


@cache
def _addresses() -> dict[str, re.Pattern[str]]:
    found = {}
    for name, aliases in _names().items():
        word = "|".join(re.escape(alias.replace(" ", "-")) for alias in aliases)
        minified = r"(?:[.-](?:min|slim|prod|production|global|runtime|bundle|full|umd|core|all))*"
        found[name] = re.compile(
            rf"(?:^|/)(?:{word}){minified}[-@]{VERSION}(?:[./-]|$)|(?:^|/)(?:{word})/{VERSION}/"
            rf"|(?:^|/){VERSION}/(?:js/|dist/)?(?:{word}){minified}\.js|(?:^|/)(?:{word}){minified}\.js\?(?:v|ver|version)={VERSION}(?:&|$)"
        )
    return found


@cache
def _headings() -> dict[str, re.Pattern[str]]:
    """`/*! jQuery v3.4.1 |`, ` * @license AngularJS v1.5.8`, `//! version : 2.18.1` below `//! moment.js`."""
    found = {}
    for name, aliases in _names().items():
        if name == "angular":
            continue  # its files are built into others, and `@license Angular v` is that of AngularJS in old ones
        word = "|".join(re.escape(alias) for alias in sorted(aliases, key=len, reverse=True))
        found[name] = re.compile(
            rf"(?:^|[\s*!/])(?:{word})(?:\.js)?(?: JavaScript Library)?,?\s+(?:[|-]\s*|//!?\s*|\*\s*)*"
            rf"(?:version\s*:?\s*)?{VERSION}\b",
            re.IGNORECASE,
        )
    found["react-dom"] = re.compile(rf"React v{VERSION}\s+\*\s+react-dom[.-]")
    found["react"] = re.compile(rf"React v{VERSION}\s+\*\s+react(?:-jsx-runtime)?\.")
    found["ember"] = re.compile(rf"Ember(?:[^*]|\*(?!/)){{0,400}}?[vV]ersion:?\s+{VERSION}")
    found["angular"] = re.compile(rf"@license Angular v{VERSION}\s")
    return found


@cache
def _within() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(pattern) for name, pattern in WITHIN.items()}
