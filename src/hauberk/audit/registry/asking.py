"""Asking the indexes, several packages at a time. What is not answered is named as not judged."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from hauberk.audit.registry.releases import Releases, of_answer
from hauberk.audit.registry.sources import source
from hauberk.audit.text import clean, enumerate_some
from hauberk.audit.text import name as shown
from hauberk.audit.versions import ECOSYSTEMS, Ecosystem
from hauberk.core.progress import Progress, silent

Package = tuple[Ecosystem, str]
"""Ecosystem and normalised name."""

AT_ONCE = 16
SIZE_LIMIT = 64 << 20
"""Octets of one answer; packuments with every version's readme have some ten million."""
_TIMEOUT = 30
_ACCEPT: dict[Ecosystem, str] = {
    "PyPI": "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1",
    "npm": "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8",
}


@dataclass(slots=True)
class Answers:
    """What was answered, and what was not."""

    releases: dict[Package, Releases] = field(default_factory=dict)
    unknown: list[Package] = field(default_factory=list)
    """The index has no such package: it comes from another one, or was taken away."""
    failed: dict[str, list[Package]] = field(default_factory=dict)
    """By what went wrong."""

    def gaps(self) -> Iterator[str]:
        """One sentence for each reason."""
        if self.unknown:
            yield f"not judged for their age, since no index that is set up knows them: {_named(self.unknown)}"
        for problem, packages in self.failed.items():
            yield f"not judged for their age, since {problem}: {_named(packages)}"


def _named(packages: list[Package]) -> str:
    return enumerate_some(shown(name) for _, name in sorted(packages))


def ask(packages: Collection[Package], progress: Progress = silent) -> Answers:
    """Ask each package's index about it."""
    answers = Answers()
    done = 0
    progress("asking the indexes", 0, len(packages))
    for ecosystem in ECOSYSTEMS:
        mine = sorted(package for package in packages if package[0] == ecosystem)
        if not mine:
            continue
        base = source(ecosystem)
        if base is None:
            tool = "pip" if ecosystem == "PyPI" else "npm"
            answers.failed[f"{tool} names no index for {ecosystem}"] = mine
            continue
        for package, found in _ask_all(base, mine):
            done += 1
            progress("asking the indexes", done, len(packages))
            if isinstance(found, Releases):
                answers.releases[package] = found
            elif found == "404":
                answers.unknown.append(package)
            else:
                answers.failed.setdefault(found, []).append(package)
    progress("asking the indexes", len(packages), len(packages))
    return answers


def _ask_all(base: str, packages: list[Package]) -> Iterator[tuple[Package, Releases | str]]:
    import httpx2

    host = urlsplit(base).hostname or "the index"  # never the whole URL: it may hold a password
    with (
        httpx2.Client(timeout=_TIMEOUT, follow_redirects=True) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        yield from zip(packages, pool.map(lambda one: _one(client, base, host, one), packages), strict=True)


def _one(client: Any, base: str, host: str, package: Package) -> Releases | str:
    """The answer, or what went wrong; `404` where the index has no such package."""
    import httpx2

    ecosystem, name = package
    path = quote(name, safe="@") if ecosystem == "npm" else f"{quote(name, safe='')}/"
    try:
        with client.stream("GET", f"{base}/{path}", headers={"accept": _ACCEPT[ecosystem]}) as reply:
            if reply.status_code in (404, 410):
                return "404"
            if reply.status_code != 200:
                return f"{clean(host)} answers {reply.status_code}"
            content = bytearray()
            for part in reply.iter_bytes():
                content += part
                if len(content) > SIZE_LIMIT:
                    return f"{clean(host)} answers with more than {SIZE_LIMIT >> 20} MiB"
        return of_answer(ecosystem, name, bytes(content))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        return f"{clean(host)} cannot be reached ({type(error).__name__})"
    except ValueError:
        return f"{clean(host)} answers with no list of releases"
