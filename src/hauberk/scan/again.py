"""One finding again, and faults as tests that fail until they are mended."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from hauberk.core.errors import InputError
from hauberk.core.finding import Finding, HttpLocation, Result

FINGERPRINT = re.compile(r"[0-9a-f]{16}")


def check_fingerprint(text: str) -> None:
    """Raise InputError for what is none."""
    if not FINGERPRINT.fullmatch(text):
        raise InputError(text[:80], "is no fingerprint: 16 hexadecimal digits", "take it from the JSON")


def only(result: Result, fingerprint: str) -> Result:
    """The result with that finding alone; without any if it is not there any more. Raises InputError."""
    check_fingerprint(fingerprint)
    found = tuple(finding for finding in result.failures if finding.fingerprint == fingerprint)
    note = () if found else (f"{fingerprint} was looked for, and was not found.",)
    return replace(result, findings=found, gaps=(*result.gaps, *note))


def written_tests(result: Result, app: str, login: Sequence[str]) -> str:
    """A module of tests for pytest, one for each fault; empty if there is none.

    Logins may hold a password, and are not written out: a file is named as it was given, the rest has to be filled in.
    """
    faults = [finding for finding in result.failures if isinstance(finding.location, HttpLocation)]
    if not faults:
        return ""
    named = [text for text in login if text.startswith("@")]
    lines = [f'"""Faults that `hauberk scan {app}` found; each test fails until its fault is mended."""', ""]
    lines += ["from hauberk.testing import assert_gone", "", f"APP = {app!r}", f"LOGIN = {tuple(named)!r}"]
    if len(named) < len(login):
        lines.append("# The scan logged in with requests of its command line: write them to a file, and '@FILE' above.")
    for finding in faults:
        lines += ["", "", *_test(finding)]
    return "\n".join(lines) + "\n"


def _test(finding: Finding) -> list[str]:
    words = re.sub(r"[^a-z0-9]+", "_", f"{finding.rule.id} {finding.location.key()}".lower()).strip("_")[:80]
    said = " ".join(f"{finding.title}: {finding.location}".split()).encode("ascii", "replace").decode()
    return [
        f"def test_{words}_{finding.fingerprint[:6]}():",
        f"    # {said[:110]}",
        f"    assert_gone(APP, {finding.fingerprint!r}, login=LOGIN)",
    ]
