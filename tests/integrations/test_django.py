"""Django through each of its doors, each in a process of its own, because settings are read once."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = "tests/integrations/django_cases.py"
DOORS = ("middleware-wsgi", "middleware-asgi", "protect-wsgi", "protect-asgi", "static-wsgi", "static-asgi")
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("door", DOORS)
def test_every_case(door: str) -> None:
    environ = os.environ | {"DJANGO_DOOR": door}
    options = ["-c", "tests/tutorials/suites.ini", "--rootdir", ".", "--confcutdir", "tests/integrations", "-q", "-rs"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, CASES],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    passed = re.search(r"^(\d+) passed in", said, re.MULTILINE)
    assert passed, said
    assert int(passed[1]) >= len(re.findall(r"^def test_", (ROOT / CASES).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("'recommended'", "HAUBERK='recommended' is not a Policy; write for example Policy.recommended()"),
        ("{'hsts': None}", "is not a Policy"),
    ],
)
def test_a_wrong_setting_says_so_at_the_start(setting: str, said: str) -> None:
    code = (
        "import django; from django.conf import settings\n"
        f"settings.configure(MIDDLEWARE=['hauberk.django.Shield'], HAUBERK={setting})\n"
        "from django.core.wsgi import get_wsgi_application; get_wsgi_application()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ImproperlyConfigured" in done.stderr
    assert said in done.stderr
