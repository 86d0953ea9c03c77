"""Statements that an ORM wrote are not made of the request; what an application wrote into one is still judged."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from hauberk.core.plan import Plan
from hauberk.guard import Guard, install
from tests.drivers import Answer, serve_asgi, serve_django, serve_wsgi

BLOCK = Plan.of([Guard(mode="block")])
ATTACK = "1 or 1=1"


@pytest.fixture
def engine() -> Iterator[Any]:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    install()
    engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.pool.StaticPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table users (id integer primary key, name text)")
    yield engine
    engine.dispose()


def users() -> Any:
    import sqlalchemy as sa

    return sa.table("users", sa.column("id"), sa.column("name"))


def compiled(text: str) -> Any:
    import sqlalchemy as sa

    table = users()
    return sa.select(table.c.id, table.c.name).where(table.c.name == text).order_by(table.c.name)


def of_text(text: str) -> Any:
    import sqlalchemy as sa

    return sa.select(sa.text("id")).select_from(sa.text("users")).where(sa.text(f"id = {text}"))


def of_literal_column(text: str) -> Any:
    import sqlalchemy as sa

    return sa.select(sa.literal_column(text)).select_from(users())


def of_operator(text: str) -> Any:
    import sqlalchemy as sa

    table = users()
    return sa.select(table.c.id).where(table.c.id.op(f"= {text} or")(1))


def of_prefix(text: str) -> Any:
    import sqlalchemy as sa

    return sa.select(users().c.id).prefix_with(f"{text},", dialect="sqlite")


def of_subquery(text: str) -> Any:
    import sqlalchemy as sa

    inner = sa.select(sa.text("id")).select_from(sa.text("users")).where(sa.text(f"id = {text}")).subquery()
    return sa.select(sa.func.count()).select_from(inner)


def of_literal_execute(text: str) -> Any:
    import sqlalchemy as sa

    return sa.select(sa.bindparam("n", text, literal_execute=True))


def serve(engine: Any, statement: Callable[[str], Any], value: str) -> int:
    def app(ex: object) -> Answer:
        with engine.connect() as connection:
            connection.execute(statement(value)).fetchall()
        return Answer()

    return serve_asgi(BLOCK, app, query="n=" + quote(value)).status


@pytest.mark.parametrize("words", ["from users", "order by users.name", "users.id, users.name", "users.name = ?"])
def test_words_of_a_compiled_statement_are_no_attack(engine: Any, words: str) -> None:
    assert serve(engine, compiled, words) == 200


@pytest.mark.parametrize(
    "statement", [of_text, of_literal_column, of_operator, of_prefix, of_subquery], ids=lambda one: one.__name__
)
def test_text_in_a_compiled_statement_is_judged(engine: Any, statement: Callable[[str], Any]) -> None:
    assert serve(engine, statement, ATTACK) == 403
    assert serve(engine, statement, "1") == 200


def test_a_value_that_is_rendered_into_the_statement_is_escaped(engine: Any) -> None:
    assert serve(engine, of_literal_execute, "it's -- 'quoted'") == 200


@pytest.mark.parametrize(("value", "status"), [(ATTACK, 403), ("1", 200)])
def test_driver_sql_is_judged(engine: Any, value: str, status: int) -> None:
    def app(ex: object) -> Answer:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"select id from users where id = {value}").fetchall()
        return Answer()

    assert serve_asgi(BLOCK, app, query="n=" + quote(value)).status == status


def test_constructs_of_the_applications_own_are_judged(engine: Any) -> None:
    import sqlalchemy as sa
    from sqlalchemy.ext.compiler import compiles

    class Own(sa.sql.expression.ColumnElement[Any]):
        inherit_cache = False

        def __init__(self, text: str) -> None:
            self.text = text

    @compiles(Own)
    def write(element: Own, compiler: Any, **options: Any) -> str:
        return element.text

    install()
    assert serve(engine, lambda text: sa.select(Own(text)), ATTACK) == 403
    assert serve(engine, lambda text: sa.select(Own(text)), "1") == 200


def test_the_orm_itself(engine: Any) -> None:
    import sqlalchemy as sa
    from sqlalchemy.orm import DeclarativeBase, Session

    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.Text)

    words = ["from users", "INSERT INTO users", "users.name = ?", "it's", "x' or 1=1--"]

    def app(ex: object) -> Answer:
        with Session(engine) as session:
            session.add_all([User(name=word) for word in words])
            session.commit()
            for word in words:
                assert session.query(User).filter(User.name == word).count()
        return Answer()

    assert serve_asgi(BLOCK, app, query="&".join("n=" + quote(word) for word in words)).status == 200


# Django -----------------------------------------------------------------------------------------------------------


KEPT: list[Any] = []
"""Django knows a model for the life of the process."""


@pytest.fixture
def item() -> Iterator[Any]:
    serve_django(Plan.of([]))  # Gives Django its settings.
    import django
    from django.apps import apps
    from django.db import connections, models

    if not apps.ready:
        django.setup()
    connections.databases["default"] = connections.databases.get("default", {}) | {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
    }
    connections.configure_settings({"default": connections.databases["default"]})
    install()
    if not KEPT:
        meta = type("Meta", (), {"app_label": "shop", "db_table": "shop_item"})
        names = {"__module__": __name__, "Meta": meta, "name": models.TextField(), "price": models.IntegerField()}
        KEPT.append(type("Item", (models.Model,), names))
    kind = KEPT[0]
    connection = connections["default"]
    with connection.cursor() as cursor:
        cursor.execute("create table shop_item (id integer primary key, name text, price integer)")
    yield kind
    with connection.cursor() as cursor:
        cursor.execute("drop table shop_item")


def django_status(handler: Callable[[], object], value: str) -> int:
    def app(ex: object) -> Answer:
        handler()
        return Answer()

    return serve_wsgi(BLOCK, app, query="n=" + quote(value)).status


def raw(item: Any, text: str) -> Any:
    return [*item.objects.raw(f"select * from shop_item where id = {text}")]


def extra_where(item: Any, text: str) -> Any:
    return [*item.objects.extra(where=[f"id = {text}"])]


def extra_select(item: Any, text: str) -> Any:
    return [*item.objects.extra(select={"more": f"{text}"})]


def raw_sql(item: Any, text: str) -> Any:
    from django.db.models.expressions import RawSQL

    return [*item.objects.annotate(more=RawSQL(text, ()))]


def raw_sql_in_a_subquery(item: Any, text: str) -> Any:
    from django.db.models.expressions import RawSQL

    return [*item.objects.filter(id__in=item.objects.annotate(more=RawSQL(text, ())).values("more"))]


def template(item: Any, text: str) -> Any:
    from django.db.models import F, Func

    return [*item.objects.annotate(more=Func(F("price"), template=f"{text}", function="abs"))]


def cursor(item: Any, text: str) -> Any:
    from django.db import connection

    with connection.cursor() as one:
        return one.execute(f"select * from shop_item where id = {text}").fetchall()


@pytest.mark.parametrize(
    "way",
    [raw, extra_where, extra_select, raw_sql, raw_sql_in_a_subquery, template, cursor],
    ids=lambda one: one.__name__,
)
def test_django_text_is_judged(item: Any, way: Callable[[Any, str], Any]) -> None:
    assert django_status(lambda: way(item, ATTACK), ATTACK) == 403
    assert django_status(lambda: way(item, "1"), "1") == 200


@pytest.mark.parametrize(
    "words", ['from "shop_item"', 'order by "shop_item"."name"', "select count(*)", "it's", "x' or 1=1--"]
)
def test_words_of_django_s_own_statements_are_no_attack(item: Any, words: str) -> None:
    def handler() -> None:
        item.objects.create(name=words, price=1)
        assert item.objects.filter(name=words).order_by("name").count() >= 1
        assert [*item.objects.filter(name=words).order_by("name")]
        item.objects.filter(name=words).update(price=2)
        item.objects.filter(name=words).delete()

    assert django_status(handler, words) == 200


def test_a_name_that_is_taken_from_the_request_is_judged(item: Any) -> None:
    """Aliases come from keywords: an ORM quotes them, and whoever gets out of the quotes is stopped all the same."""
    from hauberk.guard.seen import COMPILED

    value = 'x", (select 1) as "y'
    sql = f'SELECT "shop_item"."id" AS "{value}" FROM "shop_item"'
    COMPILED.add("sql", sql)

    def handler() -> None:
        connection = sqlite3.connect(":memory:")
        try:
            connection.execute("create table shop_item (id)")
            connection.execute(sql)
        finally:
            connection.close()

    assert django_status(handler, value) == 403
