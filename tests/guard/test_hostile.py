"""Inputs made to cost much: the judges' work grows with their length, not with its square.

Nothing here measures time: at these sizes, work that grows with the square does not end.
"""

from __future__ import annotations

import json
import sqlite3

import pytest

from hauberk.core.plan import Plan
from hauberk.guard import Guard, inner, ldap, nosql, path, shell, sql, ssrf, xml, xpath
from tests.drivers import Answer, serve_asgi

N = 100_000
M = 30_000
COLUMNS = "select " + ", ".join(f"c{n}" for n in range(N // 5)) + " from t where x = ''"
ESCAPED = "insert into t values ('" + "a'' " * N + "')"
SLASHED = "insert into t values ('" + "a\\' " * N + "')"


@pytest.mark.parametrize(
    ("statement", "value", "dialect", "verdict"),
    [
        (COLUMNS, ", ", "sqlite", "attack"),
        (ESCAPED, "' ", "sqlite", "inert"),
        (ESCAPED, "a' ", "sqlite", "inert"),
        (SLASHED, "a' ", "mysql", "inert"),
        ("select '" + "x" * 2 * N + "'", "x" * N, "sqlite", "inert"),
        ("select " + "(" * N + ")" * N, "((", "sqlite", "attack"),
        ("select 1 " + "/*" * N, "/*", "postgresql", "attack"),
        ("select " + "$a" * N, "$a$", "postgresql", "attack"),
    ],
    ids=range(8),
)
def test_sql(statement: str, value: str, dialect: str, verdict: str) -> None:
    assert sql.judge(statement, value, dialect).verdict == verdict


@pytest.mark.parametrize(
    ("command", "value", "verdict"),
    [
        ("echo " + "'a b' " * N, "a b", "inert"),
        ("echo " + "$( " * N, "$(", "attack"),
        ("echo " + '"a ' * N, 'a "', "attack"),
        ("echo " + "a/b " * N, "a/b", "inert"),
        ("x" + " " * N + "a/b " * 100, "a/b", "inert"),
    ],
    ids=range(5),
)
def test_shell(command: str, value: str, verdict: str) -> None:
    assert shell.judge(command, value).verdict == verdict


@pytest.mark.parametrize(("opened", "value"), [("/srv/" + "a/../" * N, "a/../"), ("/srv/" + "a" * N, "%25" * N)])
def test_path(opened: str, value: str) -> None:
    assert path.judge(opened, value).verdict == "inert"


@pytest.mark.parametrize(
    "text",
    [
        "<!--" * M, "<![CDATA[" * M, "<?" * M, "<!DOCTYPE[" * M, "<!DOCTYPE a [" + "]" * M, '<a "' * M, "<a b='" * M,
        "<" * M, "<a>" * M, "</" * M, '<a b="c" ' * M, "<!ENTITY a '" * M, "<!ENTITY " + " " * M, "&a;" * M,
        "a" * M + "..",
        "ey." * M, "ey" + "a" * M + ".." + "a" * M, '"""' * M, '"\\' * M, "{" * M, "PK\x03\x04" * M, "http://" * M,
        "'" * M,
        "(:" * M, "(" * M, "*" * M, "\\" * M, "/*" * M, "`${" * M, "=" * M, " " * M + "a", "a " * M, "SYSTEM '" * M,
    ],
    ids=range(33),
)  # fmt: skip
def test_what_looks_into_values(text: str) -> None:
    for name in ("json:query", "header:authorization"):
        list(inner.inner(name, text))
    list(inner.xml_leaves(text))
    list(inner.graphql_literals("a", text))
    list(inner.member_names(text.encode()))
    xml.identifiers(text)
    xml.grows(text)
    nosql.shape(text)
    xpath.shape(text)
    ldap.filter_shape(text)
    ldap.name_shape(text)
    list(ssrf._named("query:a", text, ""))


def test_thousands_of_inputs_in_one_statement() -> None:
    values = [f"name number {n}, of them all" for n in range(3_000)]

    def app(ex: object) -> Answer:
        rows = ", ".join(f"('{value}')" for value in values)
        db = sqlite3.connect(":memory:")
        db.execute("create table t (name)")
        db.execute(f"insert into t values {rows}")
        db.close()
        return Answer()

    body = json.dumps(values).encode()
    headers = [("content-type", "application/json")]
    assert serve_asgi(Plan.of([Guard(mode="block")]), app, method="POST", body=body, headers=headers).status == 200
