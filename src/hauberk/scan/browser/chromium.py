"""Which Chromium is started, and how: bound to one proxy, without a way around it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hauberk.core.errors import InputError, MissingExtraError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-default-browser-check",
    # Nothing but the proxy may be resolved or spoken to, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)


def api() -> Any:
    """Playwright's synchronous interface. Raises MissingExtraError without it."""
    try:
        import playwright.sync_api
    except ImportError:
        raise MissingExtraError("playwright", "browser", "scanning with a browser") from None
    return playwright.sync_api


def executable(environ: Mapping[str, str] = os.environ) -> str | None:
    """The browser named by CHROMIUM, or one on the path; None leaves it to the one that playwright installed.

    Raises InputError if what CHROMIUM names is not there.
    """
    named = environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if found is None:
            raise InputError(f"CHROMIUM={named}", "is no program", "name a Chromium, or install one")
        return found
    return next(filter(None, map(shutil.which, NAMES)), None)


def flags(*, root: bool | None = None) -> list[str]:
    """Its options. The sandbox stays, but for root, as whom Chromium starts only without."""
    if root is None:
        root = sys.platform != "win32" and os.geteuid() == 0
    return [*FLAGS, *(["--no-sandbox"] if root else [])]


def launch(playwright: Any, proxy: str) -> Any:
    """A running Chromium that reaches the proxy and nothing else. Raises InputError if none can be started."""
    path = executable()
    error_type = api().Error
    try:
        return playwright.chromium.launch(
            executable_path=path, headless=True, args=flags(), proxy={"server": proxy, "bypass": "<-loopback>"}
        )
    except error_type as error:
        raise InputError(
            (path and Path(path).name) or "the browser",
            f"does not start: {str(error).splitlines()[0]}",
            "install Chromium (`playwright install chromium`), or name one in CHROMIUM",
        ) from error
