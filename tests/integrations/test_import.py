"""What `import hauberk` costs: no framework, no command line, no file, no socket, no thread."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

FRAMEWORKS = "fastapi starlette litestar quart flask django jinja2 werkzeug asgiref".split()
HEAVY = "click rich httpx2 cryptography msgspec selectolax yaml sqlite3 asyncio ssl multiprocessing".split()


def loaded(code: str) -> set[str]:
    """Top-level modules that this code loads, beside those of an empty interpreter."""
    script = (
        f"import sys; before = set(sys.modules)\n{code}\n"
        "after = sorted(set(sys.modules) - before); import json; print(json.dumps(after))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_importing_hauberk_loads_next_to_nothing() -> None:
    modules = loaded("import hauberk")
    assert "hauberk" in modules
    assert modules <= {"hauberk", *sys.stdlib_module_names}
    assert modules.isdisjoint([*FRAMEWORKS, *HEAVY])


@pytest.mark.parametrize("code", ["from hauberk import protect, Policy", "import hauberk; hauberk.Policy.strict()"])
def test_a_policy_loads_no_framework_and_no_command_line(code: str) -> None:
    assert loaded(code).isdisjoint([*FRAMEWORKS, "click", "rich", "httpx2", "cryptography"])


def test_a_framework_loads_no_other() -> None:
    one = loaded("import flask, hauberk; hauberk.protect(flask.Flask('x'))")
    assert one.isdisjoint({"fastapi", "starlette", "litestar", "quart", "django"})
    other = loaded("import starlette.applications as s, hauberk; hauberk.protect(s.Starlette())")
    assert other.isdisjoint({"fastapi", "litestar", "quart", "django", "flask", "jinja2"})


def test_bare_applications_load_no_framework() -> None:
    assert loaded("import hauberk\nasync def app(scope, receive, send): ...\nhauberk.asgi(app)").isdisjoint(FRAMEWORKS)


def test_importing_hauberk_opens_nothing() -> None:
    watched = (
        "import sys, hauberk._version\n"
        "seen = []\n"
        "sys.addaudithook(lambda event, args: seen.append((event, str(args[:1]))))\n"
        "del sys.modules['hauberk'], sys.modules['hauberk._version']\n"
        "import hauberk\n"
        "wanted = ('open', 'socket.', 'subprocess.', 'os.system', '_thread.', 'sqlite3.', 'os.listdir', 'os.scandir')\n"
        "bad = [e for e in seen if e[0].startswith(wanted) and not e[1].rstrip(\"',)\").endswith(('.py', '.pyc'))]\n"
        "import threading, json; print(json.dumps([bad, threading.active_count()]))"
    )
    done = subprocess.run([sys.executable, "-c", watched], capture_output=True, text=True, check=True)
    opened, threads = json.loads(done.stdout)
    # Python's own finder lists folders to find modules.
    assert [event for event in opened if event[0] not in {"os.listdir", "os.scandir"}] == []
    assert threads == 1


def test_the_environment_is_not_read() -> None:
    code = (
        "import os\n"
        "class Told(dict):\n"
        "    def __getitem__(self, key): raise AssertionError(key)\n"
        "    get = __contains__ = __iter__ = __getitem__\n"
        "os.environ = Told()\n"
        "import hauberk\n"
        "hauberk.Policy, hauberk.protect\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_name_is_there_and_a_wrong_one_is_not() -> None:
    import hauberk

    for name in hauberk.__all__:
        assert getattr(hauberk, name) is not None
    assert set(dir(hauberk)) == set(hauberk.__all__)
    with pytest.raises(AttributeError, match="'hauberk' has no attribute 'protekt'"):
        _ = hauberk.protekt


def test_time() -> None:
    """Self time of hauberk's own modules, as the interpreter counts it; generous, for a busy machine."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import hauberk"], capture_output=True, text=True, check=True
    )
    lines = [line.removeprefix("import time:").split("|") for line in done.stderr.splitlines() if "hauberk" in line]
    total = [int(cumulative) for _, cumulative, name in lines if name.strip() == "hauberk"]
    assert len(total) == 1
    assert total[0] < 60_000, "microseconds"
