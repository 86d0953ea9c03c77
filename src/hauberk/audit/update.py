"""Downloading OSV's published archives, CISA's catalogue and FIRST's scores, and building the index from them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hauberk.audit.build import Built, build
from hauberk.audit.download import download
from hauberk.audit.index import SourceInfo
from hauberk.audit.text import clean
from hauberk.core.errors import InputError
from hauberk.core.progress import Progress, silent

ARCHIVES: Mapping[str, str] = {
    "OSV PyPI": "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip",
    "OSV npm": "https://osv-vulnerabilities.storage.googleapis.com/npm/all.zip",
}
CATALOGUE = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
SCORES = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
SIZE_LIMIT = 2 << 30
"""Bytes of one archive; the larger one has about a tenth of it."""


def mirror(base: str) -> tuple[dict[str, str], str, str]:
    """Archives, catalogue and scores as a mirror has them below one URL: `PyPI/all.zip` and so on."""
    base = base.rstrip("/")
    archives = {name: f"{base}/{name.rpartition(' ')[2]}/all.zip" for name in ARCHIVES}
    return archives, f"{base}/{CATALOGUE.rpartition('/')[2]}", f"{base}/{SCORES.rpartition('/')[2]}"


def update(
    destination: Path,
    *,
    progress: Progress = silent,
    archives: Mapping[str, str] = ARCHIVES,
    catalogue: str = CATALOGUE,
    scores: str = SCORES,
    size_limit: int = SIZE_LIMIT,
) -> Built:
    """Download the archives, check them, and replace the index at `destination`. Raises InputError; the old one stays.

    What a killed or failed run had downloaded is kept beside the index, and gone on with. Without CISA's catalogue or
    FIRST's scores the index is built all the same, and the result's notes say so.
    """
    with _folder(destination) as folder:
        origins: dict[Path, SourceInfo] = {}
        for number, (name, url) in enumerate(archives.items()):
            path = folder / f"{number}.zip"
            origins[path] = download(name, url, path, progress, size_limit)
        notes: list[str] = []

        def optional(name: str, url: str, file: str, missed: str) -> Path | None:
            try:
                download(name, url, folder / file, progress, size_limit)
            except InputError as error:
                notes.append(f"{missed}: {error.source}: {error.problem}")
                return None
            return folder / file

        kev = optional("CISA KEV", catalogue, "exploited.json", "known exploitation is not marked")
        epss = optional("EPSS", scores, "scores.csv.gz", "the probability of exploitation is not said")
        try:
            built = build(destination, list(origins), kev=kev, epss=epss, progress=progress, origins=origins)
        finally:  # what cannot be built from is no use for the next run either
            shutil.rmtree(folder, ignore_errors=True)
    return Built(path=built.path, meta=built.meta, notes=(*built.notes, *notes))


@contextmanager
def _folder(destination: Path) -> Iterator[Path]:
    """Where downloads are kept until the index is built; one run at a time, and a killed one holds nobody up."""
    folder = destination.with_name(f".{destination.name}.download")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("a") as file:
            if not _locked(file.fileno()):
                raise InputError(clean(destination), "is being updated by another process", "wait for it")
            yield folder
    except OSError as error:
        raise InputError(clean(destination), f"cannot be written: {clean(error)}", "name another file") from error


def _locked(descriptor: int) -> bool:
    if os.name != "posix":
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
