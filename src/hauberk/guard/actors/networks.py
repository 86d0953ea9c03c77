"""Sets of networks: thousands of them cost as much to ask as a few."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from hauberk.core.errors import ConfigurationError, InputError
from hauberk.wire.forwarded import Address


class Networks:
    """Addresses and networks, looked up by their prefix: one look for each length of prefix that occurs."""

    __slots__ = ("_known",)

    def __init__(self, field: str, texts: Iterable[str]) -> None:
        known: dict[int, dict[int, set[int]]] = {}
        for text in texts:
            try:
                network = ip_network(text)
            except ValueError as error:
                raise ConfigurationError(field, text, f"is no network: {error}", "write '192.0.2.0/24'") from error
            shift = network.max_prefixlen - network.prefixlen
            known.setdefault(network.version, {}).setdefault(shift, set()).add(int(network.network_address) >> shift)
        self._known = {version: tuple(lengths.items()) for version, lengths in known.items()}

    def __bool__(self) -> bool:
        return bool(self._known)

    def __contains__(self, address: Address) -> bool:
        number = int(address)
        return any(number >> shift in prefixes for shift, prefixes in self._known.get(address.version, ()))


def published(path: Path) -> list[str]:
    """The networks of a file: one on each line, or JSON as search engines publish it (`prefixes`, `ipv4Prefix`).

    Raises InputError for a file that cannot be read or holds none.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = [*_prefixes(json.loads(text))] if text.lstrip()[:1] in {"{", "["} else [*_lines(text)]
    except (OSError, UnicodeDecodeError, ValueError) as error:
        fix = "give one network a line, or the JSON that the crawler's owner publishes"
        raise InputError(str(path), f"is no list of networks: {error}", fix) from error
    if not found:
        raise InputError(str(path), "holds no network", "give one network a line")
    return found


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        word = line.partition("#")[0].strip()
        if word:
            yield word


def _prefixes(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from _prefixes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _prefixes(value)
    elif isinstance(node, str) and ("." in node or ":" in node):
        try:
            ip_address(node.partition("/")[0])
        except ValueError:
            return  # such as the time of its making
        yield node
