"""What an input is by itself, and what is left of it after an application changed it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.guard.fragments import altered, crafted, wordy
from hauberk.guard.sql import judge_altered


@pytest.mark.parametrize("value", ["id, name", "name price", "users.id", "a.b, c", "42 7", "créé le"])
def test_words_alone(value: str) -> None:
    assert wordy(value)


@pytest.mark.parametrize("value", ["from users", "id; x", "1 or 1", "'a'", "a--", "x = 1", "count(*)", "name DESC"])
def test_more_than_words(value: str) -> None:
    assert not wordy(value)


@pytest.mark.parametrize(
    "value", ["x' or 1=1", "1; drop", "a -- b", "/* x", 'x", (select 1) as "y', 'x" as "y', "`a", "it's", "[a"]
)
def test_crafted(value: str) -> None:
    assert crafted(value)


@pytest.mark.parametrize(
    "value", ["from users", 'from "users"', '"a"."b" = ?', "order by `x`", "count(*)", "stock > 0"]
)
def test_typed(value: str) -> None:
    assert not crafted(value)


CHANGED = [
    ("select 1 where n = '1' or 1=1--'", "1'+or+1=1--", True),
    ("select 1 where n = '1' or 1=1--'", "1'_or_1=1--", True),
    ("select 1 where n = '1'/**/or/**/1=1--'", "1' or 1=1--", True),
    ("select 1 where n = 'x' union select 2 --'", "<b>x</b>' union select 2 --", True),
    ("select 1 where n = 'x' union  select 2 --'", "x' union select 2 --", True),
    ("select 1 where n = 'o-neil-and-sons'", "o'neil and (sons)", False),
    ("select 1 where n = 'that''s all'", "that's  all", False),
    ("select 1 where n = '(a b) and c'", "(a_b) and c", False),
    ("select id, name from users", "id name", False),
    ("select id from users where a = b", "nothing of it", False),
]


@pytest.mark.parametrize(("sql", "value", "attack"), CHANGED)
def test_an_input_that_was_changed_is_judged_where_it_stands(sql: str, value: str, attack: bool) -> None:
    judgement = judge_altered(sql, "sqlite", sql.lower(), value.lower())
    assert (judgement is not None and judgement.attack) == attack


@given(st.text(max_size=60), st.text(max_size=30))
def test_what_is_found_is_a_part(text: str, value: str) -> None:
    found = altered(text.lower(), value.lower())
    assert found is None or found in text.lower()


@given(st.text(max_size=60))
def test_any_value_has_an_answer(value: str) -> None:
    assert wordy(value) in {True, False}
    assert crafted(value) in {True, False}
