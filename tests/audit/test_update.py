"""Downloading, from a server on the loopback address."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hauberk.audit import update as updating
from hauberk.audit.index import Index
from hauberk.audit.update import update
from hauberk.core.errors import InputError

Osv = Callable[..., dict[str, Any]]
Pages = dict[str, tuple[int, bytes, dict[str, str]]]


@pytest.fixture
def pages() -> Pages:
    return {}


@pytest.fixture
def asked() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def server(pages: Pages, asked: list[tuple[str, str]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = pages.get(self.path, (404, b"", {}))
            asked.append((self.path, self.headers.get("range", "")))
            wanted, same = self.headers.get("range"), self.headers.get("if-range") == headers.get("etag")
            if wanted and same and status == 200:
                first = int(wanted.removeprefix("bytes=").rstrip("-"))
                status, headers = 206, headers | {"content-range": f"bytes {first}-{len(body) - 1}/{len(body)}"}
                headers["content-length"] = str(len(body) - first)
                body = body[first:]
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
    pages["/epss"] = (200, gzip.compress(b"#model_version:v1\ncve,epss,percentile\nCVE-2020-0001,0.5,0.9\n"), {})
    said: list[tuple[str, int, int]] = []
    built = update(
        tmp_path / "new" / "index",
        archives={"one": f"{server}/pypi", "two": f"{server}/npm"},
        catalogue=f"{server}/kev",
        scores=f"{server}/epss",
        progress=lambda *step: said.append(step),
    )
    with Index.open(built.path) as index:
        assert index.meta.live == {"PyPI": 1, "npm": 1}
        assert index.meta.exploited == 1
        assert (index.briefs(["X-1"])["X-1"].epss, index.briefs(["X-1"])["X-1"].percentile) == (0.5, 0.9)
        assert (index.meta.sources[0].name, index.meta.sources[0].etag) == ("one", '"abc"')
        assert index.meta.sources[0].digest == hashlib.sha256(content).hexdigest()
    assert ("downloading one", len(content), len(content)) in said
    assert built.notes == ()
    assert [p.name for p in built.path.parent.iterdir()] == ["index"]


def test_without_the_catalogue_the_index_is_built_and_says_so(
    server: str, pages: Pages, tmp_path: Path, osv: Osv
) -> None:
    pages["/pypi"] = (200, archive(osv("X-1", "a", "introduced:0")), {})
    built = update(
        tmp_path / "index", archives={"one": f"{server}/pypi"}, catalogue=f"{server}/none", scores=f"{server}/none"
    )
    assert "known exploitation is not marked" in built.notes[0]
    assert "probability of exploitation is not said" in built.notes[1]


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
        update(path, archives={"one": f"{server}/pypi"}, catalogue=f"{server}/kev", scores=f"{server}/none")
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


@pytest.mark.parametrize(("etag", "ranges"), [('"one"', ["", "bytes=1000-"]), ('W/"one"', ["", ""]), ("", ["", ""])])
def test_a_download_goes_on_where_it_was_cut_off(
    server: str, pages: Pages, asked: list[tuple[str, str]], tmp_path: Path, osv: Osv, etag: str, ranges: list[str]
) -> None:
    content = archive(*(osv(f"X-{n}", "a", "introduced:0") for n in range(20)))
    about = {"etag": etag} | md5(content) | {"etag": etag} if etag else {}
    index = tmp_path / "index"
    update = partial(updating.update, catalogue=f"{server}/no", scores=f"{server}/no")
    pages["/pypi"] = (200, content[:1000], {"content-length": str(len(content)), **about})
    with pytest.raises(InputError):
        update(index, archives={"one": f"{server}/pypi"})
    pages["/pypi"] = (200, content, about)
    built = update(index, archives={"one": f"{server}/pypi"})
    assert [wanted for path, wanted in asked if path == "/pypi"] == ranges
    assert built.meta.live == {"PyPI": 20}
    assert built.meta.sources[0].digest == hashlib.sha256(content).hexdigest()
    assert [p.name for p in tmp_path.iterdir()] == ["index"]


def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(
    server: str, pages: Pages, tmp_path: Path, osv: Osv
) -> None:
    old, new = archive(osv("X-1", "a", "introduced:0")), archive(osv("X-2", "b", "introduced:0", summary="longer"))
    update = partial(updating.update, catalogue=f"{server}/no", scores=f"{server}/no")
    pages["/pypi"] = (200, old[:50], {"content-length": str(len(old)), "etag": '"old"'})
    with pytest.raises(InputError):
        update(tmp_path / "index", archives={"one": f"{server}/pypi"})
    pages["/pypi"] = (200, new, {"etag": '"new"'})
    with Index.open(update(tmp_path / "index", archives={"one": f"{server}/pypi"}).path) as index:
        assert list(index.lookup("PyPI", ["a", "b"])) == ["b"]


def test_one_update_at_a_time(server: str, pages: Pages, tmp_path: Path, osv: Osv) -> None:
    pages["/pypi"] = (200, archive(osv("X-1", "a", "introduced:0")), {})
    refused: list[str] = []

    def meanwhile(*_: object) -> None:
        if not refused:
            with pytest.raises(InputError, match="another process") as caught:
                update(tmp_path / "index", archives={"one": f"{server}/pypi"})
            refused.append(caught.value.problem)

    update(
        tmp_path / "index",
        archives={"one": f"{server}/pypi"},
        catalogue=f"{server}/no",
        scores=f"{server}/no",
        progress=meanwhile,
    )
    assert refused


@pytest.mark.slow
def test_killed_at_random_the_old_index_still_works(
    server: str, pages: Pages, make_index: Callable[..., Path], osv: Osv
) -> None:
    """kill -9 of the whole command, twenty times, at moments spread over how long it takes; then it runs through."""
    path = make_index()
    records = [osv(f"X-{n}", f"p{n % 900}", "introduced:0 fixed:2.0", details="x" * 900) for n in range(6_000)]
    content = archive(*records)
    pages["/PyPI/all.zip"] = (200, content, md5(content))
    pages["/npm/all.zip"] = (200, archive(osv("Y-1", "b", "introduced:0", ecosystem="npm")), {})
    command = [sys.executable, "-m", "hauberk", "db", "update", "--index", str(path), "--mirror", server, "--quiet"]
    # By a copy: the timed run must not be the one that is killed.
    timed = path.with_name("timed")
    before = time.monotonic()
    subprocess.run([str(timed) if one == str(path) else one for one in command], check=True, capture_output=True)
    took = time.monotonic() - before
    random, killed = Random(7), 0
    for _ in range(20):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            running.wait(random.uniform(0.15, 0.98) * took)
        except subprocess.TimeoutExpired:
            running.kill()
            killed += running.wait() == -9
        with Index.open(path) as index:
            found = index.lookup("PyPI", ["flask", "p1"])
            assert set(found) in ({"flask"}, {"p1"}), "neither the old index nor the new one"
            assert index.body(next(iter(found.values()))[0].id)
    assert killed >= 10
    subprocess.run(command, check=True, capture_output=True)
    with Index.open(path) as index:
        assert index.meta.live == {"PyPI": 6_000, "npm": 1}
