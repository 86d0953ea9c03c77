"""What is answered slowly is attacked after the rest: it may take all the time that a scan has."""

from __future__ import annotations

import time
from html import escape
from pathlib import Path

import pytest
from flask import Flask, request

from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import Budget, scan


@pytest.mark.parametrize(("pause", "order"), [(1.05, ["/b", "/a"]), (0, ["/a", "/b"])], ids=["slow", "quick"])
def test_a_slow_operation_comes_last(pause: float, order: list[str]) -> None:
    app, attacked = Flask("waiting"), dict[str, None]()

    def answer() -> str:
        said = request.args.get("said", "")
        if "hbk" in said:
            attacked.setdefault(request.path)
        if request.path == "/a":
            time.sleep(pause)
        return escape(said)

    app.add_url_rule("/a", "a", answer)
    app.add_url_rule("/b", "b", answer)
    target = Target(name="waiting", app=app, framework="flask", protocol="wsgi", root=Path(__file__).parent)
    known = surface(target)
    scan(known, transport(target, known), target="waiting", budget=Budget(max_seconds=8))
    assert list(attacked) == order
