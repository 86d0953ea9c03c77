"""What ruff finds, under our headings: for each rule code that has the fault, and its twin that has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from hauberk.check.code.lint import CHECKS, RULE_OF
from hauberk.check.facts import Facts
from hauberk.core.errors import InputError
from hauberk.core.finding import Finding
from hauberk.integrations.facts import linting
from hauberk.integrations.facts.source import Sources
from hauberk.standards import asvs, top10

PAIRS = {
    "eval": ("eval(text)", "import ast\nast.literal_eval(text)"),
    "deserialisation": ("import yaml\nyaml.load(text, Loader=yaml.Loader)", "import yaml\nyaml.safe_load(text)"),
    "xml": (
        "import xml.etree.ElementTree as E\nE.fromstring(text)",
        "import defusedxml.ElementTree as E\nE.fromstring(text)",
    ),
    "weak-hash": ("import hashlib\nhashlib.md5(raw)", "import hashlib\nhashlib.md5(raw, usedforsecurity=False)"),
    "weak-cipher": (
        "from cryptography.hazmat.primitives.ciphers import modes\nmodes.ECB()",
        "from cryptography.hazmat.primitives.ciphers.aead import AESGCM\nAESGCM(key)",
    ),
    "weak-key": (
        "from cryptography.hazmat.primitives.asymmetric import rsa\nrsa.generate_private_key(65537, 1024)",
        "from cryptography.hazmat.primitives.asymmetric import rsa\nrsa.generate_private_key(65537, 3072)",
    ),
    "random": ("import random\ntoken = random.choice(letters)", "import secrets\ntoken = secrets.choice(letters)"),
    "tls-unverified": (
        "import requests\nrequests.get(url, verify=False, timeout=5)",
        "import requests\nrequests.get(url, timeout=5)",
    ),
    "tls-old": (
        "import ssl\nssl.SSLContext(ssl.PROTOCOL_TLSv1)\nssl.wrap_socket(s, ssl_version=ssl.PROTOCOL_SSLv3)",
        "import ssl\nssl.create_default_context()",
    ),
    "cleartext": ("import ftplib\nftplib.FTP('files.example')", "import ftplib\nname = ftplib.__name__"),
    "shell": ("import subprocess\nsubprocess.run(line, shell=True)", "import subprocess\nsubprocess.run(['ls', name])"),
    "sql": ('db.execute(f"SELECT * FROM t WHERE a = {a}")', 'db.execute("SELECT * FROM t WHERE a = ?", [a])'),
    "markup": (
        "from markupsafe import Markup\nMarkup(text)",
        "from markupsafe import Markup\nMarkup('<b>{}</b>').format(text)",
    ),
    "password": ("password = 'hunter2 is mine'", "import os\npassword = os.environ['PASSWORD']"),
    "extract": (
        "import tarfile\ntarfile.open(name).extractall()",
        "import tarfile\ntarfile.open(name).extractall(filter='data')",
    ),
    "timeout": ("import requests\nrequests.get(url)", "import requests\nrequests.get(url, timeout=5)"),
    "url-open": (
        "import urllib.request\nurllib.request.urlopen(url)",
        "import urllib.request\nurllib.request.urlopen('https://a.example')",
    ),
    "permissions": ("import os\nos.chmod(name, 0o777)", "import os\nos.chmod(name, 0o600)"),
    "temporary": ("import tempfile\ntempfile.mktemp()", "import tempfile\ntempfile.mkstemp()"),
    "swallowed": (
        "try:\n    check()\nexcept Exception:\n    pass",
        "try:\n    check()\nexcept KeyError:\n    log()",
    ),
    "log-listener": (
        "import logging.config\nlogging.config.listen(9999)",
        "import logging.config\nlogging.config.dictConfig(options)",
    ),
}


def judged(tmp_path: Path, code: str) -> dict[str, list[Finding]]:
    file = tmp_path / "app.py"
    file.write_text(code + "\n", "utf-8")
    facts = Facts(name="app:app", framework="flask", lint=linting.linted(Sources(tmp_path, [file])))
    return {check.rule.id: list(check.judge(facts)) for check in CHECKS}


def test_every_rule_has_its_pair() -> None:
    assert {f"check.code-{name}" for name in PAIRS} == {check.rule.id for check in CHECKS}


@pytest.mark.parametrize("name", PAIRS)
def test_the_fault_is_found_and_its_twin_is_not(tmp_path: Path, name: str) -> None:
    fault, twin = PAIRS[name]
    found = judged(tmp_path, fault)[f"check.code-{name}"]
    assert {f.outcome for f in found} <= {"fail", "review"}
    assert all(f.location.file == "app.py" and f.location.line for f in found)
    (quiet,) = judged(tmp_path, twin)[f"check.code-{name}"]
    assert quiet.outcome == "pass"


def test_a_line_that_somebody_looked_at_is_left_alone(tmp_path: Path) -> None:
    (found,) = judged(tmp_path, "eval(text)  # noqa: S307 - a constant of ours")["check.code-eval"]
    assert found.outcome == "pass"


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    found = judged(tmp_path, "password = 'hunter2 is mine'")
    assert "hunter2" not in str(found)


def test_without_ruff_nothing_is_called_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linting, "_ruff", lambda: None)
    outcomes = {f.outcome for found in judged(tmp_path, "eval(text)").values() for f in found}
    assert outcomes == {"not-applicable"}


def test_a_ruff_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "ruff"
    broken.write_text("#!/bin/sh\necho no such option >&2\nexit 2\n", "utf-8")
    broken.chmod(0o700)
    monkeypatch.setattr(linting, "_ruff", lambda: str(broken))
    with pytest.raises(InputError, match="no such option"):
        judged(tmp_path, "eval(text)")


def test_rules_name_requirements_that_exist() -> None:
    for rule, _ in RULE_OF.values():
        assert set(rule.asvs) <= set(asvs())
        assert set(rule.top10) <= set(top10())
