"""Parsers of XML that are told to fetch what a document names."""

from __future__ import annotations

from collections.abc import Iterator

from hauberk.check.code.rule import Hit, check_code, code_rule
from hauberk.check.module import Module, argument, constant

ENTITIES = code_rule(
    "xml-entities",
    "An XML parser is told to resolve external entities",
    "high",
    why="A document reads files of the server, and makes it call others.",
    fix="Leave resolve_entities, load_dtd and feature_external_ges off; parse with defusedxml.",
    cwe=(611,),
    asvs="1.5.1",
    top10="A02",
)

PARSERS = frozenset({"XMLParser", "make_parser", "fromstring", "parse", "iterparse", "parseString", "XML"})
PACKAGES = ("lxml.", "xml.", "defusedxml.")


def _parsers(module: Module) -> int:
    return sum(name.startswith(PACKAGES) and name.rpartition(".")[2] in PARSERS for name, _ in module.calls)


def _entities(module: Module) -> Iterator[Hit]:
    for name, call in module.calls:
        if name.startswith("lxml.") and name.rpartition(".")[2] in {"XMLParser", "iterparse", "XMLPullParser"}:
            wrong = [word for word in ("resolve_entities", "load_dtd") if constant(argument(call, -1, word)) is True]
            if constant(argument(call, -1, "no_network")) is False:
                wrong.append("no_network=False")
            if wrong:
                yield Hit(call, f"{name}() is told {', '.join(wrong)}.")
        if name.endswith(".setFeature") and constant(argument(call, 1)) in (True, 1):
            feature = argument(call, 0)
            named = module.name(feature) if feature is not None else ""
            if named.endswith(("feature_external_ges", "feature_external_pes")):
                yield Hit(call, f"{named.rpartition('.')[2]} is switched on.")


CHECKS = (check_code(ENTITIES, _entities, of=_parsers, what="parsers of XML"),)
