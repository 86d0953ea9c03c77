"""The scripts that pages load: read once each, for the libraries in them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from hauberk.scan.client import Client
from hauberk.scan.html import Offer, parse, scripted_offer
from hauberk.scan.libraries import Libraries, Library, in_address
from hauberk.scan.messages import Request, Response

SCRIPTS = 40
"""How many are fetched."""


def addresses(page: str, url: str) -> list[str]:
    """The scripts of a page, absolute, each once."""
    found: dict[str, None] = {}
    for node in parse(page).css("script[src]"):
        try:
            found[urljoin(url, (node.attributes.get("src") or "").strip())] = None
        except ValueError:  # such as an unclosed bracket in the host
            continue
    return list(found)


def read_scripts(client: Client, pages: Iterable[tuple[Request, Response]], libraries: Libraries) -> list[Offer]:
    """Fetch what is the application's own; of others only the address tells something. What leads on from them."""
    seen: set[str] = set()
    offers = []
    for request, response in pages:
        if not response.is_html:
            continue
        for address in addresses(response.text, client.origin + request.target):
            split = urlsplit(address)
            own = f"{split.scheme}://{split.netloc}".lower() == client.origin.lower()
            target = split.path + ("?" + split.query if split.query else "")
            if not own:
                for name, version in in_address(address).items():
                    libraries.add(Library(name, version))
            elif target not in seen and len(seen) < SCRIPTS and split.path:
                seen.add(target)
                answer = client.send(Request(target=target))
                if answer.status == 200 and not answer.is_html:
                    libraries.script(target, answer.text)
                    offers.append(scripted_offer(answer.text, client.origin + request.target))
    return [offered for offered in offers if offered.links or offered.forms]
