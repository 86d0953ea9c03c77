"""MariaDB as Debian has it, with a data folder of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.stores.servers import free_port, wait_for


class MariaDB:
    """One mariadbd on loopback; skipped where it is not installed, for there is no wheel of it."""

    def __init__(self) -> None:
        self._binary = shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        install = shutil.which("mariadb-install-db")
        if self._binary is None or install is None:
            pytest.skip("mariadbd is not installed (Debian: mariadb-server)")
        self.port, self.folder = free_port(), Path(tempfile.mkdtemp(prefix="hauberk-mariadb-"))
        shutil.chown(self.folder, user="mysql") if os.geteuid() == 0 else None
        self._user = ["--user=mysql"] if os.geteuid() == 0 else []
        self._data = self.folder / "data"
        command = [install, "--no-defaults", f"--datadir={self._data}", "--auth-root-authentication-method=normal"]
        subprocess.run([*command, *self._user, "--skip-test-db"], check=True, capture_output=True)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def options(self) -> dict[str, Any]:
        return {"host": "127.0.0.1", "port": self.port, "user": "root", "password": ""}

    def start(self) -> MariaDB:
        command = [str(self._binary), "--no-defaults", f"--datadir={self._data}", f"--port={self.port}", *self._user]
        command += ["--bind-address=127.0.0.1", f"--socket={self.folder / 'socket'}", "--skip-log-bin"]
        command += ["--innodb-buffer-pool-size=16M", f"--pid-file={self.folder / 'pid'}", "--skip-name-resolve"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
        wait_for(self._answers, what="MariaDB", seconds=60)
        return self

    def _answers(self) -> bool:
        import pymysql

        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2_000:]
        with contextlib.suppress(pymysql.Error):
            pymysql.connect(**self.options).close()
            return True
        return False

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
