"""The report, as axe-core sees it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from hauberk.core.finding import Result
from hauberk.report import Meta, render
from tests.judges.axe import serious
from tests.judges.conftest import judges

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious(
    browser: Browser,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    result: Result,
    meta: Meta,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    path = tmp_path / "report.html"
    path.write_text(render("html", result, meta), "utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page.goto(path.as_uri())
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert serious(page, judges(tmp_path_factory)) == []
    page.close()
