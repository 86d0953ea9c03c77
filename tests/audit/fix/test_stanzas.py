"""Entries of a yarn.lock as pieces of text, and what yarn takes lower than it was locked."""

from __future__ import annotations

import pytest

from hauberk.audit.fix.stanzas import locked
from hauberk.audit.fix.yarn import _lowered

CLASSIC = """# yarn lockfile v1


trim-newlines@^1.0.0, trim-newlines@^3.0.0:
  version "3.0.1"
  resolved "https://registry.example/trim-newlines/-/trim-newlines-3.0.1.tgz#x"

"old@npm:@s/new@^1":
  version "1.0.0"

two@^1:
  version "1.5.0"

two@^2:
  version "2.0.0"
"""


def test_locked() -> None:
    assert locked(CLASSIC) == {
        "trim-newlines@^1.0.0": ("trim-newlines", "3.0.1"),
        "trim-newlines@^3.0.0": ("trim-newlines", "3.0.1"),
        "old@npm:@s/new@^1": ("@s/new", "1.0.0"),
        "two@^1": ("two", "1.5.0"),
        "two@^2": ("two", "2.0.0"),
    }


ROWS = [
    ("another version of it", "trim-newlines@^1.0.0", "1.0.0", False, {"trim-newlines": "3.0.1"}),
    ("berry binds the very range", "trim-newlines@^1.0.0", "1.0.0", True, {"trim-newlines@^1.0.0": "3.0.1"}),
    ("higher is no downgrade", "trim-newlines@^1.0.0", "4.0.0", False, {}),
    ("one of two cannot be held by name", "two@^1", "1.0.0", False, {}),
    ("gone", "absent@^1", "1.0.0", False, {}),
]


@pytest.mark.parametrize(("descriptor", "now", "berry", "held"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_lowered(descriptor: str, now: str, *, berry: bool, held: dict[str, str]) -> None:
    before = locked(CLASSIC)
    name = before.get(descriptor, (descriptor, ""))[0]
    assert _lowered(before, before | {descriptor: (name, now)}, berry=berry) == held
