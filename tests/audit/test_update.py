"""Downloading, from a server on the loopback address."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hauberk.audit.index import Index
from hauberk.audit.update import update
from hauberk.core.errors import InputError

Osv = Callable[..., dict[str, Any]]
Pages = dict[str, tuple[int, bytes, dict[str, str]]]


@pytest.fixture
def pages() -> Pages:
    return {}


@pytest.fixture
def server(pages: Pages) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = pages.get(self.path, (404, b"", {}))
            self.send_response(status)
            for name, value in ({"content-length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


def archive(*records: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for record in records:
            target.writestr(f"{record['id']}.json", json.dumps(record))
    return buffer.getvalue()


def md5(content: bytes) -> dict[str, str]:
    digest = hashlib.md5(content, usedforsecurity=False).digest()
    return {"x-goog-hash": "crc32c=AAAAAA==,md5=" + base64.b64encode(digest).decode(), "etag": '"abc"'}


def test_archives_and_catalogue_become_an_index(server: str, pages: Pages, tmp_path: Path, osv: Osv) -> None:
    content = archive(osv("X-1", "a", "introduced:0", aliases=["CVE-2020-0001"]))
    pages["/pypi"] = (200, content, md5(content))
    pages["/npm"] = (200, archive(osv("X-2", "b", "introduced:0", ecosystem="npm")), {})
    pages["/kev"] = (200, b'{"vulnerabilities": [{"cveID": "CVE-2020-0001"}]}', {})
    said: list[tuple[str, int, int]] = []
    built = update(
        tmp_path / "new" / "index",
        archives={"one": f"{server}/pypi", "two": f"{server}/npm"},
        catalogue=f"{server}/kev",
        progress=lambda *step: said.append(step),
    )
    with Index.open(built.path) as index:
        assert index.meta.live == {"PyPI": 1, "npm": 1}
        assert index.meta.exploited == 1
        assert (index.meta.sources[0].name, index.meta.sources[0].etag) == ("one", '"abc"')
        assert index.meta.sources[0].digest == hashlib.sha256(content).hexdigest()
    assert ("downloading one", len(content), len(content)) in said
    assert built.notes == ()
    assert [p.name for p in built.path.parent.iterdir()] == ["index"]


def test_without_the_catalogue_the_index_is_built_and_says_so(
    server: str, pages: Pages, tmp_path: Path, osv: Osv
) -> None:
    pages["/pypi"] = (200, archive(osv("X-1", "a", "introduced:0")), {})
    built = update(tmp_path / "index", archives={"one": f"{server}/pypi"}, catalogue=f"{server}/none")
    assert "known exploitation is not marked" in built.notes[0]


@pytest.mark.parametrize(
    ("status", "headers", "problem"),
    [(404, {}, "cannot be downloaded"), (500, {}, "cannot be downloaded"),
     (200, {"content-length": "99999"}, "cannot be|ended after"),
     (200, {"x-goog-hash": "md5=AAAAAAAAAAAAAAAAAAAAAA=="}, "digest")],
)  # fmt: skip
def test_a_failed_download_leaves_the_old_index(
    server: str,
    pages: Pages,
    make_index: Callable[..., Path],
    status: int,
    headers: dict[str, str],
    problem: str,
    osv: Osv,
) -> None:
    path = make_index()
    before = path.read_bytes()
    pages["/pypi"] = (status, archive(osv("X-1", "a", "introduced:0")), headers)
    with pytest.raises(InputError, match=problem) as caught:
        update(path, archives={"one": f"{server}/pypi"}, catalogue=f"{server}/kev")
    assert caught.value.fix
    assert path.read_bytes() == before


def test_an_endless_archive_is_cut(server: str, pages: Pages, tmp_path: Path) -> None:
    pages["/pypi"] = (200, b"x" * 200_000, {})
    with pytest.raises(InputError, match="larger than"):
        update(tmp_path / "index", archives={"one": f"{server}/pypi"}, size_limit=100_000)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        update(tmp_path / "file" / "index")


def test_no_network_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="hauberk db import"):
        update(tmp_path / "index", archives={"one": "http://127.0.0.1:9/all.zip"})
