"""Running the tools that own the lock files: bounded in time, without a shell, and without a package's scripts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from hauberk.audit.text import summary
from hauberk.core.errors import HauberkError, InputError, MissingExtraError

TIMEOUT = 900
"""Seconds; a resolver that builds its metadata anew over a slow line takes minutes."""
_QUIET = {
    "CI": "1",
    "UV_PYTHON_DOWNLOADS": "never",  # nobody asked for an interpreter
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
    "PDM_USE_VENV": "0",  # locking needs none, and would make one in the copy
}
_NOISE = re.compile(
    r"^\s*(?:npm warn|warning:|deprecated:|info:|\S+\.py:\d+|Resolved |Using |See .* for detailed"
    r"|.*A complete log of this run)",
    re.IGNORECASE,
)
_INSTALL = {
    "npm": "install Node.js, which brings npm",
    "yarn": "npm install --global yarn",
    "pnpm": "npm install --global pnpm",
    "poetry": "pipx install poetry",
    "pdm": "pipx install pdm",
    "pipenv": "pipx install pipenv",
}


_REFUSALS = re.compile(
    r"No solution found|unsatisfiable|[Ff]ailed to (?:download and )?build|no usable wheels"
    r"|Building source distributions"
    r"|[Vv]ersion solving failed|ResolutionImpossible|ResolutionFailure|[Uu]nable to find a resolution|conflict"
    r"|\b(?:ERESOLVE|ETARGET|EOVERRIDE|ENOVERSIONS|E404|EBADPLATFORM)\b|ERR_PNPM_NO_MATCHING|YN0082|YN0027"
    r"|Package \S+ \(\S+\) not found|Couldn't find (?:any versions|package)"
    r"|[Nn]o versions? (?:of|available|found)|No matching (?:version|distribution)"
)
"""What resolvers say when the question has no answer. Whatever else they fail with is no answer at all."""


class RefusedError(HauberkError):
    """A resolver found that what was asked cannot be. `reason` is what it said, on one line; `output` all of it."""

    def __init__(self, tool: str, output: str) -> None:
        self.tool, self.output = tool, output
        self.reason = f"{tool}: {_gist(output)}"
        super().__init__(self.reason)


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that was found."""

    name: str
    path: str

    def run(self, arguments: Sequence[str], *, cwd: Path, timeout: float = TIMEOUT, judge: bool = True) -> str:
        """Run it, and return what it wrote to stdout; without `judge` all that it wrote, however it ended.

        Raises RefusedError if there is no solution, InputError if it fails otherwise: no network, no interpreter.
        """
        environ = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "FORCE_COLOR")}
        try:
            done = subprocess.run(  # noqa: S603 - a list, no shell; names and versions were checked
                [self.path, *arguments],
                cwd=cwd,
                env=environ | _QUIET,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            problem = f"{self.name} gave no answer within {timeout:.0f} s"
            raise InputError(self.name, problem, "is its registry reachable?") from None
        except OSError as error:
            raise InputError(self.path, f"cannot be run: {error.strerror}", _INSTALL.get(self.name, "")) from error
        output = f"{done.stderr}\n{done.stdout}"
        if not judge:
            return output
        if done.returncode == 0:
            return done.stdout
        if _REFUSALS.search(output):
            raise RefusedError(self.name, output)
        problem = f"{self.name} failed: {_gist(output)}"
        raise InputError(self.name, problem, f"run {self.name} by hand to see more")


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
            path = str(import_module("uv").find_uv_bin())
        except (ImportError, FileNotFoundError):
            raise MissingExtraError("uv", "fix", f"resolving {file}") from None
    return Tool("uv", path)


def _gist(output: str) -> str:
    """The lines that say what is wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip() and not _NOISE.match(line)]
    return summary(" ".join(lines) or "failed without a word", 500)
