"""Every disagreement with two peers has a name; more of them: `python -m fuzz.token_differential`."""

from __future__ import annotations

from pathlib import Path

import pytest

from fuzz.token_differential import STRICTER, run

pytest.importorskip("jwt", reason="PyJWT is not installed")
pytest.importorskip("joserfc", reason="joserfc is not installed")
GUIDE = Path(__file__).parents[3] / "docs" / "tokens.md"


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_every_disagreement_has_a_name(seed: int) -> None:
    classes, unexplained = run(1_500, seed)
    assert unexplained == []
    assert classes["PyJWT", "agrees"] > 1_000
    assert classes["joserfc", "agrees"] > 1_000


def test_the_guide_names_them_all() -> None:
    text = GUIDE.read_text("utf-8")
    assert [reason for reason in STRICTER.values() if reason not in text] == []
