"""XML of the standard library: external entities of `xml.sax`, and what builds on it (pulldom)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import ModuleType
from typing import Any

from hauberk.core.exchange import Exchange
from hauberk.guard.blobs import blobs
from hauberk.guard.imports import when_imported
from hauberk.guard.inner import decoded
from hauberk.guard.inputs import Inputs
from hauberk.guard.request import RequestGuard
from hauberk.guard.sensor import note, sense_found
from hauberk.guard.sinks.methods import watch
from hauberk.guard.verdict import Judgement
from hauberk.guard.xml import GROWS, grows, judge, leads, sources


def look_at_reading(target: str, asked: str) -> None:
    """Say what a parser is about to read besides its document. Raises BlockedError."""
    sense_found("xml", target, asked, partial(_readers, asked), dialect="xml")


def _readers(asked: str, ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
    guard: RequestGuard = ex.guard
    for name, identifiers in guard.once(ex, "xml", sources):
        if any(leads(identifier, asked) for identifier in identifiers):
            yield name, "", judge(asked)


def look_at_document(target: str, document: Any) -> None:
    """Say that a document is about to be parsed; anything but text and octets is read by nobody else before."""
    note(target, document, "xml")
    text = document.encode("utf-8", "replace") if isinstance(document, str) else document
    if isinstance(text, bytes | bytearray) and b"ENTITY" not in text and b"\0" not in text[:8]:
        return
    sense_found("xml", target, target, partial(_growing), dialect="xml")


def _growing(ex: Exchange, inputs: Inputs) -> Iterator[tuple[str, str, Judgement]]:
    guard: RequestGuard = ex.guard
    for name in guard.once(ex, "xml that grows", _growers):
        yield name, "", GROWS


def _growers(ex: Exchange) -> list[str]:
    return [name for name, blob in blobs(ex) if any("<!ENTITY" in text and grows(text) for text in decoded(blob))]


def _on_entity(parser: Any, context: Any, base: Any, sysid: Any, pubid: Any) -> None:
    if parser._external_ges and sysid:
        look_at_reading("xml.sax.parse", str(sysid))


def _on_text(parser: Any, text: Any = b"", *args: Any, **options: Any) -> None:
    look_at_document("xml.sax.parse", text)


def _on_tree(text: Any, *args: Any, **options: Any) -> None:
    look_at_document("xml.etree.ElementTree.fromstring", text)


def _on_dom(string: Any, *args: Any, **options: Any) -> None:
    look_at_document("xml.dom.minidom.parseString", string)


def _patch_reader(module: ModuleType) -> list[str]:
    watch(module.ExpatParser, "external_entity_ref", _on_entity)
    watch(module.ExpatParser, "feed", _on_text)
    return ["xml.sax.parse", "xml.sax.parseString", "xml.dom.pulldom.parse"]


def _patch_tree(module: ModuleType) -> list[str]:
    return [watch(module, name, _on_tree) for name in ("XML", "fromstring", "XMLID")]


def _patch_dom(module: ModuleType) -> list[str]:
    watch(module, "parseString", _on_dom)
    return ["xml.dom.minidom.parseString"]


def install() -> list[str]:
    """Watch the parsers where they are imported, now or later; what is hooked."""
    return [
        *when_imported("xml.sax.expatreader", _patch_reader),
        *when_imported("xml.etree.ElementTree", _patch_tree),
        *when_imported("xml.dom.expatbuilder", _patch_dom),
    ]
