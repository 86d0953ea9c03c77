"""The example sites, each with databases of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import time

import pytest

from examples.equipment import Equipment
from hauberk import Secrets
from tests.examples.browsing import DjangoSite, FastAPISite, FlaskSite, Site

SECRET = "kJ8vR2mW5xQ9tZ3nB7cH4yL6pD1sF0gA"
SITES: dict[str, Callable[[Equipment], Site]] = {"fastapi": FastAPISite, "flask": FlaskSite, "django": DjangoSite}


class Clock:
    """The tokens' own, that a test can put forward."""

    ahead = 0

    def __call__(self) -> float:
        return time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def equipment(tmp_path: Path, clock: Clock) -> Iterator[Equipment]:
    made = Equipment.of(tmp_path / "data", Secrets.of(SECRET))
    yield replace(made, tokens=replace(made.tokens, clock=clock))
    asyncio.run(made.store.close())


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest, equipment: Equipment) -> Iterator[Site]:
    with SITES[request.param](equipment) as made:
        yield made
