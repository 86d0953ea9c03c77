"""SQL verdicts: each attack beside its benign twin, and SQLite itself as the judge of both."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hauberk.guard.sql import judge
from hauberk.guard.tokens import DIALECTS

ATTACKS = [
    ("sqlite", "SELECT * FROM t WHERE n = '{}'", "' or 1=1--"),
    ("sqlite", "SELECT * FROM t WHERE n = '{}'", "'"),
    ("sqlite", "SELECT * FROM t WHERE n = '{}'", "a'||'b"),
    ("sqlite", "SELECT * FROM t WHERE n = '{}' AND p = 'x'", "' or 1=1 /*"),
    ("sqlite", "SELECT * FROM t WHERE id = {}", "1 or 1=1"),
    ("sqlite", "SELECT * FROM t WHERE id = {}", "1--"),
    ("sqlite", "SELECT * FROM t WHERE id = {} AND p = 1", "1/*"),
    ("sqlite", "SELECT * FROM t WHERE id = {}", "(select 1)"),
    ("sqlite", "SELECT * FROM t ORDER BY {}", "1; drop table t"),
    ("sqlite", 'SELECT "{}" FROM t', 'a" from t--'),
    ("sqlite", "SELECT [{}] FROM t", "a] from t--"),
    ("sqlite", "SELECT 1 -- {}", "x\n; drop table t"),
    ("sqlite", "SELECT 1 /* {} */", "*/ , 2 /*"),
    ("postgresql", "SELECT * FROM t WHERE n = E'{}'", "\\\\' or 1=1--"),
    ("postgresql", "SELECT $${}$$", "$$ or $$"),
    ("postgresql", "SELECT $t${}$t$", "$t$, version(), $t$"),
    ("mysql", "SELECT * FROM t WHERE n = '{}' AND p = ' or 1=1 -- '", "x\\"),
    ("mysql", 'SELECT * FROM t WHERE n = "{}"', '" or 1=1#'),
    ("mysql", "SELECT * FROM t WHERE id = {}", "1/*!or*/1"),
    ("mysql", "SELECT `{}` FROM t", "a` from t #"),
    ("mssql", "SELECT [{}] FROM t", "a] from t--"),
    ("mssql", "SELECT * FROM t WHERE n = N'{}'", "'; exec xp_cmdshell 'dir"),
]
INERT = [
    ("sqlite", "SELECT * FROM t WHERE n = '{}'", "or 1=1--"),
    ("sqlite", "SELECT * FROM t WHERE n = '%{}%'", "50 % off; really -- /* no */"),
    ("sqlite", "SELECT * FROM t WHERE id = {}", "-5"),
    ("sqlite", "SELECT * FROM t WHERE id = {}", " 1.5e3 "),
    ("sqlite", "SELECT * FROM t ORDER BY {}", "name"),
    ("sqlite", 'SELECT "{}" FROM t', "it's; --"),
    ("sqlite", "SELECT [{}] FROM t", "it's"),
    ("sqlite", "SELECT 1 -- {}", "it's -- a remark"),
    ("sqlite", "SELECT 1 /* {} */", "it's"),
    ("postgresql", "SELECT * FROM t WHERE n = '{}'", "C:\\"),
    ("postgresql", "SELECT $t${}$t$", "it's $$ 5 -- and"),
    ("mysql", "SELECT * FROM t WHERE n = '{}'", '"quoted" #1'),
    ("mysql", "SELECT * FROM t WHERE n = '{}'", "a\\nb"),
    ("mssql", "SELECT * FROM t WHERE n = N'{}'", "[a]"),
]


@pytest.mark.parametrize(("dialect", "template", "value"), ATTACKS)
def test_an_input_that_leaves_its_literal_is_an_attack(dialect: str, template: str, value: str) -> None:
    verdict = judge(template.format(value), value, dialect)
    assert verdict.verdict == "attack"
    assert verdict.reason
    assert value not in verdict.reason or len(value) == 1


@pytest.mark.parametrize(("dialect", "template", "value"), INERT)
def test_an_input_that_stays_inside_is_inert(dialect: str, template: str, value: str) -> None:
    assert judge(template.format(value), value, dialect).verdict == "inert"


@pytest.mark.parametrize("value", ["'", "''", "'''", "it's", "'a", "a'", "'a'", "' '", "' or 1=1--", "a''b"])
def test_a_value_whose_quotes_are_doubled_is_inert(value: str) -> None:
    sql = "SELECT * FROM t WHERE n = '{}' AND p = 'x'".format(value.replace("'", "''"))
    assert judge(sql, value).verdict == "inert"


@pytest.mark.parametrize("value", ["\\", "\\\\", "'", "it's", "'\\", "\\'", '"', "\\' or 1=1--"])
def test_a_value_that_is_escaped_with_backslashes_is_inert(value: str) -> None:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
    assert judge(f"SELECT * FROM t WHERE n = '{escaped}' AND p = 'x'", value, "mysql").verdict == "inert"
    assert judge(f"SELECT * FROM t WHERE n = E'{escaped}' AND p = 'x'", value, "postgresql").verdict in {
        "inert",
        "attack" if '"' in value else "inert",
    }


@pytest.mark.parametrize(
    ("dialect", "value", "escaped"),
    [
        ("sqlite", "x' or 1=1--", "x\\' or 1=1--"),
        ("postgresql", "x' or 1=1--", "x\\' or 1=1--"),
        ("mysql", "\\' or 1=1-- ", "\\'' or 1=1-- "),
    ],
)
def test_a_value_that_is_escaped_for_another_grammar_is_an_attack(dialect: str, value: str, escaped: str) -> None:
    assert judge(f"SELECT * FROM t WHERE n = '{escaped}'", value, dialect).attack


def test_case_and_surrounding_space_do_not_hide_an_input() -> None:
    assert judge("select 1 where n = '' or 1=1--'", "' OR 1=1--").attack
    assert judge("select 1 where n = '' or 1=1--'", "  ' or 1=1--\n").attack


def test_a_value_that_is_not_there_is_inert() -> None:
    assert judge("SELECT * FROM t WHERE id = ?", "1 or 1=1").verdict == "inert"


def test_every_occurrence_counts() -> None:
    value = "a') --"
    assert judge(f"SELECT '{value.replace(chr(39), chr(39) * 2)}', ('{value}')", value).attack


def test_an_unknown_dialect_is_judged_under_all_of_them() -> None:
    value = "x\\"
    assert judge(f"SELECT '{value}' FROM t WHERE a = 'b'", value, "who knows").attack
    assert judge("SELECT 'x' FROM t", "x", "who knows").verdict == "inert"


@given(st.text(), st.text(max_size=8), st.text(), st.sampled_from([*DIALECTS, "?"]))
def test_any_text_gets_a_verdict(before: str, value: str, after: str, dialect: str) -> None:
    assert judge(before + value + after, value, dialect).verdict in {"attack", "inert"}


CHARACTERS = st.text(alphabet=st.sampled_from("ab1 '\"`-/*;|+[]#\\\n%_()=,.x"), max_size=14)
ENGINE = sqlite3.connect(":memory:", check_same_thread=False)


@given(CHARACTERS)
@example("a''b")
@example("'||'")
@example("' '")
@example("''")
@example("'/*")
def test_sqlite_agrees_about_text_in_a_string(text: str) -> None:
    """The engine reads `'<text>'` as one string, and nothing else, exactly where the judge says that it is inert."""
    literal = f"'{text}'"
    try:
        rows = ENGINE.execute(f"SELECT {literal}").fetchall()
    except (sqlite3.Error, sqlite3.Warning):
        rows = []
    one_string = rows == [(text.replace("''", "'"),)] and "'" + str(rows[0][0]).replace("'", "''") + "'" == literal
    if text:
        assert (judge(f"SELECT {literal}", text).verdict == "inert") == one_string


@given(CHARACTERS)
def test_sqlite_agrees_about_text_that_is_escaped(text: str) -> None:
    sql = "SELECT '{}'".format(text.replace("'", "''"))
    assert ENGINE.execute(sql).fetchone() == (text,)
    assert judge(sql, text).verdict == "inert"


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT a FROM t WHERE b = ?1 AND c = ?2", "?1"),
        ("SELECT a FROM t WHERE b = $1", "$1"),
        ("SELECT a FROM t WHERE b = %s", "%s"),
        ("SELECT a FROM t WHERE b = :name", ":name"),
        ("SELECT a FROM t WHERE b = ?", "?"),
        ("SELECT * FROM t WHERE b IN (?, ?)", "*"),
        ("SELECT a, b FROM t WHERE b = ?", ","),
    ],
)
def test_one_sign_or_placeholder_stands_there_by_chance(sql: str, value: str) -> None:
    """`Sec-Fetch-User: ?1` comes with every click."""
    assert judge(sql, value).verdict == "inert"


@pytest.mark.parametrize("value", ["?1 or 1", "$1--", "?,?", ") or (1", "*/", "?1;"])
def test_more_than_one_sign_is_judged(value: str) -> None:
    assert judge(f"SELECT a FROM t WHERE b = {value}", value).attack
