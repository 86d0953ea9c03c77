"""The judges, installed once a user from the lock file beside this, and a server with TLS for them to look at."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Literal

import pytest

HERE = Path(__file__).parent
SCRIPTS = ("observatory.mjs", "csp_evaluator.mjs")
PINNED = ("package.json", "package-lock.json")
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
PATIENCE = ("--fetch-timeout=20000", "--fetch-retries=1")
SECONDS = 150
Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the judges in it."""
    return judges(tmp_path_factory)


def judges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for tests in other folders; kept between runs, apart for each state of the lock file."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed here")
    mark = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINNED)).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hauberk-tests" / f"judges-{mark}"
    if not (cache / "node_modules").is_dir():
        _install(cache, tmp_path_factory.mktemp("judges"))
    for name in SCRIPTS:
        shutil.copy(HERE / name, cache / name)
    return cache


def _install(cache: Path, made: Path) -> None:
    for name in PINNED:
        shutil.copy(HERE / name, made / name)
    try:
        command = [*INSTALL, *PATIENCE]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the judges could not be installed from npm: no answer")
    if done.returncode:
        pytest.skip(f"the judges could not be installed from npm: {done.stderr.strip()[-300:]}")
    # Its install script, which is not run, would fetch the list of preloaded hosts; no test needs one.
    conf = made / "node_modules" / "@mdn" / "mdn-http-observatory" / "conf"
    conf.mkdir(exist_ok=True)
    (conf / "hsts-preload.json").write_text("{}")
    cache.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(cache, ignore_errors=True)
    shutil.copytree(made, cache, symlinks=True)


@pytest.fixture(scope="session")
def ask(installed: Path) -> Ask:
    """`ask("csp_evaluator.mjs", given=[...])` runs a script of a judge and reads the JSON that it prints."""

    def run(script: str, *args: str, given: object = None, trust: Path | None = None) -> Any:
        env = {**os.environ, **({"NODE_EXTRA_CA_CERTS": str(trust)} if trust else {})}
        done = subprocess.run(
            ["node", script, *args],
            cwd=installed,
            env=env,
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate and its key in one file, for localhost, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=6))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@contextmanager
def served(app: Any, certificate: Path | None = None, lifespan: Literal["on", "off"] = "off") -> Iterator[int]:
    """Serve an ASGI application on loopback while the block runs; gives the port."""
    import uvicorn

    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="error",
        lifespan=lifespan,
        ws="none",
        server_header=False,
        ssl_certfile=str(certificate) if certificate else None,
        ssl_keyfile=str(certificate) if certificate else None,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 15
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < until, "the server did not start"
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(15)
