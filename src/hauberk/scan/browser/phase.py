"""The browser's part of a scan, with what it found for the other parts."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from hauberk.core.finding import Finding
from hauberk.core.progress import Progress
from hauberk.scan import recorded
from hauberk.scan.browser import chromium
from hauberk.scan.browser.confirm import confirm, confirmable
from hauberk.scan.browser.dom import Found, attack
from hauberk.scan.browser.explore import Front, explore
from hauberk.scan.browser.gate import ClosedError, Heard, ShareSpentError
from hauberk.scan.browser.stage import Stage, StoppedError, staged
from hauberk.scan.browser.verdict import findings
from hauberk.scan.client import Client
from hauberk.scan.libraries import Libraries, Library
from hauberk.scan.messages import Request
from hauberk.scan.surface import Surface

ASSETS = ("javascript", "css", "image/", "font", "audio/", "video/", "wasm")
PAGES = 20
"""Pages that the walk begins at."""
SHARE, CONFIRMING = 0.5, 0.8
"""How much of what is left of the budget may be spent: before the attack proper, and after it."""


@dataclass(slots=True)
class Browsed:
    """What the browser found."""

    front: Front = field(default_factory=Front)
    heard: Heard = field(default_factory=Heard)
    dom: Found = field(default_factory=Found)
    visits: int = 0
    cut_short: str = ""
    """Why it did not get to its end; empty if it did."""

    def surface(self, known: Surface) -> Surface:
        """The surface with what the pages asked the server for, and with the routes that only a browser knows."""
        opened = {urlsplit(url).path for url in self.front.routes.values()}
        calls = [r for r, answer in self.heard.exchanges if is_call(r, answer.media, opened)]
        calls += list(self.heard.spared.values())
        known = recorded.recorded(known, calls, "browser")
        sockets = dict.fromkeys((*known.sockets, *(target.partition("?")[0] for target in self.heard.sockets)))
        return Surface(operations=known.operations, root=known.root, host=known.host, sockets=tuple(sockets))

    def tell(self, libraries: Libraries) -> None:
        """Say which libraries the pages and the scripts named."""
        for name, version in self.front.libraries.items():
            libraries.add(Library(name, version))
        read: set[str] = set()
        for request, response in self.heard.exchanges:
            if "javascript" in response.media and response.status == 200 and request.target not in read:
                read.add(request.target)
                libraries.script(request.target, response.text)

    def stats(self) -> dict[str, Any]:
        """For the report."""
        return {
            "pages": len(self.front.pages),
            "visits": self.visits,
            "routes": sorted(self.front.routes),
            "sockets": sorted(self.heard.sockets),
            "sources": {"marked": self.dom.probed, "attacked": self.dom.tried},
            "refused_hosts": sorted(self.heard.foreign)[:50],
        }

    def gaps(self) -> list[str]:
        """What was left alone, in sentences."""
        said = []
        if self.cut_short:
            said.append(f"The browser did not get to its end: {self.cut_short}.")
        if self.front.truncated:
            said.append(f"There are more views than the {len(self.front.pages)} that a browser opened.")
        spared = [*self.front.spared, *self.heard.spared]
        if spared:
            said.append(f"Not used in the browser, because of what they say they do: {', '.join(spared[:20])}.")
        return said


def is_call(request: Request, media: str, opened: Container[str]) -> bool:
    """Whether a request is one of a page's scripts or forms, or a page; not one for a file that pages are made of."""
    if any(kind in media for kind in ASSETS) or request.path == "/favicon.ico" or "hbk" in request.target:
        return False
    made_for = request.header("sec-fetch-dest")
    if made_for in {"document", "iframe"} and request.method == "GET":
        return request.path in opened
    return made_for in {"empty", "document", "iframe", None}


def browse(client: Client, begin: Iterable[str], progress: Progress, *, destructive: bool = False) -> Browsed:
    """Walk through the front end, and attack it. What was seen until a budget was spent is kept, and raised never.

    Raises MissingExtraError and InputError if there is no browser; GoneError if the target is gone.
    """
    browsed = Browsed()
    addresses = [client.origin + target for target in begin]

    def work(stage: Stage) -> None:
        browsed.heard = stage.gate.heard
        try:
            explore(stage, addresses, browsed.front, progress)
            attack(stage, browsed.front, browsed.dom, progress)
        except (StoppedError, ClosedError) as stopped:
            browsed.cut_short = str(stopped)
        except chromium.api().Error as error:
            browsed.cut_short = f"Chromium failed: {str(error).splitlines()[0][:200]}"
        finally:
            browsed.visits = stage.visits

    try:
        staged(client, work, share=SHARE, destructive=destructive)
    except ShareSpentError as spent:
        browsed.cut_short = str(spent)
    return browsed


def confirmed(client: Client, surface: Surface, found: Sequence[Finding], progress: Progress) -> dict[str, Finding]:
    """The findings of markup, with what a browser made of it, by fingerprint. As far as the budget reaches."""
    if not confirmable(found):
        return {}
    said: dict[str, Finding] = {}

    def work(stage: Stage) -> None:
        said.update(confirm(stage, surface, found, progress))

    with suppress(ShareSpentError):  # they are proved already, only not in a browser
        staged(client, work, share=CONFIRMING)
    return said


def proofs(browsed: Browsed) -> list[Finding]:
    """What ran, as findings."""
    return findings(browsed.dom.proved)
