"""Ruff, asked about the application's own files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from shutil import which

import msgspec

from hauberk.check.code.lint import RULE_OF
from hauberk.check.facts import Lint, LintHit
from hauberk.core.errors import InputError
from hauberk.integrations.facts.source import Source, Sources

LIMIT = 120
"""Seconds that ruff may take; it reads a hundred thousand lines in one."""
LONGEST = 90
SECRET_CODES = frozenset({"S105", "S106", "S107"})


class _Spot(msgspec.Struct):
    row: int


class _Hit(msgspec.Struct):
    filename: str
    location: _Spot
    message: str
    code: str | None = None


def linted(sources: Sources) -> Lint | None:
    """What ruff's security rules say of these files; None where ruff is not installed.

    The project's own choice of rules does not count, its `# noqa` comments do: somebody looked at that line.
    Raises InputError if ruff is there and fails.
    """
    ruff = _ruff()
    if ruff is None:
        return None
    files = {str(source.path): source for source in sources.files}
    if not files:
        return Lint(files=0)
    options = ["--isolated", "--no-cache", "--quiet", "--exit-zero", "--output-format=json"]
    command = [ruff, "check", *options, "--select", "S", "--", *files]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)  # noqa: S603 - no shell, no input
    except subprocess.TimeoutExpired as error:
        raise InputError(ruff, f"took longer than {LIMIT} s", "check smaller parts of the project") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()[:300]
        raise InputError(ruff, f"ended with status {done.returncode}: {said}", "upgrade ruff")
    found = msgspec.json.decode(done.stdout, type=list[_Hit])
    hits = [_hit(hit, files[hit.filename]) for hit in found if hit.code in RULE_OF and hit.filename in files]
    return Lint(files=len(files), hits=tuple(hits))


def _ruff() -> str | None:
    beside = Path(sys.executable).with_name("ruff")
    return str(beside) if beside.exists() else which("ruff")


def _hit(hit: _Hit, source: Source) -> LintHit:
    code = hit.code or ""
    # What the linter says of a password holds it.
    text = "A password stands here" if code in SECRET_CODES else hit.message.replace("`", "'").rstrip(".")
    line = "" if code in SECRET_CODES else _line(source, hit.location.row)
    return LintHit(code=code, text=text, where=source.at(hit.location.row), excerpt=line)


def _line(source: Source, number: int) -> str:
    lines = source.path.read_text("utf-8", "replace").splitlines()
    text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
