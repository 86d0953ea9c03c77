"""From ten thousand to a million live sessions: what reading, changing and expiry cost as a store grows.

`python -m bench.stores --million [SIZES]` writes docs/stores-million.svg and prints JSON; it needs about 3 GB of disk,
1.5 GB of memory and some minutes. Sessions are filled in by the engine's own means; figures are of the store's calls.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from importlib import import_module
from math import log10
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import msgspec
import psycopg

from bench.stores import CHANGE, RECORD, TTL, servers
from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.stores import open_store
from hauberk.stores import postgres as postgres_store
from hauberk.stores import sqlite as sqlite_store

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
EXPIRING = 5_000
CALLS = 2_000
HOUR = 3_600
PICTURE = Path(__file__).parents[1] / "docs" / "stores-million.svg"
Figures = dict[int, dict[str, float]]


def timed(call: Callable[[str], Any], size: int) -> float:
    """Wall time of one call on a random session, in µs: the 10th percentile, as others use this machine too."""
    keys = [f"s{random.randrange(size):08}" for _ in range(CALLS)]
    times = []
    for key in keys:
        start = time.perf_counter_ns()
        run_inline(call(key))
        times.append((time.perf_counter_ns() - start) / 1e3)
    return round(quantiles(times, n=10)[0], 1)


def calls(store: Store, size: int) -> dict[str, float]:
    return {
        "read": timed(store.load, size),
        "change": timed(lambda key: store.save(key, CHANGE, ttl=TTL), size),
    }


def sqlite(folder: Path, sizes: list[int]) -> Figures:
    path = folder / "million.db"
    store = open_store(f"sqlite:///{path}")
    run_inline(store.ping())
    packed, link, figures = msgspec.msgpack.encode(RECORD), sqlite3.connect(path), {}
    for before, size in zip([0, *sizes], sizes, strict=False):
        rows = ((f"s{n:08}", time.time() + HOUR * 12 + n % 600, packed, f"u{n // 3}") for n in range(before, size))
        with link:
            link.executemany("INSERT INTO hauberk_entries (key, ends, fields, filed) VALUES (?, ?, ?, ?)", rows)
        figures[size] = calls(store, size)
        # Sessions all over the table that are over, and the writes that sweep them.
        with link:
            link.execute(
                "UPDATE hauberk_entries SET ends = 1 WHERE key IN (SELECT key FROM hauberk_entries "
                "ORDER BY random() LIMIT ?)",
                (EXPIRING,),
            )

        def left() -> int:
            return int(link.execute("SELECT count(*) FROM hauberk_entries WHERE ends < 2").fetchone()[0])

        figures[size] |= swept(store, sqlite_store.SWEEP_EVERY, left)
        figures[size]["bytes"] = round(os.path.getsize(path) / size)
    link.close()
    return figures


def swept(store: Any, every: int, left: Callable[[], int]) -> dict[str, float]:
    """What the writes that sweep cost beyond the others, by each row that is gone for it; medians."""
    usual: list[float] = []
    sweeping: list[float] = []
    before = left()
    while len(sweeping) < 40:
        start = time.perf_counter_ns()
        run_inline(store.set("other", b"x", TTL))
        spent = (time.perf_counter_ns() - start) / 1e3
        (sweeping if store._writes % every == 0 else usual).append(spent)
    gone, sweeps = before - left(), len(sweeping)
    cost = median(sweeping) - median(usual)
    return {"expiry": round(cost * sweeps / gone, 2), "sweeping_write_ms": round(median(sweeping) / 1e3, 2)}


def valkey(url: str, sizes: list[int]) -> Figures:
    redis: Any = import_module("redis")
    store, figures = open_store(url).blocking(), {}
    link = redis.Redis.from_url(url.replace("valkey", "redis"))
    fields = [part for name, value in RECORD.items() for part in (":" + name, value)]

    def cpu() -> float:
        used = link.info("cpu")
        return float(used["used_cpu_user"] + used["used_cpu_sys"])

    def expired() -> int:
        return int(link.info("stats")["expired_keys"])

    for size in sizes:
        for start in range(0, size, 1_000):
            pipe = link.pipeline(transaction=False)
            for n in range(start, min(start + 1_000, size)):
                pipe.execute_command("HSET", f"hauberk:s{n:08}", b"\0", b"", *fields)
                pipe.execute_command("PEXPIRE", f"hauberk:s{n:08}", (HOUR * 12 + n % 600) * 1_000)
            pipe.execute()
        figures[size] = calls(store, size)
        due = int((time.time() + 3 + size / 30_000) * 1_000)
        chosen = random.sample(range(size), size * 3 // 10)
        for start in range(0, len(chosen), 1_000):
            pipe = link.pipeline(transaction=False)
            for n in chosen[start : start + 1_000]:
                pipe.execute_command("PEXPIREAT", f"hauberk:s{n:08}", due)
            pipe.execute()
        time.sleep(max(0.0, due / 1_000 - time.time() - 0.2))
        since, used, gone = time.monotonic(), cpu(), expired()
        # It leaves some for later on purpose, until somebody asks for them or there are more.
        while expired() - gone < len(chosen) * 0.6 and time.monotonic() - since < 30:
            time.sleep(0.05)
        figures[size] |= {
            "expiry": round((cpu() - used) / max(1, expired() - gone) * 1e6, 2),
            "bytes": round(int(link.info("memory")["used_memory"]) / size),
        }
    run_inline(store.close())
    return figures


def postgres(url: str, sizes: list[int]) -> Figures:
    store, figures = open_store(url).blocking(), {}
    run_inline(store.ping())
    packed = json.dumps({name: b64encode(value).decode() for name, value in RECORD.items()})
    with psycopg.connect(url, autocommit=True) as link:
        for before, size in zip([0, *sizes], sizes, strict=False):
            link.execute(
                "INSERT INTO hauberk_entries (key, ends, fields, filed) SELECT 's' || lpad(n::text, 8, '0'), "
                "now() + interval '12 hours' + (n %% 600) * interval '1 second', %s::jsonb, 'u' || n / 3 "
                "FROM generate_series(%s::bigint, %s::bigint) AS n",
                (packed, before, size - 1),
            )
            link.execute("VACUUM ANALYZE hauberk_entries")
            link.execute("CHECKPOINT")
            figures[size] = calls(store, size)
            link.execute(
                "UPDATE hauberk_entries SET ends = '1970-01-02' WHERE key IN "
                "(SELECT key FROM hauberk_entries ORDER BY random() LIMIT %s)",
                (EXPIRING,),
            )

            def left() -> int:
                row = link.execute("SELECT count(*) FROM hauberk_entries WHERE ends < '1970-01-03'").fetchone()
                assert row is not None
                return int(row[0])

            figures[size] |= swept(store, postgres_store.SWEEP_EVERY, left)
            row = link.execute("SELECT pg_total_relation_size('hauberk_entries')").fetchone()
            assert row is not None
            figures[size]["bytes"] = round(row[0] / size)
    run_inline(store.close())
    return figures


def picture(found: dict[str, Figures]) -> str:
    """Two charts side by side, as SVG: reading and expiry over the number of sessions, both axes logarithmic."""
    colours = {"sqlite": "#7a5c00", "valkey": "#0b6b3a", "postgres": "#1f4e8c"}
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 340" role="img" font-family="sans-serif" ',
        'font-size="12">',
        "<title>What reading and expiry cost from ten thousand to a million sessions</title>",
        '<rect width="860" height="340" fill="#fff"/>',
    ]
    for column, (figure, title) in enumerate((("read", "read"), ("expiry", "expiry of one record"))):
        left = 60 + column * 420
        values = [row[figure] for sizes in found.values() for row in sizes.values() if row[figure] > 0]
        low, high = 10 ** int(log10(min(values)) - (min(values) < 1)), 10 ** (int(log10(max(values))) + 1)

        def across(size: float, left: int = left) -> float:
            return left + (log10(size) - 4) / 2 * 320

        def up(value: float, low: float = low, high: float = high) -> float:
            return 290 - (log10(max(value, low)) - log10(low)) / (log10(high) - log10(low)) * 240

        parts.append(f'<text x="{left}" y="30" font-size="15">{title}, µs</text>')
        tick = low
        while tick <= high:
            parts.append(f'<path d="M{left} {up(tick):.1f}h320" stroke="#ddd"/>')
            parts.append(f'<text x="{left - 8}" y="{up(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>')
            tick *= 10
        for size, label in ((10_000, "10 thousand"), (100_000, "100 thousand"), (1_000_000, "1 million sessions")):
            anchor = "end" if size == 1_000_000 else "middle"
            parts.append(f'<text x="{across(size):.1f}" y="312" text-anchor="{anchor}">{label}</text>')
        for row, (name, sizes) in enumerate(found.items()):
            points = " ".join(f"{across(size):.1f},{up(line[figure]):.1f}" for size, line in sizes.items())
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
            parts.append(f'<circle cx="{left + 8 + row * 90}" cy="328" r="4" fill="{colours[name]}"/>')
            parts.append(f'<text x="{left + 16 + row * 90}" y="332">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main(sizes: list[int]) -> None:
    """Run it, say how far it is, and write the picture."""
    sizes = sizes or list(SIZES)
    found: dict[str, Figures] = {}
    with servers() as (folder, valkey_url, postgres_url):
        found["sqlite"] = sqlite(folder, sizes)
        print("sqlite done", file=sys.stderr, flush=True)
        found["valkey"] = valkey(valkey_url, sizes)
        print("valkey done", file=sys.stderr, flush=True)
        found["postgres"] = postgres(postgres_url, sizes)
    if max(sizes) == SIZES[-1]:
        PICTURE.write_text(picture(found), encoding="utf-8")
    json.dump(
        {"subject": "live sessions", "unit": "µs of wall time, 10th percentile", "stores": found}, sys.stdout, indent=1
    )
    print()
