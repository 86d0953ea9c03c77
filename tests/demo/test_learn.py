"""Learn mode on the shop, in a real Chromium: what is proposed is enforced, and the shop works."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from hauberk import CSP, NONCE, Policy, protect
from hauberk.cli.csp import command
from hauberk.demo.loopback import served
from hauberk.demo.shop import create_app
from hauberk.shield.csp import CSPReports

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = ("/", "/catalogue", "/search?q=coat", "/products/2", "/sizes?chest=95", "/care", "/shipping", "/login", "/docs")
Walk = Callable[[str], list[str]]


@pytest.fixture
def walk(browser: Any) -> Iterator[Walk]:
    """Visit the pages of a shop, use them, and say what the browser complained about."""
    context = browser.new_context(viewport={"width": 1180, "height": 900})

    def visit(base: str) -> list[str]:
        complaints: list[str] = []
        for path in PAGES:
            page = context.new_page()
            page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(base + path, wait_until="load")
            if path == "/shipping":
                page.fill("input[name=country]", "Sweden")
                page.click("text=Do you send there?")
                page.wait_for_selector("#abroad p")
                assert page.inner_text("#abroad") == "14 pounds, about a week."
            if path != "/docs":
                assert page.evaluate("document.documentElement.classList.contains('scripted')"), path
                assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(248, 242, 230)", path
            page.wait_for_timeout(100)
            page.close()
        # The documentation's files lie on hosts that are not reached from here.
        return [text for text in complaints if "ERR_" not in text and "is not defined" not in text]

    yield visit
    context.close()


def test_the_proposed_policy_is_one_under_which_the_shop_works(walk: Walk, tmp_path: Path) -> None:
    file = tmp_path / "csp.jsonl"
    learning = Policy().replace(csp_report_only=CSP.learn(), csp_reports=CSPReports(file=file))
    with served(protect(create_app(), learning)) as base:
        walk(base)
    done = CliRunner().invoke(command, ["propose", str(file), "--as", "json"], standalone_mode=False)
    proposed = json.loads(done.output)
    assert proposed["left_out"] == []
    assert all(one["count"] or "always" in one["why"] for one in proposed["sources"])
    policy = CSP.parse(proposed["header"])
    assert policy.script_src == ("'self'", NONCE)
    assert not {"'unsafe-inline'", "'unsafe-eval'", "https:", "*"} & set(proposed["header"].split())

    reports = CSPReports()
    enforced = Policy.recommended().replace(csp=policy, csp_report_only=CSP.learn(), csp_reports=None)
    watched = policy.adding({"report-uri": reports.path})
    app = protect(create_app(), enforced.replace(csp=watched, csp_report_only=None, csp_reports=reports))
    with served(app) as base:
        assert walk(base) == []
    assert reports.entries() == [], "no violation is left"
    with TestClient(app) as client:
        assert client.get("/").headers["content-security-policy"].startswith("default-src 'none'")
        assert client.post("/login", data={"name": "nobody", "password": "x"}).status_code < 500


def test_what_is_not_allowed_is_blocked_and_reported(browser: Any) -> None:
    """The twin: a policy that is too narrow does show in the browser, and in the reports."""
    reports = CSPReports()
    narrow = CSP.of(default_src=("'none'",), script_src=("'self'", NONCE), report_uri=(reports.path,))
    with served(protect(create_app(), Policy().replace(csp=narrow, csp_reports=reports))) as base:
        page = browser.new_page()
        page.goto(base + "/", wait_until="load")
        page.wait_for_timeout(300)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(248, 242, 230)"
        page.close()
    assert {"style-src-elem", "img-src"} <= {entry.directive for entry in reports.entries()}
    assert not any(entry.report_only for entry in reports.entries())
