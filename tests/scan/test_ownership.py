"""Another host is scanned only if it serves a statement that was signed here, and holds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from hauberk.core.errors import ConfigurationError
from hauberk.crypto.signing import Signer
from hauberk.scan.ownership import PATH, problem_of, state

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OURS, THEIRS = Signer((b"k" * 31 + b"1",)), Signer((b"k" * 31 + b"2",))
LINE = state("shop.example", 14, OURS, NOW)


def test_a_statement_holds_for_its_host_and_time() -> None:
    assert problem_of(LINE, "shop.example", OURS, NOW) == ""
    assert problem_of(f"# ours\n  {LINE}  \n", "SHOP.example", OURS, NOW + timedelta(days=13)) == ""


@pytest.mark.parametrize(
    ("text", "host", "signer", "now", "said"),
    [
        ("", "shop.example", OURS, NOW, "no statement"),
        ("<html>not found</html>", "shop.example", OURS, NOW, "no statement"),
        (LINE, "other.example", OURS, NOW, "it is for shop.example"),
        (LINE, "a.shop.example", OURS, NOW, "it is for shop.example"),
        (LINE, "shop.example", OURS, NOW + timedelta(days=14), "ran out"),
        (LINE, "shop.example", THEIRS, NOW, "not signed with this HAUBERK_SECRET"),
        (LINE.replace("2026-06-15", "2027-06-15"), "shop.example", OURS, NOW, "not signed"),
        (LINE.replace("shop.example", "other.example"), "other.example", OURS, NOW, "not signed"),
        (LINE[:-1], "shop.example", OURS, NOW, "no statement"),
        (LINE.replace("T12", "T99"), "shop.example", OURS, NOW, "its time is none"),
        ("x\n" * 30 + LINE, "shop.example", OURS, NOW, "no statement"),
    ],
)
def test_and_for_nothing_else(text: str, host: str, signer: Signer, now: datetime, said: str) -> None:
    assert said in problem_of(text, host, signer, now)


@pytest.mark.parametrize(
    ("host", "days"), [("shop.example:80", 1), ("", 1), ("a b", 1), ("shop.example", 91), ("x", 0)]
)
def test_what_cannot_be_stated(host: str, days: int) -> None:
    with pytest.raises(ConfigurationError):
        state(host, days, OURS, NOW)


def own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: it only chooses where it would be sent from
        except OSError:
            return ""
        return str(probe.getsockname()[0])


@pytest.mark.parametrize("stated", [True, False])
def test_an_address_that_is_not_loopback(stated: bool, tmp_path: Path) -> None:
    address = own_address()
    if not address or address.startswith("127."):
        pytest.skip("this machine has no other address than loopback")
    environment = {**os.environ, "HAUBERK_SECRET": "q8Zr3vYx1LwK5nTb7HdJ2mPs9CfG4uEa6"}
    hauberk = [sys.executable, "-m", "hauberk"]
    line = subprocess.run(
        [*hauberk, "own", address], capture_output=True, text=True, check=True, env=environment
    ).stdout
    app = Flask("owned")
    asked: list[str] = []

    @app.get(PATH)
    def statement() -> str:
        return line if stated else "nothing here"

    @app.get("/")
    def home() -> str:
        asked.append("/")
        return "<!DOCTYPE html><a href='/?q=1'>x</a>"

    import threading

    server = make_server(address, 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        url = f"http://{address}:{server.port}/"
        done = subprocess.run(
            [*hauberk, "scan", url, "-q"], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
        )
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
    if stated:
        assert done.returncode == 1, done.stderr
        assert asked
    else:
        assert done.returncode == 2
        assert f"hauberk own {address}" in done.stderr
        assert asked == []
