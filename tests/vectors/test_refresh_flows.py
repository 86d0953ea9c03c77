"""Refresh tokens, step by step (shared/vectors/auth/refresh_flows.json)."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hauberk.auth.tokens import KeyRing, TokenError, Tokens
from hauberk.stores.memory import MemoryStore

START = 1_800_000_000.0
USER = "ann"


class World:
    """Names of the file's tokens to tokens of ours, and a clock."""

    def __init__(self) -> None:
        self.now = START
        self.refresh: dict[str, str] = {}
        self.access: dict[str, str] = {}
        self.tokens = Tokens(
            issuer="https://id.example",
            audience="api",
            keys=KeyRing.generate("HS256"),
            store=MemoryStore(clock=lambda: self.now),
            clock=lambda: self.now,
        )

    def named(self, name: str) -> str:
        base, _, kind = name.partition(".")
        return (self.access if kind == "access" else self.refresh).get(base, name)

    def keep(self, name: str, pair: Any) -> None:
        known = self.refresh.setdefault(name, pair.refresh)
        assert known == pair.refresh, "the same successor"
        self.access[name] = pair.access

    def step(self, op: str, argument: str, expected: str) -> str:
        given, tokens = self.named(argument), self.tokens
        try:
            if op == "login":
                self.keep(argument, tokens.pair_sync(USER))
            elif op == "refresh":
                self.keep(expected.partition(":")[2], tokens.refresh_sync(given))
                return expected if expected.startswith("ok:") else "ok"
            elif op == "logout":
                tokens.revoke_sync(given)
            elif op == "password_change":
                tokens.revoke_all_sync(USER, keep=given)
            elif op == "access":
                tokens.check_sync(given)
            else:
                pytest.fail(f"an operation that is not known: {op}")
        except TokenError as error:
            return f"reject:{error.reason}"
        return "ok"


def run(steps: list[dict[str, Any]]) -> None:
    world = World()
    for step in steps:
        world.now = START + step["at"]
        assert world.step(step["op"], step["arg"], step["expect"]) == step["expect"], step


def cases(path: Path) -> list[tuple[str, Callable[[], None]]]:
    flows = json.loads(path.read_text(encoding="utf-8"))
    return [(flow["id"], partial(run, flow["steps"])) for flow in flows]


FILES = {"auth/refresh_flows.json": cases}


def test_vectors(vector_file: str, run_file: Callable[[Any], None]) -> None:
    run_file(FILES[vector_file])
