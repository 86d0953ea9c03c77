"""Mistakes of others, tried on ours: log injection, a private network opened by default, policies bound to paths."""

from __future__ import annotations

import logging
from itertools import permutations

import pytest

from hauberk.core.plan import Plan
from hauberk.shield.cors import CORS
from tests.drivers import Serve

APP, ADMIN = "https://app.example", "https://admin.app.example"
PATHS = [
    "/",
    "/admin",
    "/ADMIN",
    "/Admin",
    "/admin+users",
    "/admin users",
    "/admin%2Busers",
    "/admin//users",
    "/../admin",
]


def test_log_lines_cannot_be_forged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """CVE-2024-1681: the path was logged as it came (CWE-117)."""
    fields = [("origin", "https://stranger.example"), ("access-control-request-method", "PUT")]
    with caplog.at_level(logging.DEBUG):
        serve(Plan.of([CORS(origins=(APP,))]), method="OPTIONS", path="/a\r\nCRITICAL:root:forged", headers=fields)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("hauberk")]
    assert len(ours) == 1
    assert "forged" not in ours[0]
    assert ours[0].isprintable()


@pytest.mark.parametrize("private", ["true", "false", ""])
def test_the_private_network_is_closed_unless_it_is_opened(serve: Serve, private: str) -> None:
    """CVE-2024-6221: it was open by default."""
    fields = [("origin", APP), ("access-control-request-method", "GET")]
    fields.append(("access-control-request-private-network", private))
    got = serve(Plan.of([CORS(origins=(APP,))]), method="OPTIONS", headers=fields)
    assert got.status == 204
    assert got.all("access-control-allow-private-network") == []


@pytest.mark.parametrize("origins", list(permutations(["https://*.app.example", "https://admin.app.example", APP])))
def test_the_order_of_patterns_decides_nothing(origins: tuple[str, ...]) -> None:
    """CVE-2024-6839: of two patterns that fitted, the longer one won, and with it the weaker policy."""
    cors = CORS(origins=origins, credentials=True)
    verdicts = {origin: cors.allows(origin) for origin in (APP, ADMIN, "https://b.app.example", "https://b.example")}
    assert list(verdicts.values()) == [True, True, True, False]


@pytest.mark.parametrize("path", PATHS)
def test_no_spelling_of_a_path_changes_the_policy(serve: Serve, path: str) -> None:
    """CVE-2024-6844 and CVE-2024-6866: paths were compared after `+` became a space, and without case."""
    cors = CORS(origins=(APP,), credentials=True)
    for origin in (APP, "https://stranger.example", "https://APP.example"):
        got = serve(Plan.of([cors]), path=path, headers=[("origin", origin)])
        assert got.one("access-control-allow-origin") == (APP if origin == APP else None)
        assert got.one("access-control-allow-credentials") == ("true" if origin == APP else None)
