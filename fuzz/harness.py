"""Runs a target: guided by coverage where atheris is installed, else with random inputs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any

try:
    import atheris
except ModuleNotFoundError:
    atheris = None

OneInput = Callable[[bytes], object]
LONGEST = 200
"""Octets of inputs that are made up."""


def instrumented(name: str) -> AbstractContextManager[Any]:
    """What is imported within counts its coverage, if `name` is that of the program; tests import it as it is."""
    if atheris is None or name != "__main__":
        return nullcontext()
    context: AbstractContextManager[Any] = atheris.instrument_imports()
    return context


def inputs(random: Random, seeds: Sequence[bytes]) -> Iterator[bytes]:
    """Without end: the seeds, then random octets, and seeds that were cut, joined, repeated and changed."""
    yield b""
    yield from seeds
    while True:
        data = bytearray(
            random.choice(seeds) if seeds and random.random() < 0.8 else random.randbytes(random.randrange(40))
        )
        for _ in range(random.randrange(6)):
            at = random.randrange(len(data) + 1)
            change = random.randrange(5)
            if change == 0:
                del data[at : at + random.randrange(1, 9)]
            elif change == 1:
                data[at:at] = random.randbytes(random.randrange(1, 4))
            elif change == 2 and seeds:
                data[at:at] = random.choice(seeds)[: random.randrange(1, 20)]
            elif change == 3 and at < len(data):
                data[at] ^= 1 << random.randrange(8)
            else:
                data[at:at] = data[at : at + random.randrange(1, 9)] * random.randrange(1, 4)
        yield bytes(data[:LONGEST])


def _corpus(seeds: Sequence[bytes]) -> list[str]:
    """A folder with the seeds, unless the command line names one: libFuzzer starts from it, and adds to it."""
    if not seeds or any(not option.startswith("-") for option in sys.argv[1:]):
        return []
    folder = Path(mkdtemp(prefix="fuzz-"))
    for number, seed in enumerate(seeds):
        (folder / f"seed-{number}").write_bytes(seed)
    return [str(folder)]


def main(one_input: OneInput, seeds: Sequence[bytes] = ()) -> None:
    """Run until something is found, or for as long as the options say."""
    if atheris is not None:
        atheris.Setup([*sys.argv, *_corpus(seeds)], one_input)
        atheris.Fuzz()
        return
    options = dict(option.lstrip("-").split("=", 1) for option in sys.argv[1:] if "=" in option)
    runs, seconds = int(options.get("runs", 0)), float(options.get("max_total_time", 0))
    print("atheris is not installed: random inputs, not guided by coverage", file=sys.stderr)
    start, done = time.monotonic(), 0
    for data in inputs(Random(int(options.get("seed", 0))), seeds):
        try:
            one_input(data)
        except BaseException:
            print(f"after {done:,} inputs, this one broke a law: {data!r}", file=sys.stderr)
            raise
        done += 1
        if (runs and done >= runs) or (seconds and time.monotonic() - start > seconds):
            break
    print(f"{done:,} inputs in {time.monotonic() - start:.0f} s, no law broken", file=sys.stderr)
