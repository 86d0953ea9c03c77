"""Where vulnerable targets run: no network but loopback, no rights but nobody's, on a copy of their checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65_534
INSIDE = "HAUBERK_BENCH_INSIDE"
"""Set for the driver that already runs in the namespace."""


def confined() -> str:
    """Empty if this process can be confined; else why not."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if os.getuid() != 0:
        return "a network namespace needs root"
    missing = [tool for tool in ("unshare", "setpriv", "ip", "mount") if shutil.which(tool) is None]
    if missing:
        return f"{', '.join(missing)} is not installed"
    tried = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, text=True, check=False)
    return tried.stderr.strip() if tried.returncode else ""


def enter(arguments: Sequence[str], interpreters: Sequence[Path]) -> int:
    """Run this driver again in namespaces of its own, with the interpreters readable for everybody there."""
    script = "ip link set lo up && " + _opened(interpreters) + 'exec "$@"'
    again = [sys.executable, "-m", "bench.scan", *arguments]
    command = ["unshare", "--net", "--mount", "sh", "-c", script, "sh", *again]
    return subprocess.run(command, env=os.environ | {INSIDE: "1"}, check=False).returncode


def _opened(interpreters: Sequence[Path]) -> str:
    """Interpreters below folders that others may not enter, shown to them in this mount namespace alone."""
    closed: dict[Path, Path] = {}
    for prefix in {path.resolve().parents[1] for path in interpreters}:
        door = next((p for p in reversed(prefix.parents) if not p.stat().st_mode & 0o001), None)
        if door is not None:
            closed[prefix] = door
    aside = {prefix: tempfile.mkdtemp(prefix="hbk-python-") for prefix in closed}
    steps = [f"mount --bind '{prefix}' '{aside[prefix]}'" for prefix in closed]
    steps += [f"mount -t tmpfs -o mode=755 tmpfs '{door}'" for door in sorted(set(closed.values()))]
    steps += [f"mkdir -p '{prefix}' && mount --bind '{aside[prefix]}' '{prefix}'" for prefix in closed]
    return "".join(f"{step} && " for step in steps)


def unprivileged(command: Sequence[str]) -> list[str]:
    """The command as nobody, where we may choose who we are."""
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        return list(command)
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs", *command]


@contextmanager
def copied(checkout: Path) -> Iterator[Path]:
    """A copy that nobody may write to as he likes: targets keep their databases beside their code."""
    with tempfile.TemporaryDirectory(prefix="hbk-target-") as folder:
        place = Path(folder) / checkout.name
        shutil.copytree(checkout, place, ignore=shutil.ignore_patterns(".git"), symlinks=True)
        if os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            for path in [place, *place.rglob("*")]:
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        yield place
