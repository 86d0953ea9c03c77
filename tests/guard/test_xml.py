"""What a document of a request makes a parser read, through lxml and the standard library, and how far it may grow."""

from __future__ import annotations

import base64
import io
import xml.sax
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.dom import minidom, pulldom
from xml.etree import ElementTree as ET
from xml.sax.handler import feature_external_ges

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hauberk.core.plan import Plan
from hauberk.guard import Guard, install
from hauberk.guard.inner import decoded
from hauberk.guard.xml import grows, identifiers, judge, leads
from tests.guard.sites import ask, site

Parse = Callable[[bytes], Any]
OPTIONS: dict[str, Any] = {"resolve_entities": True, "load_dtd": True, "no_network": False}


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    install()
    path = tmp_path_factory.mktemp("etc") / "secret"
    path.write_text("s3cret")
    return path


def by_lxml(document: bytes) -> Any:
    return etree.tostring(etree.fromstring(document, etree.XMLParser(**OPTIONS)))


def by_lxml_stream(document: bytes) -> Any:
    return etree.tostring(etree.parse(io.BytesIO(document), etree.XMLParser(**OPTIONS)))


def by_lxml_feed(document: bytes) -> Any:
    parser = etree.XMLParser(**OPTIONS)
    parser.feed(document)
    return etree.tostring(parser.close())


def by_iterparse(document: bytes) -> Any:
    return [element.text for _, element in etree.iterparse(io.BytesIO(document), **OPTIONS)]


def by_pull_parser(document: bytes) -> Any:
    parser = etree.XMLPullParser(**OPTIONS)
    parser.feed(document)
    return [element.text for _, element in parser.read_events()]


class Texts(xml.sax.ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def characters(self, content: str) -> None:
        self.found.append(content)


def by_sax(document: bytes) -> Any:
    parser, texts = xml.sax.make_parser(), Texts()
    parser.setFeature(feature_external_ges, True)
    parser.setContentHandler(texts)
    parser.parse(io.BytesIO(document))
    return texts.found


def by_pulldom(document: bytes) -> Any:
    parser = xml.sax.make_parser()
    parser.setFeature(feature_external_ges, True)
    events = pulldom.parse(io.BytesIO(document), parser=parser)
    return [getattr(node, "data", "") for event, node in events if event == pulldom.CHARACTERS]


PARSERS = [by_lxml, by_lxml_stream, by_lxml_feed, by_iterparse, by_pull_parser, by_sax, by_pulldom]


def entity(path: object) -> bytes:
    return f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{path}">]><a>&x;</a>'.encode()


def in_body(parse: Parse, document: bytes, plan: Plan | None = None) -> int:
    client = site(lambda request: parse(request.get_data()), plan) if plan else site(lambda r: parse(r.get_data()))
    status: int = client.post("/", data=document, content_type="application/xml").status_code
    return status


@pytest.mark.parametrize("parse", PARSERS)
def test_an_external_entity_is_not_read(parse: Parse, secret: Path) -> None:
    assert "s3cret" in str(parse(entity(secret)))
    assert in_body(parse, entity(secret)) == 403
    assert in_body(parse, b"<a>a text &amp; more</a>") == 200
    assert in_body(parse, entity(secret), Plan.of([Guard(mode="block", xml="observe", path="observe")])) == 200


@pytest.mark.parametrize("parse", PARSERS)
def test_a_document_of_the_application_may(parse: Parse, secret: Path) -> None:
    assert in_body(lambda body: parse(entity(secret)), b"<a>a text</a>") == 200
    assert in_body(lambda body: parse(b"<a/>"), entity(secret)) == 200


def dtd(identifier: object) -> bytes:
    return f'<!DOCTYPE a SYSTEM "{identifier}"><a/>'.encode()


def parameter(identifier: object) -> bytes:
    return f'<!DOCTYPE a [<!ENTITY % x SYSTEM "{identifier}"> %x;]><a/>'.encode()


def declared_by_another(identifier: object) -> bytes:
    inner = f"<!ENTITY x SYSTEM &#39;{identifier}&#39;>"
    return f'<!DOCTYPE a [<!ENTITY % y "{inner}"> %y;]><a>&x;</a>'.encode()


@pytest.mark.parametrize("make", [dtd, parameter, declared_by_another])
def test_dtds_and_parameter_entities(make: Callable[[object], bytes], secret: Path) -> None:
    assert in_body(by_lxml, make(secret)) == 403
    assert in_body(by_lxml, make("http://evil.example/x")) == 403


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-be", "iso-8859-1", "utf-32"])
def test_documents_in_other_codings(coding: str, secret: Path) -> None:
    document = f'<?xml version="1.0" encoding="{coding}"?>' + entity(secret).decode()
    octets = document.encode(coding)
    if coding == "utf-16-be":
        octets = b"\xfe\xff" + octets
    assert in_body(by_lxml, octets) == 403


def test_a_document_in_a_parameter(secret: Path) -> None:
    document = entity(secret).decode()
    assert ask(lambda value: by_lxml(value.encode()), document) == 403
    coded = base64.b64encode(document.encode()).decode()
    assert ask(lambda value: by_lxml(base64.b64decode(value)), coded) == 403
    assert ask(lambda value: by_lxml(f"<a>{value}</a>".encode()), "a text & more".replace("&", "&amp;")) == 200


@pytest.mark.parametrize(
    "doctype",
    [
        'svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"',
        'plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd"',
        'invoice SYSTEM "invoice.dtd"',
    ],
)
def test_documents_that_name_a_usual_dtd(doctype: str) -> None:
    parser = etree.XMLParser(load_dtd=True)
    document = f"<!DOCTYPE {doctype}><svg/>".encode()
    assert in_body(lambda body: etree.fromstring(body, parser), document) != 403


def include(href: object) -> str:
    return f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{href}" parse="text"/></a>'


def by_xinclude(document: bytes) -> Any:
    tree = etree.fromstring(document).getroottree()
    tree.xinclude()
    return etree.tostring(tree)


def by_xinclude_class(document: bytes) -> Any:
    root = etree.fromstring(document)
    etree.XInclude()(root)
    return etree.tostring(root)


def by_element_include(document: bytes) -> Any:
    from xml.etree import ElementInclude

    root = ET.fromstring(document)
    ElementInclude.include(root)
    return ET.tostring(root)


@pytest.mark.parametrize("parse", [by_xinclude, by_xinclude_class, by_element_include])
def test_inclusions(parse: Parse, secret: Path) -> None:
    document = include(secret).encode()
    assert b"s3cret" in parse(document)
    assert in_body(parse, document) == 403
    assert in_body(lambda body: parse(document), b"<a>a text</a>") == 200


def by_stylesheet(document: bytes) -> Any:
    return str(etree.XSLT(etree.fromstring(document))(etree.fromstring("<a/>")))


def test_a_stylesheet_that_reads(secret: Path) -> None:
    secret.with_name("x.xml").write_text("<s3cret/>")
    text = (
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
        f"<o><xsl:copy-of select=\"document('file://{secret.with_name('x.xml')}')\"/></o>"
        "</xsl:template></xsl:stylesheet>"
    ).encode()
    assert "s3cret" in by_stylesheet(text)
    assert in_body(by_stylesheet, text) == 403
    assert in_body(lambda body: by_stylesheet(text), b"<a/>") == 200


def test_a_path_that_lxml_opens(secret: Path) -> None:
    secret.with_name("x.xml").write_text("<a/>")
    assert ask(etree.parse, str(secret.with_name("x.xml"))) == 403
    assert ask(lambda value: etree.parse(str(secret.with_name("x.xml"))), "a text") == 200
    assert ask(etree.parse, "http://127.0.0.1:9/x.xml") == 403


LAUGHS = "<!DOCTYPE a [<!ENTITY x0 'lol lol lol lol'>{}]><a>&x9;</a>".format(
    "".join(f"<!ENTITY x{n} '{f'&x{n - 1};' * 10}'>" for n in range(1, 10))
)
QUADRATIC = f"<!DOCTYPE a [<!ENTITY x '{'a' * 50_000}'>]><a>{'&x;' * 5_000}</a>"
PARAMETERS = "<!DOCTYPE a [<!ENTITY % x0 'lol lol lol lol'>{}]><a/>".format(
    "".join(f"<!ENTITY % x{n} '{f'&#37;x{n - 1};' * 10}'>" for n in range(1, 10))
)
SMALL = "<!DOCTYPE a [<!ENTITY shop 'Threadbare'><!ENTITY line '&shop;, &shop;'>]><a>&line; &amp; &shop;</a>"


@pytest.mark.parametrize("text", [LAUGHS, QUADRATIC, PARAMETERS])
def test_entities_that_grow(text: str) -> None:
    assert grows(text)


def test_entities_that_do_not() -> None:
    assert not grows(SMALL)
    assert not grows("<!DOCTYPE a [<!ENTITY x '&y;'><!ENTITY y '&x;'>]><a>&x;</a>")
    assert not grows("<a>&x;</a>" * 1_000)


def huge(document: bytes) -> Any:
    return etree.fromstring(document, etree.XMLParser(huge_tree=True, resolve_entities=False))


@pytest.mark.parametrize("parse", [huge, lambda text: ET.fromstring(text.decode()), minidom.parseString])
def test_a_document_that_grows_is_not_parsed(parse: Parse) -> None:
    assert in_body(parse, LAUGHS.encode()) == 403
    assert in_body(parse, SMALL.encode()) == 200
    assert in_body(lambda body: parse(SMALL.encode()), b"<a/>") == 200


@pytest.mark.parametrize(
    ("identifier", "asked", "same"),
    [
        ("file:///etc/passwd", "file:///etc/passwd", True),
        ("../../etc/passwd", "/srv/app/../../etc/passwd", True),
        ("file:/etc/passwd", "/etc/passwd", True),
        ("/tmp/doc.xml", "tmp/doc.xml", True),
        ("http://a.example/x.dtd", "http://b.example/y.dtd", False),
        ("", "note.dtd", False),
        ("x.dtd", "note.dtd", False),
        ("/", "/etc/passwd", False),
    ],
)
def test_what_a_parser_asks_for_is_what_the_document_named(identifier: str, asked: str, same: bool) -> None:
    assert leads(identifier, asked) is same


@pytest.mark.parametrize(
    "asked", ["robots.txt", "php://filter/x", "../a.dtd", "/a.dtd", "http://a.example/a.dtd", "//a"]
)
def test_everything_else_is_reading(asked: str) -> None:
    assert judge(asked).attack


@given(st.binary(max_size=100), st.text(max_size=100))
def test_any_document_is_looked_at(blob: bytes, text: str) -> None:
    for found in decoded(blob):
        identifiers(found)
    grows(f"<!ENTITY {text} '{text}'>" * 3 + text)
    judge(text)
    leads(text, text + "a")


def test_classes_stay_what_they_were() -> None:
    install()
    parser = etree.XMLParser()
    assert isinstance(parser, etree.XMLParser)
    assert isinstance(etree.XMLPullParser(), etree.XMLParser) or issubclass(etree.XMLPullParser, etree._FeedParser)
    assert etree.fromstring("<a><b/></a>", parser=parser).find("b") is not None
    assert etree.parse(io.StringIO("<a/>")).getroot().tag == "a"
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring("<a>")
