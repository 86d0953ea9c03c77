"""Running the tools that own the lock files: bounded in time, without a shell, and without a package's scripts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hauberk.audit.text import summary
from hauberk.core.errors import HauberkError, InputError, MissingExtraError

TIMEOUT = 900
"""Seconds; a resolver that builds its metadata anew over a slow line takes minutes."""
_QUIET = {
    "CI": "1",
    "NO_COLOR": "1",
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
    "YARN_ENABLE_SCRIPTS": "0",
    "YARN_IGNORE_PATH": "1",  # a yarn that the project brings along would run, unasked
    "YARN_ENABLE_IMMUTABLE_INSTALLS": "0",
    "YARN_ENABLE_TELEMETRY": "0",
    "POETRY_NO_INTERACTION": "1",
    "POETRY_VIRTUALENVS_CREATE": "false",
    "PIPENV_YES": "1",
    "PDM_CHECK_UPDATE": "0",
}
_NOISE = re.compile(r"^\s*(?:npm warn|warning:|Resolved |Using |.*A complete log of this run)", re.IGNORECASE)
_INSTALL = {
    "npm": "install Node.js, which brings npm",
    "yarn": "npm install --global yarn",
    "pnpm": "npm install --global pnpm",
    "poetry": "pipx install poetry",
    "pdm": "pipx install pdm",
    "pipenv": "pipx install pipenv",
}


class RefusedError(HauberkError):
    """A tool would not do what was asked. `reason` is what it said, on one line; `output` all of it."""

    def __init__(self, tool: str, output: str) -> None:
        self.tool, self.output = tool, output
        self.reason = f"{tool}: {_gist(output)}"
        super().__init__(self.reason)


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that was found."""

    name: str
    path: str

    def run(
        self, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = TIMEOUT
    ) -> str:
        """Run it, and return what it wrote to stdout. Raises RefusedError with what it said if it fails."""
        environ = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "FORCE_COLOR")}
        try:
            done = subprocess.run(  # noqa: S603 - a list, no shell; names and versions were checked
                [self.path, *arguments],
                cwd=cwd,
                env=environ | _QUIET | dict(env or {}),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RefusedError(self.name, f"gave no answer within {timeout:.0f} s") from None
        except OSError as error:
            raise InputError(self.path, f"cannot be run: {error.strerror}", _INSTALL.get(self.name, "")) from error
        if done.returncode:
            raise RefusedError(self.name, f"{done.stderr}\n{done.stdout}")
        return done.stdout


def find(name: str, file: str) -> Tool:
    """The tool that owns a file. Raises MissingExtraError for uv, InputError with what to install for the others."""
    if name == "uv":
        return _uv(file)
    path = shutil.which(name)
    if path is None:
        raise InputError(file, f"is {name}'s own, and {name} is not installed", _INSTALL[name])
    return Tool(name, path)


def _uv(file: str) -> Tool:
    path = shutil.which("uv")
    if path is None:
        try:
            from uv import find_uv_bin

            path = find_uv_bin()
        except (ImportError, FileNotFoundError):
            raise MissingExtraError("uv", "fix", f"resolving {file}") from None
    return Tool("uv", path)


def _gist(output: str) -> str:
    """The lines that say what is wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not _NOISE.match(line)]
    return summary(" ".join(lines) or "failed without a word", 500)
