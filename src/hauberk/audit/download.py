"""Downloads that go on where they were cut off (RFC 9110, section 14), and that are checked."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hauberk.audit.index import SourceInfo
from hauberk.audit.text import clean
from hauberk.core.errors import InputError
from hauberk.core.progress import Progress

FIX = "where there is no network, fetch the archives elsewhere and run `hauberk db import FILE...`"


@dataclass(frozen=True, slots=True)
class _Begun:
    """What an earlier run left of a download: how much there is, and of which state of the file."""

    size: int = 0
    etag: str = ""


def download(name: str, url: str, path: Path, progress: Progress, size_limit: int) -> SourceInfo:
    """Fetch a file to `path`. What a killed run left there is gone on with, if the server's file is the same still.

    Raises InputError if it cannot be had, is longer than `size_limit` octets, or is not what the server says it sent.
    """
    import httpx2

    begun = _begun(path, url)
    headers = {"Range": f"bytes={begun.size}-", "If-Range": begun.etag} if begun.size else {}
    try:
        with httpx2.stream("GET", url, headers=headers, follow_redirects=True, timeout=60) as reply:
            if reply.status_code == 416:  # what is there is more than the server has
                _note(path, url, "")
                path.unlink(missing_ok=True)
                return download(name, url, path, progress, size_limit)
            reply.raise_for_status()
            done, total, digest = _receive(reply, name, url, path, begun, progress, size_limit)
            etag, expected = reply.headers.get("etag", ""), _md5_of(reply.headers.get("x-goog-hash", ""))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise InputError(url, f"cannot be downloaded: {clean(error) or type(error).__name__}", FIX) from error
    if total and done != total:
        raise InputError(url, f"ended after {done} of {total} bytes", "try again")
    if expected and digest[0] != expected:
        path.unlink(missing_ok=True)
        raise InputError(url, "does not have the digest that its server names", "try again")
    progress(f"downloading {name}", done, done)
    return SourceInfo(name=name, digest=digest[1], etag=clean(etag, 80))


def _receive(
    reply: Any, name: str, url: str, path: Path, begun: _Begun, progress: Progress, size_limit: int
) -> tuple[int, int, tuple[bytes, str]]:
    """Write the body down. Returns its size, what it should be (0: unknown), and its digests."""
    goes_on = reply.status_code == 206 and _starts_at(reply.headers.get("content-range", "")) == begun.size
    if reply.status_code == 206 and not goes_on:
        raise InputError(url, "sent another part than the one asked for", "try again")
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    done = 0
    if goes_on:
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                sha256.update(part)
                md5.update(part)
                done += len(part)
    else:
        path.unlink(missing_ok=True)
    announced = reply.headers.get("content-length", "")
    plain = announced.isdecimal() and not reply.headers.get("content-encoding")
    total = done + int(announced) if plain else 0
    # A weak validator says nothing about octets (RFC 9110, section 13.1.5).
    etag = reply.headers.get("etag", "")
    _note(path, url, etag if plain and etag.startswith('"') else "")
    with path.open("ab") as file:
        for part in reply.iter_bytes():
            done += len(part)
            if done > size_limit:
                raise InputError(url, f"is larger than {size_limit >> 20} MiB", FIX)
            sha256.update(part)
            md5.update(part)
            file.write(part)
            progress(f"downloading {name}", done, total)
    return done, total, (md5.digest(), sha256.hexdigest())


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def _note(path: Path, url: str, etag: str) -> None:
    """Which state of which file is being fetched: without it nothing is gone on with."""
    _beside(path).write_text(json.dumps({"url": url, "etag": etag}), encoding="utf-8")


def _begun(path: Path, url: str) -> _Begun:
    try:
        noted = json.loads(_beside(path).read_text(encoding="utf-8"))
        if noted["url"] == url and noted["etag"]:
            return _Begun(path.stat().st_size, str(noted["etag"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # then from the beginning
    return _Begun()


def _starts_at(content_range: str) -> int:
    """`bytes 100-199/200` as 100; -1 if it says nothing of the kind."""
    unit, _, rest = content_range.strip().partition(" ")
    first = rest.partition("-")[0]
    return int(first) if unit == "bytes" and first.isdecimal() else -1


def _md5_of(header: str) -> bytes:
    """The MD5 of `crc32c=...,md5=...`: Google Cloud Storage's checksum against broken transfers, nothing more."""
    for part in header.split(","):
        kind, _, value = part.strip().partition("=")
        if kind == "md5":
            try:
                return base64.b64decode(value, validate=True)
            except ValueError:
                return b""
    return b""
