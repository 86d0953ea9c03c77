"""Path traversal told from answers where requests are scarce: files are asked for first where files are spoken of."""

from __future__ import annotations

import html
import os
from pathlib import Path

from flask import Flask, request

from hauberk.core.finding import Result
from tests.scan.test_outside import run, served

COUNT = 12
FILES = Path(__file__).parent
BUDGET = 25 * 2 * COUNT
"""Less than what it takes to ask everything at each of them."""


def application() -> Flask:
    """Each odd address reads where the input leads; each even one takes the last part of it alone."""
    app = Flask("files")

    @app.get("/")
    def home() -> str:
        links = "".join(f"<a href='/read/{n}?document=test_apps.py'>x</a>" for n in range(2 * COUNT))
        return f"<!DOCTYPE html><title>Documents</title>{links}"

    def read(number: int) -> str:
        name = request.args.get("document", "")
        path = FILES / (name if number % 2 else os.path.basename(name))
        try:
            path.read_bytes()
        except OSError:
            return f"<!DOCTYPE html><title>None</title><p>no document {html.escape(name)}"
        return "<!DOCTYPE html><title>There</title><p>it was read"

    for number in range(2 * COUNT):
        app.add_url_rule(f"/read/{number}", f"read{number}", lambda number=number: read(number))
    return app


def places(result: Result) -> set[str]:
    return {f.as_json()["location"]["path"] for f in result.failures if f.rule.id == "scan.path-traversal"}


def test_all_are_found_with_less_than_it_takes_to_ask_everything() -> None:
    with served(application()) as url:
        result = run(url, max_requests=BUDGET)
    assert places(result) == {f"/read/{number}" for number in range(2 * COUNT) if number % 2}
    assert [f.rule.id for f in result.failures if f.rule.id.endswith("-injection")] == []
    assert result.complete
