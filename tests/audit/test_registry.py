"""What package indexes say, from a real server on the loopback address."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hauberk.audit import Index, audit
from hauberk.audit.registry.releases import Releases, of_answer
from hauberk.cli.main import cli
from hauberk.core.finding import Result

TODAY = date(2026, 1, 1)


def file(name: str, *, yanked: bool | str = False, when: str = "2025-06-01T00:00:00Z") -> dict[str, Any]:
    return {"filename": name, "yanked": yanked, "upload-time": when, "url": f"https://files.example/{name}"}


SIMPLE: dict[str, Any] = {
    "flask": {"files": [file("Flask-1.5.tar.gz"), file("flask-3.0-py3-none-any.whl"), file("flask-4.0rc1.tar.gz")]},
    "taken": {"files": [
        file("taken-1.0.tar.gz", yanked="leaks\nsecrets\x1b[0m"), file("taken-1.0-py3-none-any.whl", yanked=True),
        file("taken-1.1.tar.gz", yanked=True), file("taken-1.1-py3-none-any.whl"),
    ]},
    "old": {"files": [file("old-1.0.tar.gz", when="2022-01-01T00:00:00Z")]},
    "archived": {"files": [file("archived-1.0.tar.gz")], "project-status": {"status": "archived", "reason": "use x"}},
    "suspect": {"files": [file("suspect-1.0.tar.gz")], "project-status": {"status": "quarantined"}},
    "gone": {"files": [file("gone-2.0.tar.gz"), file("gone-docs-1.0.tar.gz")]},
    "fine": {"files": [file("fine-1.0.tar.gz"), file("fine-1.0-py3-none-any.whl")]},
    "local": {"files": [file("local-1.0.tar.gz")]},
}  # fmt: skip
PACKUMENTS: dict[str, Any] = {
    "@s/left": {"dist-tags": {"latest": "2.0.0"}, "time": {"1.0.0": "2025-01-01T00:00:00Z", "2.0.0": "2025-02-01T0"},
                "versions": {"1.0.0": {"deprecated": "use right"}, "2.0.0": {}}},
    "told": {"dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"deprecated": "by the lock file too"}}},
    "ancient": {"dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {}}, "modified": "2015-01-01T00:00:00Z"},
}  # fmt: skip
PAGE = (
    b'<!DOCTYPE html><html><body><a href="https://files.example/page-1.0.tar.gz#sha256=0" data-yanked="bad">x</a>'
    b'<a href="../page-2.0-py3-none-any.whl">y</a></body></html>'
)


@pytest.fixture
def indexes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Both indexes on one server; gives the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            name = self.path.strip("/").removeprefix("simple/").removeprefix("npm/").replace("%2F", "/")
            known = SIMPLE if self.path.startswith("/simple/") else PACKUMENTS
            content = PAGE if name == "page" else json.dumps(known.get(name)).encode()
            status = 200 if name == "page" or name in known else {"broken": 500}.get(name, 404)
            content = b"[]" if name == "odd" else content
            self.send_response(200 if name == "odd" else status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        base = f"http://user:secret@127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("PIP_INDEX_URL", f"{base}/simple/")
        monkeypatch.setenv("npm_config_registry", f"{base}/npm/")
        yield asked
        server.shutdown()
        thread.join()


@pytest.fixture
def audit_of(tmp_path: Path, index: Index) -> Callable[..., Result]:
    def go(requirements: str, npm: dict[str, Any] | None = None, registries: Any = "ask") -> Result:
        (tmp_path / "requirements.txt").write_text(requirements)
        paths = [tmp_path / "requirements.txt"]
        if npm:
            (tmp_path / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": npm}))
            paths.append(tmp_path / "package-lock.json")
        return audit(paths, index=index, root=tmp_path, today=TODAY, registries=registries)

    return go


def said(result: Result) -> list[str]:
    return [
        f"{one.outcome} {one.severity} {one.rule.id.removeprefix('audit.')}: {one.message}"
        for one in result.findings
        if one.rule.id != "audit.vulnerable-dependency"
    ]


ROWS = [
    ("Flask==1.5", ["review info outdated-package: flask 1.5 is outdated: 3.0 is out"]),
    ("flask==3", []),
    ("taken==1.0", [
        "fail medium yanked-version: taken 1.0 was taken back by its authors: leaks secrets\\x1b[0m",
        "review info outdated-package: taken 1.0 is outdated: 1.1 is out",
    ]),
    ("taken==1.1", []),  # not all of its files are yanked
    ("old==1.0", ["review low abandoned-package: old 1.0 had its last release on 2022-01-01, 4 years ago"]),
    ("archived==1.0", ["review low abandoned-package: archived 1.0 is archived by its authors: use x"]),
    ("suspect==1.0", ["fail high yanked-version: suspect 1.0 is held back by its index as suspect"]),
    ("gone==1.0", [
        "review medium yanked-version: gone 1.0 is not on its index any more, or came from another one",
        "review info outdated-package: gone 1.0 is outdated: 2.0 is out",
    ]),
    ("local==1.0+cu118", []),
    ("fine==1.0.0", []),
    ("page==1.0", [
        "fail medium yanked-version: page 1.0 was taken back by its authors: bad",
        "review info outdated-package: page 1.0 is outdated: 2.0 is out",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_python(line: str, expected: list[str], indexes: list[str], audit_of: Callable[..., Result]) -> None:
    result = audit_of(f"{line}\n")
    assert said(result) == expected
    assert result.complete


def test_npm(indexes: list[str], audit_of: Callable[..., Result]) -> None:
    tree = {
        "node_modules/@s/left": {"version": "1.0.0"},
        "node_modules/told": {"version": "1.0.0", "deprecated": "by the lock file"},
        "node_modules/ancient": {"version": "1.0.0"},
    }
    assert said(audit_of("fine==1.0\n", tree)) == [
        "review low deprecated-package: told 1.0.0 is deprecated: by the lock file",
        "review low deprecated-package: @s/left 1.0.0 is deprecated: use right",
        "review info outdated-package: @s/left 1.0.0 is outdated: 2.0.0 is out",
        "review low abandoned-package: ancient 1.0.0 had its last release on 2015-01-01, 11 years ago",
    ]
    assert "/npm/@s%2Fleft" in indexes


def test_what_is_not_answered_is_a_gap(indexes: list[str], audit_of: Callable[..., Result]) -> None:
    result = audit_of("private==1.0\nfine==1.0\n")
    assert result.complete
    assert result.gaps == ("not judged for their age, since no index that is set up knows them: private",)
    result = audit_of("broken==1.0\nodd==1.0\nfine==1.0\n")
    assert not result.complete
    assert sorted(result.gaps) == [
        "not judged for their age, since 127.0.0.1 answers 500: broken",
        "not judged for their age, since 127.0.0.1 answers with no list of releases: odd",
    ]


def test_an_index_out_of_reach_leaves_the_run_unfinished(
    monkeypatch: pytest.MonkeyPatch, audit_of: Callable[..., Result]
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:secret@127.0.0.1:9/simple")
    result = audit_of("fine==1.0\n")
    assert not result.complete
    assert result.gaps == ("not judged for their age, since 127.0.0.1 cannot be reached (ConnectError): fine",)


def test_offline_and_unasked(indexes: list[str], audit_of: Callable[..., Result]) -> None:
    result = audit_of("old==1.0\n", registries="offline")
    assert result.gaps == ("what is outdated, yanked or given up was not judged: the network is forbidden",)
    assert said(result) == said(audit_of("old==1.0\n", registries=None)) == []
    assert indexes == []


def test_the_command(
    tmp_path: Path, indexes: list[str], make_index: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("requirements.txt").write_text("taken==1.0\n")
    arguments = ["audit", "--index", str(make_index()), "--quiet", "--format", "json", "requirements.txt"]
    assert cli.main([*arguments, "--outdated"], standalone_mode=False) == 1
    assert "audit.yanked-version" in capsys.readouterr().out
    assert cli.main([*arguments, "--outdated", "--offline"], standalone_mode=False) == 0
    assert "the network is forbidden" in capsys.readouterr().out
    assert cli.main(arguments, standalone_mode=False) == 0


HOSTILE = [
    b"", b"[]", b"[" * 100_000, b'{"files": 1}', b'{"files": [1, {"filename": 5}]}', b"<html><a href='//['>x",
    b'{"versions": {"1.0.0": 1}, "time": 5, "dist-tags": []}', b"\xff\xfe", b'{"files": [{"filename": "-.whl"}]}',
]  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE)
@pytest.mark.parametrize("ecosystem", ["PyPI", "npm"])
def test_any_answer_is_releases_or_a_value_error(ecosystem: Any, content: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(of_answer(ecosystem, "x", content), Releases)
