"""Every fuzz target takes a few hundred inputs: none of them rots, and what a longer run finds is found again."""

from __future__ import annotations

from importlib import import_module
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from fuzz.harness import inputs

OTHERS = {"__init__", "harness", "mutate_tokens", "token_differential"}
"""No targets: they change our code, or compare with others, and have tests or a command of their own."""
TARGETS = sorted(path.stem for path in (Path(__file__).parents[2] / "fuzz").glob("*.py") if path.stem not in OTHERS)


@pytest.mark.parametrize("name", TARGETS)
def test_a_few_hundred_inputs(name: str) -> None:
    try:
        target = import_module(f"fuzz.{name}")
    except ModuleNotFoundError as error:
        if error.name == "atheris":
            pytest.skip("atheris, which this target is made for, is not installed")
        raise
    one_input = getattr(target, "one_input", None) or target.one
    seeds = getattr(target, "SEEDS", ())
    for data in islice(inputs(Random(name), seeds if isinstance(seeds, tuple) else ()), 300):
        one_input(data)


def test_every_target_can_be_run_by_its_name() -> None:
    for name in TARGETS:
        source = (Path(__file__).parents[2] / "fuzz" / f"{name}.py").read_text("utf-8")
        assert 'if __name__ == "__main__":\n    main(' in source, f"python -m fuzz.{name} does nothing"
        assert f"python -m fuzz.{name}" in source
