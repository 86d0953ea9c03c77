"""Who sees what: nothing without a sign-in; and what is there then."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from hauberk.core.errors import ConfigurationError
from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.dashboard import Dashboard
from hauberk.stores import open_store
from tests.dashboard.conftest import PASSWORD


def sign_in(client: Any, password: str = PASSWORD) -> Any:
    return client.post("/sign-in", data={"password": password}, headers={"sec-fetch-site": "same-origin"})


def until_filled(client: Any, count: int = 120) -> dict[str, Any]:
    for _ in range(100):
        state: dict[str, Any] = client.get("/api/state").json()
        if state["held"] >= count:
            return state
        time.sleep(0.02)
    raise AssertionError(state)


@pytest.mark.parametrize("path", ["/api/state", "/api/stream", f"/api/events/{0:016x}", "/metrics"])
def test_nothing_without_a_sign_in(client: Any, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.get("/").headers["location"] == "/sign-in"


def test_the_right_password_opens_it_and_signing_out_closes_it(client: Any) -> None:
    assert sign_in(client, "wrong").status_code == 401
    assert sign_in(client).headers["location"] == "/"
    cookie = client.cookies["session"]
    assert client.get("/").status_code == 200
    assert client.post("/sign-out", headers={"sec-fetch-site": "same-origin"}).status_code == 303
    client.cookies.set("session", cookie)
    assert client.get("/api/state").status_code == 401


def test_guesses_are_slowed_down(client: Any) -> None:
    answers = [sign_in(client, f"guess {number}").status_code for number in range(7)]
    assert answers[0] == 401
    assert answers[-1] == 429
    assert sign_in(client).status_code == 429


def test_another_site_cannot_sign_in_nor_out(client: Any) -> None:
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    assert client.post("/sign-in", data={"password": PASSWORD}, headers=foreign).status_code == 403
    assert client.get("/sign-in", headers={"host": "evil.example"}).status_code in {400, 421}


def test_the_state_has_all_that_the_page_shows(client: Any) -> None:
    sign_in(client)
    state = until_filled(client)
    assert (state["held"], state["dropped"], state["workers"], state["problem"]) == (120, 0, 4, "")
    assert sum(row["count"] for row in state["classes"]) == 120
    assert sum(sum(bar["counts"].values()) for bar in state["series"]) == 120
    assert len(state["events"]) == 100
    only = client.get("/api/state", params={"class": "injection", "span": "24h"}).json()
    assert {row["name"] for row in only["events"]} == {"guard-blocked"}
    assert client.get("/api/state", params={"span": "'"}).status_code == 200
    one = client.get(f"/api/events/{state['events'][0]['id']}").json()
    assert one["id"] == state["events"][0]["id"]
    assert client.get("/api/events/none").status_code == 404


def test_metrics_by_token_and_by_sign_in(client: Any) -> None:
    pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")
    from prometheus_client.parser import text_string_to_metric_families

    sign_in(client)
    until_filled(client)
    text = client.get("/metrics").text
    client.cookies.clear()
    assert client.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 401
    again = client.get("/metrics", headers={"authorization": "Bearer " + "m" * 20})
    assert again.status_code == 200
    families = {family.name: family for family in text_string_to_metric_families(text)}
    counted = {sample.labels["event"]: sample.value for sample in families["hauberk_events"].samples}
    assert counted["guard-blocked"] == 24
    assert sum(counted.values()) == 120


def test_the_last_results_are_shown_and_a_broken_file_says_so(filled: Store, tmp_path: Path) -> None:
    from starlette.testclient import TestClient

    path = tmp_path / "results.json"
    dashboard = Dashboard(store=filled, password=PASSWORD, results=path)
    with TestClient(dashboard.app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        sign_in(client)
        assert client.get("/api/state").json()["last"] is None
        path.write_text("{", "utf-8")
        assert "problem" in client.get("/api/state").json()["last"]
        document = {"hauberk": "0.1.0", "command": "check", "target": "shop:app", "complete": True, "stats": {}}
        path.write_text(json.dumps(document | {"findings": []}), "utf-8")
        last = client.get("/api/state").json()["last"]
        assert (last["target"], last["counts"]["high"]) == ("shop:app", 0)


def test_weak_secrets_are_refused(store: Store) -> None:
    with pytest.raises(ConfigurationError, match="HAUBERK_DASHBOARD_PASSWORD"):
        Dashboard(store=store, password="short")
    with pytest.raises(ConfigurationError, match="HAUBERK_METRICS_TOKEN"):
        Dashboard(store=store, password=PASSWORD, metrics_token="short")


@pytest.mark.parametrize("apart", [False, True], ids=["in the store of events", "in a store of their own"])
def test_sessions_that_live_are_counted(filled: Store, tmp_path: Path, apart: bool) -> None:
    from starlette.testclient import TestClient

    kept = open_store(f"sqlite:///{tmp_path}/sessions.db") if apart else filled
    for handle in ("a", "b", "c"):
        run_inline(kept.save(f"session:{handle}", {"x": b"1"}, ttl=60, create=True))
    run_inline(kept.delete("session:b"))
    dashboard = Dashboard(store=filled, password=PASSWORD, sessions=kept if apart else None)
    with TestClient(dashboard.app, base_url="http://127.0.0.1", follow_redirects=False) as client:
        sign_in(client)
        assert client.get("/api/state").json()["sessions"] == "2"
