"""Path verdicts: by depth of the input's own segments, by root, by what is left once it was resolved."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.guard.path import judge, names_ancestor, within
from tests.guard.sites import site

TABLE = [
    ("/srv/up/../etc/passwd", "../etc/passwd", (), "attack"),
    ("/srv/up/a/../../x", "a/../../x", (), "attack"),
    ("/srv/up/docs/../readme.md", "docs/../readme.md", (), "inert"),
    ("/srv/up/..", "..", (), "attack"),
    ("/srv/up/...", "...", (), "inert"),
    ("/srv/up/report_../x", "../x", (), "inert"),
    ("/srv/up/../x.txt", "../x", (), "attack"),
    ("/srv/up/v1..2.txt", "v1..2", (), "inert"),
    ("/etc/passwd", "/etc/passwd", (), "attack"),
    ("//etc/passwd", "/etc/passwd", (), "attack"),
    ("/srv/up//etc/passwd", "/etc/passwd", (), "inert"),
    ("/srv/up/a.txt", "/srv/up/a.txt", ("/srv/up",), "inert"),
    ("/srv/upper/a.txt", "/srv/upper/a.txt", ("/srv/up",), "attack"),
    ("/srv/up/../a.txt", "/srv/up/../a.txt", ("/srv/up",), "attack"),
    ("/srv/up/a\0.png", "a\0", (), "attack"),
    ("/srv/up/../x", "..%2fx", (), "attack"),
    ("/srv/up/../x", "..%252fx", (), "attack"),
    ("/srv/up/..%2fx", "..%2fx", (), "inert"),
    ("/srv/up/photo.jpg", "photo.jpg", (), "inert"),
    # Made shorter on the way, and a part of it stands there by chance as well.
    ("/srv/up/../settings.env", ".//../settings.env", (), "attack"),
    ("/srv/up/a/../settings.env", ".//a/../settings.env", (), "inert"),
    # Resolved before it was opened: certain only where nothing of the folder is left.
    ("/etc/passwd", "../../../../etc/passwd", (), "attack"),
    ("/etc/passwd", "/etc/../etc/./passwd", (), "attack"),
    ("/srv/up/etc/passwd", "../../../../etc/passwd", (), "unknown"),
    ("/srv/up/passwd", "../../../../etc/passwd", (), "inert"),
    # The application took "../" out, once.
    ("/srv/up/../../etc/passwd", "....//....//etc/passwd", (), "attack"),
    ("/srv/up/../etc/passwd", "..././etc/passwd", (), "attack"),
    ("/srv/up/../etc/passwd", "....%2f%2fetc%2fpasswd", (), "attack"),
    ("/etc/passwd", "..//etc/passwd", (), "attack"),
    ("/srv/up/etc/passwd", "../etc/passwd", (), "unknown"),
    ("/srv/up/....//etc/passwd", "....//etc/passwd", (), "inert"),
    ("/srv/up/wait..../more.txt", "wait..../more.txt", (), "inert"),
    # A URL of a file
    ("/etc/passwd", "file:///etc/passwd", (), "attack"),
    ("/etc/passwd", "FILE://localhost/etc/passwd", (), "attack"),
    ("/etc/passwd", "url:file:/%65tc/passwd", (), "attack"),
    ("/srv/up/a.txt", "file:///srv/up/a.txt", ("/srv/up",), "inert"),
    ("/srv/up/file: notes.txt", "file: notes.txt", (), "inert"),
    # Windows
    ("C:\\up\\..\\boot.ini", "..\\boot.ini", (), "attack"),
    ("C:\\Windows\\win.ini", "C:\\Windows\\win.ini", (), "attack"),
    ("C:\\up\\a.txt", "C:\\up\\a.txt", ("c:/up",), "inert"),
    ("C:\\up\\a\\..\\b", "a\\..\\b", (), "inert"),
    ("/srv/up/..\\boot.ini", "..\\boot.ini", (), "inert"),
]


@pytest.mark.parametrize(("path", "value", "roots", "verdict"), TABLE)
def test_verdict(path: str, value: str, roots: tuple[str, ...], verdict: str) -> None:
    assert judge(path, value, roots).verdict == verdict


@pytest.mark.parametrize(
    ("value", "folders", "answer"),
    [
        ("/app", ("/app/src",), True),
        ("/", ("/app",), True),
        ("/app/src", ("/app/src",), True),
        ("/ap", ("/app",), False),
    ],
)
def test_ancestors(value: str, folders: tuple[str, ...], answer: bool) -> None:
    assert names_ancestor(value, folders) is answer


def test_within_knows_segments_from_prefixes() -> None:
    assert within("/srv/up/x", ("/srv/up",))
    assert not within("/srv/upper", ("/srv/up",))
    assert not within("/srv/up/../x", ("/srv/up",))


@given(st.text(), st.text(max_size=8), st.text())
def test_any_text_gets_a_verdict(before: str, value: str, after: str) -> None:
    assert judge(before + value + after, value, ("/srv",)).verdict in {"attack", "inert", "unknown"}


def test_what_the_application_opens_by_itself_vouches_for_nothing(tmp_path: Path) -> None:
    """The path of its own database is the very thing that somebody else is after."""
    own = tmp_path / "app.db"
    own.write_text("secret")

    def read(request: Any) -> str:
        return Path(request.args.get("f", str(own))).read_text()

    client = site(read)
    assert [client.get("/").status_code for _ in range(3)] == [200] * 3
    assert client.get("/?f=" + quote(str(own))).status_code == 403
    assert client.get("/").status_code == 200
