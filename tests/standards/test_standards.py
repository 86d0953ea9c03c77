"""The standards as data: complete, in order, and none of the standard's own text."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hauberk.standards import asvs, cwe_name, cwe_url, top10

OWASP = Path(__file__).parents[2].parent / "shared" / "vectors" / "owasp"


def shared(name: str) -> list[dict[str, Any]]:
    path = OWASP / name
    if not path.exists() and os.environ.get("CI") != "true":
        pytest.skip(f"the shared data {name} is not here")
    document = json.loads(path.read_text("utf-8"))
    rows: list[dict[str, Any]] = document.get("requirements") or document["categories"]
    return rows


def test_every_requirement_is_there_with_its_level() -> None:
    assert Counter(one.level for one in asvs().values()) == {1: 70, 2: 183, 3: 92}
    assert len({one.chapter for one in asvs().values()}) == 17


def test_a_requirement_is_found_by_its_cited_id() -> None:
    one = asvs()["v5.0.0-1.2.4"]
    assert (one.number, one.level, one.chapter, one.chapter_name) == ("1.2.4", 1, "V1", "Encoding and Sanitization")


def test_ids_levels_and_chapters_are_those_of_the_standard() -> None:
    published = {f"v5.0.0-{r['id']}": (r["level"], r["chapter_id"], r["chapter"]) for r in shared("asvs-5.0.json")}
    assert {id: (r.level, r.chapter, r.chapter_name) for id, r in asvs().items()} == published


def test_no_title_is_text_of_the_standard() -> None:
    texts = [row["text"].lower() for row in shared("asvs-5.0.json")]
    assert not [
        one.title for one in asvs().values() if any(one.title.lower() in text for text in texts if len(one.title) > 40)
    ]
    assert max(len(one.title) for one in asvs().values()) < 100


def test_requirements_come_in_the_order_of_the_standard() -> None:
    numbers = [[int(part) for part in one.number.split(".")] for one in asvs().values()]
    assert numbers == sorted(numbers)


def test_the_ten_categories_are_those_of_2025() -> None:
    assert {id: (one.name, one.url) for id, one in top10().items()} == {
        row["id"]: (row["name"], row["url"]) for row in shared("top10-2025.json")
    }
    assert list(top10()) == [f"A{n:02}:2025" for n in range(1, 11)]


@pytest.mark.parametrize(
    ("number", "name"), [(89, "SQL injection"), (79, "Cross-site scripting"), (22, "Path traversal")]
)
def test_a_weakness_has_a_short_name(number: int, name: str) -> None:
    assert cwe_name(number) == name
    assert cwe_url(number) == f"https://cwe.mitre.org/data/definitions/{number}.html"


@pytest.mark.parametrize("number", [0, -1, 4, 999_999])
def test_an_unknown_weakness_has_none(number: int) -> None:
    assert cwe_name(number) is None


def test_the_tables_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        asvs()["v5.0.0-1.1.1"] = asvs()["v5.0.0-1.1.2"]  # type: ignore[index]
