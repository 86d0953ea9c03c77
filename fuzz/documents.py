"""Any octets are a document, a token or an archive of a request: `python -m fuzz.documents`.

Texts of an XML document that its parser finds are among the leaves that the guard finds.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from fuzz.harness import instrumented, main

with instrumented(__name__):
    from hauberk.guard.body import body_inputs
    from hauberk.guard.inner import decoded, inner, member_names, xml_leaves
    from hauberk.guard.xml import grows, identifiers

SEEDS = (
    b"<a b='x &lt; y'>one<b>two</b> three<![CDATA[<four>]]></a>",
    b'<!DOCTYPE a [<!ENTITY x "it is"><!ENTITY y SYSTEM "file:///etc/x">]><a>&x;</a>',
    b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>",
    b"<a><!-- <b>no</b> --><c d=\"it's\" e='\"'/></a>",
    b"PK\x03\x04" + bytes(22) + b"\x05\x00\x00\x00a/../",
    b"e30.eyJhIjogIngifQ.s",
    b'{"query": "{ a(b: \\"x y\\") }"}',
)
TYPES = ("application/xml", "application/json", "application/graphql", "multipart/form-data; boundary=b", "")


def one_input(data: bytes) -> None:
    """One run of the fuzzer."""
    for kind in TYPES:
        body_inputs(kind, data)
    list(member_names(data))
    for text in decoded(data):
        identifiers(text)
        grows(text)
        list(inner("json:query", text))
    try:
        root = ET.fromstring(data)
    except (ET.ParseError, ValueError, LookupError):
        return
    if b"<!" in data.replace(b"<![CDATA[", b"").replace(b"<!--", b""):  # With entities of its own it says other things.
        return
    found = {value for text in decoded(data) for _, value in xml_leaves(text)}
    for element in root.iter():
        for value in (*element.attrib.values(), element.text or ""):
            plain = value.strip()
            if plain and not len(element) and plain not in found and _plain(value):
                raise AssertionError(f"{value!r} of {data!r} is not among {found}")


def _plain(value: str) -> bool:
    """Whether a parser leaves the value as it stands: it makes one space of a tab or a new line."""
    return value.isprintable()


if __name__ == "__main__":
    main(one_input, SEEDS)
