"""Runs the command that a row names on an application, as its user would."""

from __future__ import annotations

import http.server
import importlib
import itertools
import json
import logging
import os
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hauberk.audit.build import build
from hauberk.check import check
from hauberk.cli import audit
from hauberk.cli.scan import Options, run_url
from hauberk.core.finding import Result
from hauberk.core.progress import silent
from hauberk.integrations.facts import facts
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target, detect
from hauberk.scan import Budget, scan
from hauberk.scan.accounts import Flows, accounts
from tests.asvs.case import By
from tests.audit.conftest import advisory
from tests.stores.tls import certificate

NUMBERS = itertools.count()
FLOWS = Flows(
    register="POST /register name={name}&password={password}",
    login="POST /login name={name}&password={password}",
    private="GET /me",
    change="POST /password current={current}&new={new}",
    logout="POST /logout",
)


def _silenced() -> dict[logging.Logger, list[logging.Handler]]:
    """Take away the handlers that other tests and their applications left in this process; what to put back."""
    named = [one for one in logging.root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    held = {logger: logger.handlers[:] for logger in (logging.root, *named)}
    for logger in held:
        logger.handlers[:] = []
    return held


@contextmanager
def imported(source: str, folder: Path) -> Iterator[Target]:
    """The application of a module that is written and imported, and forgotten afterwards."""
    name = f"asvs_{next(NUMBERS)}"
    (folder / f"{name}.py").write_text(source)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    others = _silenced()
    try:
        app: Any = importlib.import_module(name).app
        framework, protocol = detect(app)
        yield Target(name=f"{name}:app", app=app, framework=framework, protocol=protocol, root=folder, module=name)
    finally:
        for logger, handlers in others.items():
            logger.handlers[:] = handlers
        sys.path.remove(str(folder))
        sys.modules.pop(name, None)


def by_check(source: str, folder: Path) -> Result:
    """`hauberk check module:app`; a source in JSON is a folder: file names to their contents, `main.py` among them."""
    files = json.loads(source) if source.startswith("{") else {"main.py": source}
    project = folder / f"project_{next(NUMBERS)}"
    project.mkdir()
    for name, content in files.items():
        (project / name).write_text(content)
    with imported(files["main.py"], project) as target:
        return check(facts(target))


def by_scan(source: str, folder: Path) -> Result:
    """`hauberk scan module:app`."""
    with imported(source, folder) as target:
        found = surface(target)
        return scan(found, transport(target, found), target=target.name, budget=Budget(max_seconds=30))


def by_accounts(source: str, folder: Path) -> Result:
    """`hauberk scan module:app --flows FILE`, the part of accounts."""
    with imported(source, folder) as target:
        return accounts(FLOWS, transport(target, surface(target)), target=target.name)


def by_audit(source: str, folder: Path) -> Result:
    """`hauberk audit FOLDER`: the source is JSON, file names to their contents."""
    project = folder / f"project_{next(NUMBERS)}"
    project.mkdir()
    for name, content in json.loads(source).items():
        (project / name).write_text(content)
    records, listed = folder / "records.jsonl", folder / "kev.csv"
    records.write_text(json.dumps(advisory("PYSEC-1", "flask", "introduced:0 fixed:2.0")) + "\n")
    listed.write_text("cve,date_added,ransomware_use\nCVE-2020-0002,2026-01-01,Unknown\n")
    index = build(folder / f"index_{next(NUMBERS)}.sqlite3", [records], kev=listed).path
    return audit.run((project,), silent, index=index, offline=True, root=project)


class Hello(http.server.BaseHTTPRequestHandler):
    """A page of one word."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def by_url(source: str, folder: Path) -> Result:
    """`hauberk scan https://localhost:PORT/`: the source says whether the store of this machine knows the authority."""
    cert, key = certificate(folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(cert) if source == "trusted" else os.devnull
    try:
        url = f"https://localhost:{server.server_port}/?q=1"
        return run_url(url, silent, Options(max_requests=150), None, None)
    finally:
        server.shutdown()
        server.server_close()
        del os.environ["SSL_CERT_FILE"]
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


JUDGES: dict[By, Callable[[str, Path], Result]] = {
    "check": by_check,
    "scan": by_scan,
    "accounts": by_accounts,
    "audit": by_audit,
    "url": by_url,
}
