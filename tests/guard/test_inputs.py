"""What counts as an input, and under which name."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.adapters.asgi import ASGIExchange
from hauberk.guard.body import body_inputs, pairs
from hauberk.guard.inner import graphql_literals, inner, member_names, xml_leaves
from hauberk.guard.inputs import Inputs, cookie_inputs, forms, harmless, path_inputs


def exchange(path: str = "/", query: bytes = b"", content_type: bytes = b"application/json") -> ASGIExchange:
    headers = [(b"content-type", content_type), (b"x-a", b"it's")]
    return ASGIExchange({"type": "http", "path": path, "query_string": query, "headers": headers})


def named(inputs: Inputs) -> dict[str, str]:
    return {item.name: item.value for item in reversed(inputs.risky)}


def test_everything_the_client_sends_has_a_name() -> None:
    inputs, ex = Inputs(), exchange("/a b/c d", b"q=x+y&q=1&z=plain")
    ex.scope["path_params"] = {"item": "c  d"}
    inputs.refresh(ex)
    assert named(inputs) == {
        "query:q": "x y",
        "path": "a b",
        "path:item": "c  d",
        "header:content-type": "application/json",
        "header:x-a": "it's",
    }


def test_a_body_that_grows_is_read_again() -> None:
    inputs, ex = Inputs(), exchange()
    ex.keep(b'{"a": "it')
    inputs.refresh(ex)
    assert not inputs.complete
    ex.keep(b's; fine"}')
    inputs.refresh(ex)
    assert named(inputs)["json:a"] == "its; fine"


def test_a_body_beyond_what_is_kept_is_not_complete() -> None:
    inputs, ex = Inputs(), exchange(content_type=b"application/x-www-form-urlencoded")
    ex.keep(b"a=" + b"x y" * 500_000)
    inputs.refresh(ex)
    assert not inputs.complete


def test_the_number_of_inputs_is_bounded() -> None:
    inputs = Inputs()
    inputs.refresh(exchange(query="&".join(f"a={n}+b" for n in range(20_000)).encode()))
    assert len(inputs.risky) <= 10_010
    assert not inputs.complete


@pytest.mark.parametrize(
    "value", ["", "a", "'", "word", "under_score", "42", "1.5", "1, -2,3", "file.txt", "a.b.c", " padded "]
)
def test_harmless(value: str) -> None:
    assert harmless(value)


@pytest.mark.parametrize("value", ["a b", "''", "-1", "1--", "1-1", "..", "/etc", "a@b.c", "-x", "1,,2", "it's"])
def test_not_harmless(value: str) -> None:
    assert not harmless(value)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("%27", "'"),
        ("%2527", "'"),
        ("a+b", "a b"),
        ("&#39;x", "'x"),
        ("\uff07x", "'x"),
        ("JyBvciAxPTE=", "' or 1=1"),
        ("JyBvciAxPTE", "' or 1=1"),
        ("it's", "it''s"),
        ("it's", "it\\'s"),
    ],
)
def test_derived_forms(value: str, form: str) -> None:
    assert form in forms(value)


def test_binary_base64_gives_nothing() -> None:
    assert list(forms("AAECAwQFBgc=")) == ["AAECAwQFBgc="]


JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"
PARTS = (
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx y\r\n'
    b'--b\r\nContent-Disposition: form-data; name="f"; filename="a \\"b\\".txt"; '
    b"filename*=UTF-8''c%20d\r\nContent-Type: text/plain\r\n\r\ndata\r\n--b--\r\n"
)


PARTS_FOUND = [("form:a", "x y"), ("upload:f", 'a "b".txt'), ("upload:f", "c d")]


@pytest.mark.parametrize(
    ("content_type", "body", "found", "understood"),
    [
        (JSON, b'{"a": {"b c": ["x", 1, null]}}', [("json:", "a"), ("json:a", "b c"), ("json:a.b c[0]", "x")], True),
        (JSON, b'"x"', [("json:", "x")], True),
        (JSON, b"{", [("body", "{")], False),
        (JSON, b"[" * 100_000, [("body", "[" * 100_000)], False),
        ("text/plain", b'["x"]', [("json:[0]", "x")], True),
        ("application/vnd.x+json", b'["x"]', [("json:[0]", "x")], True),
        (FORM, b"a=x+y&b=%C3%A9&c", [("form:a", "x y"), ("form:b", "é"), ("form:c", "")], True),
        ("multipart/form-data; boundary=b", PARTS, PARTS_FOUND, True),
        ('multipart/form-data; boundary="b"', PARTS, [("form:a", "x y"), ("upload:f", "c d")], True),
        ("multipart/form-data", b"x", [("body", "x")], False),
        ("application/xml", b"<a>x y</a>", [("body", "<a>x y</a>"), ("xml:a", "x y")], True),
        ("application/soap+xml", b"<a b='c &lt; d'/>", [("xml:a@b", "c < d")], True),
        ("", "<?xml version='1.0'?><a>x y</a>".encode("utf-16"), [("xml:a", "x y")], True),
        ("application/graphql", b'{ a(b: "x y") }', [("body", "x y")], True),
        (JSON, gzip.compress(b'{"a": "x y"}', mtime=0), [("json:a", "x y")], False),
        ("text/plain; charset=latin-1", b"\xe9", [("body", "é")], True),
        ("text/plain; charset=nonsense", b"x", [("body", "x")], True),
        ("", b"", [], True),
    ],
)
def test_bodies(content_type: str, body: bytes, found: list[tuple[str, str]], understood: bool) -> None:
    got, complete = body_inputs(content_type, body)
    assert set(found) <= set(got)
    assert complete is understood


@given(st.text(max_size=40), st.binary(max_size=200))
def test_any_body_is_read_without_an_error(content_type: str, body: bytes) -> None:
    for kind in (content_type, "application/json", FORM, "multipart/form-data; boundary=-"):
        body_inputs(kind, body)
    list(pairs(body))


def test_cookies_come_with_and_without_quotes() -> None:
    assert set(cookie_inputs('a=b; c="d e"; odd')) == {("cookie:a", "b"), ("cookie:c", '"d e"'), ("cookie:c", "d e")}


def test_each_segment_and_each_rest_of_the_path() -> None:
    assert {value for _, value in path_inputs("/a/b//c")} == {"a", "b", "", "c", "a/b//c", "b//c", "/c"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<a>x <b>y</b> z</a>", [("xml:a", "x"), ("xml:b", "y"), ("xml:b", "z")]),
        ("<a><![CDATA[<x>]]> y</a>", [("xml:a", "<x> y")]),
        ("<a>x&#39;y</a>", [("xml:a", "x'y")]),
        ("<a b=\"it's\" c='d'/>", [("xml:a@b", "it's"), ("xml:a@c", "d")]),
        ("<!-- <a>x</a> --><a/>", []),
        ('<!DOCTYPE a [<!ENTITY b "x y">]><a/>', [("xml:&b", "x y")]),
        ("<a", [("xml:", "a")]),
        ("x < y", [("xml:", "x  y")]),
    ],
)
def test_leaves_of_a_document(text: str, found: list[tuple[str, str]]) -> None:
    assert [*xml_leaves(text)] == found


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("query:f", '{"a": ["x y"]}', ["x y"]),
        ("query:f", '{"a": ["x y"', []),
        ("header:authorization", "Basic YWRhOng6eQ==", ["ada", "x:y"]),
        ("header:authorization", "Bearer e30.eyJhIjogIngifQ.s", ["x"]),
        ("cookie:t", "e30.eyJhIjogeyJiIjogWyJ4Il19fQ.s", ["x"]),
        ("json:query", '{ a(b: "x \\"y\\"", c: """z""") }', ['x "y"', "z"]),
        ("json:note", '{ a(b: "x y") }', []),
        ("form:x", "<a b='c'/>", ["c"]),
    ],
)
def test_values_inside_of_values(name: str, value: str, found: list[str]) -> None:
    assert [text for _, text in inner(name, value)] == found


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return packed.getvalue()


def tarred(name: str, *, link: str = "", packing: str = "w", form: int = tarfile.GNU_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=packing, format=form) as archive:  # type: ignore[call-overload]
        member = tarfile.TarInfo(name)
        member.type, member.linkname = (tarfile.SYMTYPE, link) if link else (tarfile.REGTYPE, "")
        archive.addfile(member, io.BytesIO(b""))
    return packed.getvalue()


LONG = "../" * 60 + "x"


@pytest.mark.parametrize(
    ("archive", "names"),
    [
        (zipped("a.txt", "../../b"), {"a.txt", "../../b"}),
        (zipped("a.txt", "../../b")[:60], {"a.txt"}),
        (tarred("../../b"), {"../../b"}),
        (tarred("../../b", packing="w:gz"), {"../../b"}),
        (tarred("a", link="/etc/passwd"), {"a", "/etc/passwd"}),
        (tarred(LONG), {LONG}),
        (tarred(LONG, form=tarfile.PAX_FORMAT), {LONG}),
        (b"PK\x03\x04", set()),
        (b"\x1f\x8bnothing", set()),
        (b"", set()),
    ],
    ids=range(10),  # the archives hold the time at which they were made
)
def test_names_in_archives(archive: bytes, names: set[str]) -> None:
    assert names <= set(member_names(archive))


@given(st.text(max_size=200), st.binary(max_size=700))
def test_any_value_is_looked_into(text: str, content: bytes) -> None:
    for name in ("query:query", "header:authorization", "cookie:a"):
        for value in (text, "Basic " + text, "<" + text, "{" + text, "eyJ." + text + ".", f'{{"{text}"'):
            list(inner(name, value))
    list(xml_leaves(text))
    list(graphql_literals("a", text))
    for begins in (b"", b"PK\x03\x04", b"\x1f\x8b", b"a" * 257 + b"ustar"):
        list(member_names(begins + content))
