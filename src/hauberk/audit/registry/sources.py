"""Which indexes pip and npm are set up with on this machine, as they say it themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from hauberk.audit.versions import Ecosystem

_TIMEOUT = 30
_VARIABLES: dict[Ecosystem, tuple[str, ...]] = {
    "PyPI": ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "npm": ("npm_config_registry", "NPM_CONFIG_REGISTRY"),
}
_PIP_DEFAULT = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"


def source(ecosystem: Ecosystem) -> str | None:
    """The URL below which the index has its packages; None where neither the environment nor the tool says one."""
    for url in _said(ecosystem):
        if url.startswith(("https://", "http://")):
            return url.rstrip("/")
    return None


def _said(ecosystem: Ecosystem) -> Iterator[str]:
    for name in _VARIABLES[ecosystem]:
        yield os.environ.get(name, "").strip()
    if ecosystem == "npm":
        npm = shutil.which("npm")
        yield _run([npm, "config", "get", "registry"]) if npm else ""
        return
    yield _run([sys.executable, "-m", "pip", "config", "get", "global.index-url"])
    yield _run([sys.executable, "-c", _PIP_DEFAULT])


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a list, no shell, of constants
            command, capture_output=True, text=True, timeout=_TIMEOUT, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
