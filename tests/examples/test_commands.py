"""The command in each README starts a server, and what it serves is protected."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).parents[2]
SITES = ("fastapi_auth", "flask_auth", "django_auth")
COMMAND = re.compile(r'^HAUBERK_SECRET="\$\(hauberk secret\)" (.+)$', re.MULTILINE)
PACKAGES = {"uvicorn": "uvicorn", "flask": "flask", "django-admin": "django"}
pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("site", SITES)
def test_the_command_of_the_readme_serves_it(site: str, tmp_path: Path) -> None:
    found = COMMAND.findall((ROOT / "examples" / site / "README.md").read_text(encoding="utf-8"))
    assert len(found) == 1
    port = free_port()
    program, *arguments = shlex.split(found[0].replace("8000", str(port)))
    environ = {
        **os.environ,
        "HAUBERK_SECRET": "kJ8vR2mW5xQ9tZ3nB7cH4yL6pD1sF0gA",
        "EXAMPLE_FOLDER": str(tmp_path / "data"),
        "EXAMPLE_ORIGIN": f"http://localhost:{port}",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", PACKAGES[program], *arguments],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with httpx2.Client(base_url=f"http://localhost:{port}", timeout=10, trust_env=False) as client:
            until = time.monotonic() + 30
            while time.monotonic() < until and server.poll() is None:
                with suppress(httpx2.TransportError):
                    client.get("/login")
                    break
                time.sleep(0.1)
            assert server.poll() is None, server.communicate()[1]
            made = client.post("/register", data={"name": "Ann", "password": "velvet orbit cactus"})
            assert made.status_code == 303, made.text
            page = client.get("/")
            assert "<h1>ann</h1>" in page.text
            assert "nonce-" in page.headers["content-security-policy"]
            assert (tmp_path / "data" / "accounts.db").stat().st_size
    finally:
        server.terminate()
        server.communicate(timeout=15)
