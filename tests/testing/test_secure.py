"""`assert_secure` and the plug-in, as an application's own tests use them."""

from __future__ import annotations

import subprocess
import sys
from html import escape
from pathlib import Path
from typing import Any

import pytest

from hauberk import Policy, protect
from hauberk.core.errors import ConfigurationError
from hauberk.testing import assert_secure

pytestmark = pytest.mark.slow


def site() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import HTMLResponse
    from starlette.routing import Route

    async def hello(request: Request) -> HTMLResponse:
        name = escape(request.query_params.get("name", "you"))
        return HTMLResponse(f"<!doctype html><title>x</title><p>hello {name}</p>")

    return Starlette(routes=[Route("/", hello)])


def test_an_open_application_fails_with_words(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="is not secure") as caught:
        assert_secure(site(), root=tmp_path)
    said = str(caught.value)
    assert "scan.missing-csp" in said
    assert "fix: " in said


def test_a_protected_one_passes_and_what_is_accepted_needs_a_reason(tmp_path: Path) -> None:
    app = protect(site(), Policy.recommended())
    accepted = {
        "check.hosts": "set where it is deployed",
        "check.https-redirect": "the proxy does it",
    }
    result = assert_secure(app, accepted=accepted, root=tmp_path)
    assert result.complete
    with pytest.raises(AssertionError, match=r"no longer there: scan\.sql-injection"):
        assert_secure(app, accepted={**accepted, "scan.sql-injection": "it was mended"}, root=tmp_path)
    with pytest.raises(ConfigurationError, match="has no reason"):
        assert_secure(app, accepted={"check.hosts": " "})


def test_what_is_left_out_and_wrong_use(tmp_path: Path) -> None:
    from starlette.applications import Starlette

    assert_secure(protect(site()), check=False, root=tmp_path)
    with pytest.raises(ConfigurationError, match="leaves nothing to do"):
        assert_secure(site(), check=False, scan=False)
    with pytest.raises(AssertionError, match="nothing was attacked"):
        assert_secure(protect(Starlette()), check=False, root=tmp_path)
    with pytest.raises(ConfigurationError, match="fail_on"):
        assert_secure(site(), fail_on="huge")  # type: ignore[arg-type]


def test_the_plug_in(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "from starlette.applications import Starlette\nimport hauberk\napp = Starlette()\n"
        "safe = hauberk.protect(Starlette())\n"
    )
    (tmp_path / "test_shop.py").write_text(
        "import shop\n"
        "def test_open(assert_secure):\n    assert_secure(shop.app, scan=False)\n"
        "def test_safe(assert_secure):\n    assert_secure('shop:safe', scan=False)\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nhauberk_fail_on = high\npythonpath = .\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    strict = subprocess.run(
        [*command, "--hauberk-fail-on", "low"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert "2 failed" in strict.stdout, strict.stdout
    assert "2 passed" in done.stdout or "1 failed, 1 passed" in done.stdout, done.stdout
