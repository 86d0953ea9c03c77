"""Whatever is given wrongly: exit status 2, one clear message with the fix, no traceback."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Run

APP = "from starlette.applications import Starlette\napp = Starlette()\n"
FILES = {
    "main.py": APP,
    "broken.py": "app = (\n",
    "needy.py": "import a_package_that_nobody_has\n",
    "raising.py": "raise RuntimeError('no database today')\n",
    "leaving.py": "import sys\nsys.exit(3)\n",
    "number.py": "app = 42\n",
    "factory.py": "def app():\n    return None\n",
    "misspelt.py": APP + "import hauberk\napp = hauberk.protect(app, hst=hauberk.HSTS())\n",
    "wrong.py": APP + "import hauberk\napp = hauberk.protect(app, hsts=True)\n",
    "brackets.package-lock.json": "[" * 100_000,
    "package-lock.json": "{ not json",
    "uv.lock": "version = ",
    "poetry.lock": "\xff\xfe\x00",
    "report.json": '{"hauberk": "0.1.0"}',
    "index.sqlite3": "this is no database",
    "colors.toml": "[tool.hauberk.cli]\nfail-onn = 'high'\n",
    "broken.toml": "[tool",
    "until.toml": "[[tool.hauberk.cli.ignore]]\nrule = 'a'\nreason = 'b'\nuntil = '2020-01-31'\n",
    "hour.toml": "[[tool.hauberk.cli.ignore]]\nrule = 'a'\nreason = 'b'\nuntil = 2020-01-31T00:00:00\n",
    "untill.toml": "[[tool.hauberk.cli.ignore]]\nrule = 'a'\nreason = 'b'\nuntill = 2020-01-31\n",
    "why.toml": "[[tool.hauberk.cli.ignore]]\nrule = 'a'\nreason = true\n",
    "text.toml": "[tool.hauberk.cli]\nignore = 'scan.missing-csp'\n",
    "texts.toml": "[tool.hauberk.cli]\nignore = ['scan.missing-csp']\n",
    "list.toml": "[tool.hauberk.cli]\nfail-on = ['high']\n",
    "value.toml": "[tool]\nhauberk = true\n",
    "high.toml": "[tool.hauberk]\nfail-on = 'low'\n",
    "records.jsonl": "{}\n",
}

ROWS = [
    ("check main", "module:app"),
    ("attest 99.1.1 --answer fulfilled --by Kim --why so", "is no requirement of ASVS"),
    ("attest 6.1.1 --answer yes --by Kim --why so", "is none of fulfilled"),
    ("attest 6.1.1 --answer fulfilled", "--by, --why"),
    ("attest 6.1.1 --answer fulfilled --by Kim --why so --until soon", "is no day"),
    ("scan http://127.0.0.1:9/", "does not answer"),
    ("scan http://192.0.2.1:abc/", "is no URL"),
    ("scan http://127.0.0.1:9/ --openapi nosuch.json", "cannot be read"),
    ("check nowhere:app", "no module 'nowhere'"),
    ("check main:ap", "has no 'ap'"),
    ("check broken:app", "SyntaxError"),
    ("check needy:app", "a_package_that_nobody_has"),
    ("check raising:app", "no database today"),
    ("check leaving:app", "SystemExit"),
    ("check number:app", "not an ASGI or WSGI application"),
    ("check factory:app", "give the application itself"),
    ("check misspelt:app", "did you mean 'hsts'"),
    ("check wrong:app", "write hsts=HSTS(...)"),
    ("prove nowhere:app", "no module 'nowhere'"),
    ("scan nowhere:app", "no module 'nowhere'"),
    ("check main:app --format pdf", "is not a format; use one of 'text'"),
    ("check main:app --format jsno", "did you mean 'json'"),
    ("check main:app --format json --format sarif", "NAME=FILE"),
    ("check main:app --format json=/nowhere/at/all.json", "cannot be written"),
    ("check main:app --fail-on fatal", "fatal"),
    ("check main:app --config nowhere.toml", "cannot be read"),
    ("check main:app --config broken.toml", "cannot be read"),
    ("check main:app --config colors.toml", "did you mean 'fail-on'"),
    ("check main:app --config until.toml", "tool.hauberk.cli.ignore.until='2020-01-31': is no day; write until ="),
    ("check main:app --config hour.toml", "is no day"),
    ("check main:app --config untill.toml", "did you mean 'until'"),
    ("check main:app --config why.toml", "tool.hauberk.cli.ignore.reason=True: is no text"),
    ("check main:app --config text.toml", "write [[tool.hauberk.cli.ignore]]"),
    ("check main:app --config texts.toml", "needs a rule and a reason"),
    ("check main:app --config list.toml", "is no severity"),
    ("check main:app --config value.toml", "tool.hauberk=True: is no table; write [tool.hauberk]"),
    ("check main:app --config high.toml", "write it in [tool.hauberk.cli]"),
    ("check main.py", "write main.py:app"),
    ("check nowhere", "is neither a folder nor of the form module:app"),
    ("check ../main.py:app", "lies outside of this folder"),
    ("check /elsewhere/shop.py:app", "run it in /elsewhere, as shop:app"),
    ("prove main.py", "write main.py:app"),
    ("prove main:app --path nowhere.lock", "nowhere.lock: does not exist"),
    ("audit --since nowhere.json", "nowhere.json: does not exist"),
    ("audit --fleet nowhere.txt", "nowhere.txt: does not exist"),
    ("audit --vex nowhere.json", "nowhere.json: does not exist"),
    ("fix nowhere.lock", "nowhere.lock: does not exist; name a lock file"),
    ("scan main:app --scope admin", "write it as /admin"),
    ("scan main:app --flows nowhere.toml", "nowhere.toml: cannot be read"),
    ("scan main:app --replay it", "is no fingerprint"),
    ("events --store memory://", "is of one process alone"),
    ("events --store sqlite:///nowhere.db", "is a file that is not there"),
    ("dashboard --store memory://", "name the store that Events(store=...) writes to"),
    ("dashboard --sessions memory://", "name the store that Sessions(store=...) writes to"),
    ("explain nothing-of-the-kind", "`hauberk explain` alone lists them"),
    ("check main:app --baseline nowhere.json", "nowhere.json"),
    ("scan main:app --emit-test nowhere/test_it.py", "its folder does not exist"),
    ("demo --report nowhere/report.html", "its folder does not exist"),
    ("attest 6.1.1 --answer fulfilled --by Kim --why so --file nowhere/a.toml", "nowhere/a.toml: No such file"),
    ("audit --offline requirements.txt", "requirements.txt"),
    ("audit --offline .", "hauberk db"),
    ("audit --index index.sqlite3 .", "index.sqlite3"),
    ("audit --index nowhere.sqlite3 .", "nowhere.sqlite3"),
    ("report report.json", "report.json"),
    ("report nowhere.json", "nowhere.json"),
    ("db info --index index.sqlite3", "index.sqlite3"),
    ("db import nowhere.jsonl", "nowhere.jsonl"),
    ("explain scan.sql-injektion", "did you mean 'scan.sql-injection'"),
    ("porve main:app", "prove"),
    ("check main:app --formatt json", "--format"),
]


EVENTS = [{"introduced": "0"}]
RECORD = json.dumps(
    {
        "id": "TEST-1",
        "modified": "2026-01-01T00:00:00Z",
        "affected": [
            {"package": {"ecosystem": "PyPI", "name": "x"}, "ranges": [{"type": "ECOSYSTEM", "events": EVENTS}]},
            {"package": {"ecosystem": "npm", "name": "x"}, "ranges": [{"type": "SEMVER", "events": EVENTS}]},
        ],
    }
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_bytes(text.encode("latin-1"))
    return tmp_path


@pytest.mark.parametrize(("line", "words"), ROWS, ids=[line for line, _ in ROWS])
def test_bad_input(hauberk: Run, folder: Path, line: str, words: str) -> None:
    done = hauberk(*line.split())
    said = done.stderr + done.stdout
    assert done.returncode == 2, said
    assert words in said
    assert "Traceback" not in said
    assert "fault of ours" not in said


@pytest.mark.parametrize("name", ["package-lock.json", "uv.lock", "poetry.lock", "brackets.package-lock.json"])
def test_a_broken_lock_file_is_named_and_never_clean(hauberk: Run, folder: Path, name: str) -> None:
    (folder / "one.jsonl").write_text(RECORD)
    assert hauberk("db", "import", "one.jsonl", "--index", "own.sqlite3").returncode == 0
    done = hauberk("audit", "--index", "own.sqlite3", name)
    assert done.returncode == 2, done.stdout + done.stderr
    assert name in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_an_index_of_another_program_is_refused(hauberk: Run, folder: Path) -> None:
    with sqlite3.connect(folder / "other.sqlite3") as db:
        db.execute("create table t (x)")
    db.close()
    done = hauberk("audit", "--index", "other.sqlite3", "uv.lock")
    assert done.returncode == 2
    assert "hauberk db update" in done.stderr


def test_nothing_to_audit_is_3(hauberk: Run, tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(RECORD)
    assert hauberk("db", "import", "one.jsonl", "--index", "own.sqlite3").returncode == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    assert hauberk("audit", "--index", "own.sqlite3", "empty").returncode == 3


def test_a_fault_of_ours_is_told_in_one_line(hauberk: Run, tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(
        "class Odd:\n    async def __call__(self, scope, receive, send): ...\n"
        "    def __getattribute__(self, name):\n        raise RuntimeError('odd object')\napp = Odd()\n"
    )
    done = hauberk("check", "odd:app")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
