"""`open_store`: what URLs name, and what is said of those that name nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hauberk.core.errors import ConfigurationError
from hauberk.stores import open_store
from hauberk.stores.valkey import ValkeyStore
from hauberk.stores.valkey_cluster import ValkeyClusterStore

OPENED = [
    ("memory://", "memory://", False),
    ("memory://?most=10", "memory://", False),
    ("sqlite:///data/store.db", "sqlite:///data/store.db", False),
    ("sqlite:////var/lib/store.db?timeout=0.5", "sqlite:////var/lib/store.db", False),
    ("valkey://store.example", "valkey://store.example", True),
    ("redis://ann:s3cret@store.example:6380/2", "redis://store.example:6380/2", True),
    ("rediss://:s3cret@store.example/0?ssl_ca_certs=/ca.pem", "rediss://store.example/0", True),
    ("valkeys://[::1]:6379/0?protocol=2", "valkeys://[::1]:6379/0", True),
    ("valkey://a.example,b.example:7000/?cluster=true", "valkey://a.example,b.example:7000/", True),
    ("valkey://:s3cret@a.example,b.example/1?sentinel=main", "valkey://a.example,b.example/1", True),
    ("postgresql://ann:s3%2Fcret@db.example:5433/shop?sslmode=verify-full", "postgresql://db.example:5433/shop", True),
    ("postgres:///shop?host=/run/postgresql&password=s3cret", "postgres:///shop", True),
    ("postgresql://a.example,b.example/x?target_session_attrs=read-write", "postgresql://a.example,b.example/x", True),
]  # fmt: skip


@pytest.mark.parametrize(("url", "shown", "waits"), OPENED)
def test_a_url_opens_a_store_that_does_not_connect_and_shows_no_password(url: str, shown: str, waits: bool) -> None:
    store = open_store(url)
    assert (repr(store), store.waits) == (shown, waits)
    assert not store.blocking().waits
    assert store.blocking().blocking().waits is False
    for name in ("_address", "_server"):
        assert "s3" not in repr(getattr(store, name, ""))


def test_a_cluster_is_another_store() -> None:
    assert type(open_store("valkey://a.example?cluster=true")) is ValkeyClusterStore
    assert type(open_store("valkey://a.example?cluster=false")) is ValkeyStore


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        ("", "use one of"),
        ("valky://store.example", "did you mean 'valkey://'?"),
        ("postgressql://store.example/x", "did you mean 'postgresql://'?"),
        ("mongodb://ann:s3cret@db.example/x", "use one of"),
        ("redis:store.example", "did you mean 'redis://'?"),
        ("memory://store.example", "write memory://"),
        ("memory://?most=0", "most=100000"),
        ("sqlite://store.db", "three slashes"),
        ("sqlite:///", "sqlite:///data/hauberk.db"),
        ("sqlite:///:memory:", "memory://"),
        ("sqlite:///x?timout=1", "did you mean 'timeout'?"),
        ("valkey://h?clutser=true", "did you mean 'cluster'?"),
        ("valkey://h?cluster=yes", "cluster=true"),
        ("valkey://h?cluster=true&sentinel=x", "one of them"),
        ("valkey://h/1?cluster=true", "none but 0"),
        ("valkey://h/sessions", "write a number"),
        ("valkey://h:port/0", "from 1 to 65535"),
        ("valkey://h:70000/0", "from 1 to 65535"),
        ("valkey://a,b", "cluster=true"),
        ("valkey://h?timeout=0", "more than 0"),
        ("valkey://h?timeout=nan", "more than 0"),
        ("valkey://h?connections=-1", "whole number"),
        ("valkey://h?protocol=4", "protocol=3"),
        ("postgresql://h/x?sslmod=require", "did you mean 'sslmode'?"),
        ("postgresql://h/x?unlogged=maybe", "unlogged=true"),
        ("valkey://ann:s3/cret@h/0", "percent-encode"),
        ("postgresql://ann:s3?cret@h/0", "percent-encode"),
        ("redis://ann:s3#cret@h/0", "percent-encode"),
        ("s3cret", "use one of"),
        ("valkey://[::1/0", "memory://"),
    ],
)
def test_a_url_that_is_none_is_refused_with_a_fix_and_without_its_password(url: str, fix: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_store(url, field="sessions.store")
    assert caught.value.field == "sessions.store"
    assert fix in caught.value.fix
    assert "s3" not in str(caught.value)
    assert "cret" not in str(caught.value)


def test_nothing_of_a_network_is_imported_before_it_is_used() -> None:
    code = (
        "import sys; from hauberk.stores import open_store;"
        "[open_store(url) for url in ('valkey://h', 'valkey://h?cluster=true', 'postgresql://h/x')];"
        "import hauberk.testing;"
        "print([name for name in ('redis', 'psycopg', 'pytest') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("url", "package", "extra"),
    [("valkey://127.0.0.1:1", "redis", "valkey"), ("postgresql://127.0.0.1:1/x", "psycopg", "postgres")],
)
def test_a_library_that_is_missing_is_named(url: str, package: str, extra: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None;"
        "from hauberk.core.plan import run_inline; from hauberk.stores import open_store;"
        f"run_inline(open_store({url!r}).blocking().ping())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f'pip install "hauberk[{extra}]"' in done.stderr
