"""Reading what browsers report of a Content-Security-Policy (CSP3, section 5.3; Reporting API, section 2.4).

Two formats: one violation as `application/csp-report`, sent for `report-uri`, and a list of reports of every kind as
`application/reports+json`, sent for `report-to`. Nothing in either is to be believed: anybody can post one.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import urlsplit

from hauberk.core.errors import HauberkError

SINGLE = "application/csp-report"
LIST = "application/reports+json"
LONGEST = 400
"""Characters that are kept of any text."""
SAMPLE = 40
"""Characters of a sample (CSP3, section 2.4.2); a shorter one is the whole text."""
MOST = 100
"""Reports that are read of one list."""
BARE = frozenset("inline eval wasm-eval trusted-types-sink trusted-types-policy self".split())
"""What stands for a blocked address where there is none."""

Kind = Literal["inline", "eval", "wasm-eval", "trusted-types", "scheme", "url", "none"]


class ReportError(HauberkError, ValueError):
    """A body is no report. `problem` says what is wrong with it, and holds nothing of the body."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(f"this is no violation report: {problem}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that a page wanted and a policy did not allow. Every text is cut, printable, and a stranger's word."""

    document: str
    """The page, without query and fragment: they may hold secrets."""
    directive: str
    """The effective directive in lower case, such as `script-src-elem`."""
    blocked: str
    """Address without query and fragment, a scheme such as `data`, or a word such as `inline`."""
    report_only: bool = False
    source: str = ""
    """The file that caused it, without query and fragment."""
    line: int = 0
    column: int = 0
    sample: str = ""
    """The first 40 characters of an inline script, style or handler, where the policy has `'report-sample'`."""
    hash: str = ""
    """The hash source of that text, where the sample is the whole of it."""

    @property
    def kind(self) -> Kind:
        """What was blocked."""
        if self.blocked.startswith("trusted-types-"):
            return "trusted-types"
        if self.blocked in {"inline", "eval", "wasm-eval"}:
            return self.blocked  # type: ignore[return-value]
        if not self.blocked:
            return "none"
        return "url" if "://" in self.blocked or self.blocked == "self" else "scheme"


def parse(body: bytes) -> list[Violation]:
    """The violations in a body of either format. Raises ReportError if it is none, and only that."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ReportError("it is no JSON") from error
    found = list(_violations(document))
    if not found:
        raise ReportError("it holds no violation of a Content-Security-Policy")
    return found


def _violations(document: object) -> Iterator[Violation]:
    if isinstance(document, Mapping):
        document = [document]
    if not isinstance(document, list):
        return
    for report in document[:MOST]:
        if not isinstance(report, Mapping):
            continue
        if isinstance(single := report.get("csp-report"), Mapping):
            found = _read(single, SINGLE_NAMES)
        elif report.get("type") == "csp-violation" and isinstance(body := report.get("body"), Mapping):
            found = _read({"documentURL": report.get("url"), **body}, LIST_NAMES)
        else:
            continue
        if found is not None:
            yield found


SINGLE_NAMES = {
    "document": "document-uri",
    "directive": "effective-directive",
    "blocked": "blocked-uri",
    "disposition": "disposition",
    "source": "source-file",
    "line": "line-number",
    "column": "column-number",
    "sample": "script-sample",
}
LIST_NAMES = {
    "document": "documentURL",
    "directive": "effectiveDirective",
    "blocked": "blockedURL",
    "disposition": "disposition",
    "source": "sourceFile",
    "line": "lineNumber",
    "column": "columnNumber",
    "sample": "sample",
}


def _read(report: Mapping[str, Any], names: Mapping[str, str]) -> Violation | None:
    def of(field: str) -> str:
        return text(report.get(names[field]))

    # Browsers of before 2016 give the whole directive, and no other name for it.
    directive = (of("directive") or text(report.get("violated-directive"))).partition(" ")[0].lower()
    document = address(of("document"))
    if not directive or not document:
        return None
    return Violation(
        document=document,
        directive=directive,
        blocked=address(of("blocked")),
        report_only=of("disposition") == "report",
        source=address(of("source")),
        line=_number(report.get(names["line"])),
        column=_number(report.get(names["column"])),
        sample=of("sample")[:SAMPLE],
        hash=_hash(report.get(names["sample"])),
    )


def _hash(sample: object) -> str:
    """Of the sample as it came: what is shown of it may have lost a line end."""
    if not isinstance(sample, str) or not 0 < len(sample) < SAMPLE:
        return ""
    digest = sha256(sample.encode("utf-8", "replace")).digest()
    return f"'sha256-{b64encode(digest).decode('ascii')}'"


def text(value: object) -> str:
    """A text that may be written anywhere: cut, and without what is not printable; empty for anything else."""
    if not isinstance(value, str):
        return ""
    return "".join(c if c.isprintable() else " " for c in value[:LONGEST]).strip()


def address(url: str) -> str:
    """Without user, query and fragment, scheme and host in lower case; a lone scheme or word as it is."""
    if "://" not in url:
        word = url.partition(":")[0].lower()
        return word if word in BARE or word.replace("-", "").replace("+", "").replace(".", "").isalnum() else ""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if ":" in host:
        host = f"[{host}]"
    return f"{parts.scheme.lower()}://{host}{f':{port}' if port is not None else ''}{parts.path}"


def origin(url: str) -> str:
    """Scheme, host and port of an address that `address` made; empty where it has none."""
    scheme, found, rest = url.partition("://")
    host = rest.partition("/")[0]
    return f"{scheme}://{host}" if found and host else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31 else 0
