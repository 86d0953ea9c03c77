"""An application's own tests pass under `protect`, unchanged: each suite runs bare, and under every protection.

The suites know nothing of hauberk. Each run is a process of its own, so that no protection is left over from another.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = "tests/tutorials"
DOORS = {
    "fastapi_items": "tests.tutorials.fastapi_items.app:app",
    "flask_blog": "tests.tutorials.flask_blog.flaskr:create_app()",
}
WAYS = ("bare", "recommended", "strict", "blocking")
DJANGO = [("none", "bare"), *[("middleware", way) for way in WAYS[1:]], ("wsgi", "recommended"), ("asgi", "blocking")]
"""As a middleware in the settings, or by `protect(application)` in wsgi.py or asgi.py."""
pytestmark = pytest.mark.slow


def run(*arguments: str) -> tuple[int, str]:
    """Exit status and everything that was said."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr


def run_pytest(suite: str, way: str) -> tuple[int, str]:
    options = ["-c", f"{HERE}/suites.ini", "--rootdir", ".", "--confcutdir", f"{HERE}/{suite}", "-q"]
    plugin = ["-p", "tests.tutorials.protecting", "--door", DOORS[suite], "--protect", way]
    return run("-m", "pytest", *options, *plugin, f"{HERE}/{suite}/suite.py")


def run_django(door: str, way: str) -> tuple[int, str]:
    return run("-W", "error", "-m", "tests.tutorials.protecting_django", door, way)


def number_of_tests(file: str) -> int:
    return len(re.findall(r"^ *(?:async )?def test_", (ROOT / HERE / file).read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("suite", DOORS)
def test_the_suite_passes(suite: str, way: str) -> None:
    status, said = run_pytest(suite, way)
    assert status == 0, said
    passed = re.search(r"^(\d+) passed in", said, re.MULTILINE)
    assert passed, said
    assert int(passed[1]) >= number_of_tests(f"{suite}/suite.py"), "all of them ran, and none was skipped"


@pytest.mark.parametrize(("door", "way"), DJANGO)
def test_djangos_suite_passes(door: str, way: str) -> None:
    status, said = run_django(door, way)
    assert status == 0, said
    assert f"Ran {number_of_tests('django_polls/polls/tests.py')} tests" in said
    assert re.search(r"^OK$", said, re.MULTILINE), "none was skipped"


@pytest.mark.parametrize("suite", DOORS)
def test_the_suite_notices_a_protection_that_breaks_things(suite: str) -> None:
    status, said = run_pytest(suite, "deaf")
    assert status == 1, said
    assert " failed" in said


def test_djangos_suite_notices_it_too() -> None:
    status, said = run_django("none", "deaf")
    assert status == 1, said
    assert "FAILED (" in said


@pytest.mark.parametrize("suite", [*DOORS, "django_polls"])
def test_the_application_and_its_suite_know_nothing_of_hauberk(suite: str) -> None:
    for file in (ROOT / HERE / suite).rglob("*"):
        if file.suffix in {".py", ".html", ".css", ".sql"}:
            assert "hauberk" not in file.read_text(encoding="utf-8").lower(), file
