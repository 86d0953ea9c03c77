"""Downloading OSV's published archives and CISA's catalogue, and building the index from them."""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hauberk.audit.build import Built, build
from hauberk.audit.index import SourceInfo
from hauberk.audit.text import clean
from hauberk.core.errors import InputError
from hauberk.core.progress import Progress, silent

ARCHIVES: Mapping[str, str] = {
    "OSV PyPI": "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip",
    "OSV npm": "https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip",
}
CATALOGUE = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
SIZE_LIMIT = 2 << 30
"""Bytes of one archive; the larger one has about a tenth of it."""
_FIX = "where there is no network, fetch the archives elsewhere and run `hauberk db import FILE...`"


def update(
    destination: Path,
    *,
    progress: Progress = silent,
    archives: Mapping[str, str] = ARCHIVES,
    catalogue: str = CATALOGUE,
    size_limit: int = SIZE_LIMIT,
) -> Built:
    """Download the archives, check them, and replace the index at `destination`. Raises InputError; the old one stays.

    Without CISA's catalogue the index is built all the same, and the result's notes say so.
    """
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.TemporaryDirectory(dir=destination.parent, prefix=".hauberk-update-")
    except OSError as error:
        raise InputError(clean(destination), f"cannot be written: {clean(error)}", "name another file") from error
    with temporary as folder:
        origins: dict[Path, SourceInfo] = {}
        for number, (name, url) in enumerate(archives.items()):
            path = Path(folder) / f"{number}.zip"
            origins[path] = _download(name, url, path, progress, size_limit)
        kev: Path | None = Path(folder) / "exploited.json"
        notes: tuple[str, ...] = ()
        try:
            _download("CISA KEV", catalogue, Path(folder) / "exploited.json", progress, size_limit)
        except InputError as error:
            kev, notes = None, (f"known exploitation is not marked: {error.source}: {error.problem}",)
        built = build(destination, list(origins), kev=kev, progress=progress, origins=origins)
    return Built(path=built.path, meta=built.meta, notes=built.notes + notes)


def _download(name: str, url: str, path: Path, progress: Progress, size_limit: int) -> SourceInfo:
    import httpx2

    sha256, md5, done = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    label = f"downloading {name}"
    try:
        with httpx2.stream("GET", url, follow_redirects=True, timeout=60) as reply, path.open("wb") as file:
            reply.raise_for_status()
            announced = reply.headers.get("content-length", "")
            total = int(announced) if announced.isdecimal() and not reply.headers.get("content-encoding") else 0
            for part in reply.iter_bytes():
                done += len(part)
                if done > size_limit:
                    raise InputError(url, f"is larger than {size_limit >> 20} MiB", _FIX)
                sha256.update(part)
                md5.update(part)
                file.write(part)
                progress(label, done, total)
            expected = _md5_of(reply.headers.get("x-goog-hash", ""))
            etag = reply.headers.get("etag", "")
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise InputError(url, f"cannot be downloaded: {clean(error) or type(error).__name__}", _FIX) from error
    if total and done != total:
        raise InputError(url, f"ended after {done} of {total} bytes", "try again")
    if expected and md5.digest() != expected:
        raise InputError(url, "does not have the digest that its server names", "try again")
    progress(label, done, done)
    return SourceInfo(name=name, digest=sha256.hexdigest(), etag=clean(etag, 80))


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
