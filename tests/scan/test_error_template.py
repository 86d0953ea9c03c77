"""A page that is a template made of what went wrong: only a value that breaks something gets into it. In process."""

import sqlite3
from typing import Any

import pytest
from flask import Flask, abort, render_template_string, request

from tests.scan.test_unknown_address import inside

RULE = "scan.template-injection"


def application(kind: str) -> Flask:
    app = Flask("errors")

    @app.get("/")
    def home() -> str:
        return "<!DOCTYPE html><title>Home</title><a href='/find?q=1'>find</a>"

    @app.get("/find")
    def find() -> Any:
        text = request.args.get("q", "")
        if kind.endswith("one word") and not text.isalnum() and "'" not in text:
            abort(400)
        try:
            with sqlite3.connect(":memory:") as connection:
                connection.execute(f"SELECT '{text}'")
        except sqlite3.Error as error:
            said = f"<!DOCTYPE html><p>{error}: {text.replace('<', '&lt;')}"
            if kind.startswith("template"):
                return render_template_string(said), 404
            return render_template_string("<!DOCTYPE html><p>{{ said }}", said=said), 404
        return "found"

    return app


@pytest.mark.parametrize(("kind", "is_found"), [("template", True), ("template, one word", True), ("variable", False)])
def test_in_process(kind: str, is_found: bool) -> None:
    assert any(f.rule.id == RULE for f in inside(application(kind)).failures) is is_found
