"""`hauberk demo --serve`: both shops and the dashboard, which shows what the protected one stopped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

import httpx2
import pytest

pytestmark = pytest.mark.slow


def test_the_dashboard_sees_what_the_twin_stops() -> None:
    command = [sys.executable, "-u", "-m", "hauberk", "demo", "--serve", "--no-color"]
    environ = os.environ | {"COLUMNS": "200"}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ)
    try:
        assert running.stdout is not None
        lines = [running.stdout.readline() for _ in range(3)]
        places = [re.search(r"http://127\.0\.0\.1:\d+", line) for line in lines]
        assert all(places), lines
        _, protected, dashboard = (place[0] for place in places if place)
        password = lines[2].split("password ")[1].strip()
        attack = httpx2.post(f"{protected}/login", headers={"sec-fetch-site": "cross-site"}, data={"user": "ada"})
        assert attack.status_code == 403
        with httpx2.Client(base_url=dashboard) as client:
            assert client.get("/api/state").status_code == 401
            client.post("/sign-in", data={"password": password}, headers={"sec-fetch-site": "same-origin"})
            for _ in range(100):
                state = client.get("/api/state").json()
                if state["held"]:
                    break
                time.sleep(0.1)
            assert [row["name"] for row in state["events"]] == ["csrf-refused"]
    finally:
        running.terminate()  # not SIGINT: where tests run in the background, that one is ignored
        running.wait(20)
        if running.stdout is not None:
            running.stdout.close()
