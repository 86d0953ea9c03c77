"""What looks like an attack, and its benign twins."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from hauberk.guard.actors.signals import scanner_like
from hauberk.guard.actors.text import attack_in, kind_of

CASES = [
    ("1' or '1'='1", "sql", "Tom's or Ann's"),
    ("x' union select name from users--", "sql", "the union's select committee"),
    ("1 and 2=2", "sql", "salt and 2 eggs"),
    ("1;drop table users", "sql", "1; drop the table by at noon"),
    ("admin'--", "sql", "O'Brien - the pub"),
    ("1 union all select 1,2", "sql", "a union of all selected members"),
    ("x;cat /etc/hosts", "shell", "cats; dogs"),
    ("$(whoami)", "shell", "$(price)"),
    ("a|id", "shell", "a|b"),
    ("../../../secret", "path", "docs/../readme.md"),
    ("<script>alert(1)</script>", "markup", "a < b and c > d"),
    ("<img src=x onerror=alert(1)>", "markup", "<img> is an element"),
    ("{{7*7}}", "template", "{{ name }}"),
    ("${jndi:ldap://x}", "template", "${amount}"),
]


@pytest.mark.parametrize(("text", "kind", "benign"), CASES)
def test_kinds_and_their_twins(text: str, kind: str, benign: str) -> None:
    assert kind_of(text) == kind
    assert kind_of(benign) == ""
    assert attack_in(f"a=b&q={quote_plus(text)}".encode(), "/") == kind


@pytest.mark.parametrize(
    ("path", "kind"), [("/a/' or 1=1--", "sql"), ("/static/../../../etc/passwd", "path"), ("/o'brien", ""), ("/", "")]
)
def test_paths(path: str, kind: str) -> None:
    assert attack_in(b"", path) == kind


@pytest.mark.parametrize(
    ("path", "scanners"),
    [
        ("/.git/config", True),
        ("/app/.env", True),
        ("/xmlrpc.php", True),
        ("/wp-includes/css/style.css", True),
        ("/db.sql", True),
        ("/manager.old", True),
        ("/", False),
        ("/users/17", False),
        ("/reports/2024.pdf", False),
        ("/v1.2/items", False),
        ("/.well-known/security.txt", False),
        ("/site.webmanifest", False),
        ("/archive.zip", False),
        ("/ada.lovelace", False),
    ],
)
def test_paths_of_scanners(path: str, scanners: bool) -> None:
    assert scanner_like(path) is scanners


def test_ordinary_text_rarely_counts(request: pytest.FixtureRequest) -> None:
    """Of the shared benign texts those that are attacks by themselves, naughty strings and rules, are left out."""
    path = Path(request.config.getoption("--vectors")) / "guard" / "benign_text.jsonl"
    if not path.exists():
        pytest.skip("benign_text.jsonl is not among the vectors given")
    facts = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    plain = [f["text"] for f in facts if not f["source"].startswith(("coreruleset", "big-list"))]
    found = [text for text in plain if kind_of(text)]
    assert len(plain) > 300
    assert len(found) <= len(plain) * 0.04, found
