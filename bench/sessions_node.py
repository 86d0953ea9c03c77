"""express-session and cookie-session under Node.js, in a process of their own. Part of `bench.sessions`.

HAUBERK_BENCH_NODE names a folder with them: `npm install --prefix FOLDER express-session cookie-session`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

FOLDER = "HAUBERK_BENCH_NODE"
PACKAGES = ("express-session", "cookie-session")


def results() -> dict[str, Any]:
    """What each adds to a bare answer of Node.js for each act; or why there is nothing to tell."""
    node, folder = shutil.which("node"), Path(os.environ.get(FOLDER, ""))
    if node is None:
        return {"skipped": "node is not installed"}
    if not all((folder / "node_modules" / name).is_dir() for name in PACKAGES) or not os.environ.get(FOLDER):
        return {"skipped": f"{FOLDER} names no folder with node_modules of {' and '.join(PACKAGES)}"}
    script = Path(__file__).with_name("express_session.js")
    done = subprocess.run([node, str(script), str(folder.resolve())], capture_output=True, text=True, check=False)
    if done.returncode:
        return {"skipped": f"node ended with {done.returncode}: {done.stderr[-300:]}"}
    found: dict[str, Any] = json.loads(done.stdout)
    return found
