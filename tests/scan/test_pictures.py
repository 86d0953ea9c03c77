"""Where pictures alone are taken, real ones are sent: holes behind the check are found, and its twins are none."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from hauberk.core.finding import HttpLocation, Result
from hauberk.integrations.surface import surface, transport
from hauberk.integrations.target import Target
from hauberk.scan import build, scan
from hauberk.scan.checks.active.active_upload import SCRIPT, judge
from hauberk.scan.messages import Response
from hauberk.scan.pictures import gif, png, wants_picture
from hauberk.scan.surface import Operation, Parameter
from tests.scan.apps import pictures
from tests.scan.test_outside import run, served

RULES = {"scan.active-upload", "scan.reflected-xss", "scan.stored-xss", "scan.path-traversal"}


def rows(result: Result) -> set[tuple[str, str, str | None]]:
    found = [(f.rule.id, f.location) for f in result.failures if f.rule.id in RULES]
    return {(rule, at.path, at.parameter) for rule, at in found if isinstance(at, HttpLocation)}


def test_in_process() -> None:
    target = Target(
        name="pictures", app=pictures.app, framework="flask", protocol="wsgi", root=Path(pictures.__file__).parent
    )
    known = surface(target)
    assert rows(scan(known, transport(target, known), target="pictures:app")) == pictures.HOLES | pictures.BY_SENSOR


def test_from_outside() -> None:
    with served(pictures.app) as url:
        assert rows(run(url)) == pictures.HOLES


def size_of(data: bytes) -> tuple[int, int]:
    """As readers tell it from the first octets."""
    if data.startswith(b"GIF89a"):
        return struct.unpack("<HH", data[6:10])
    return struct.unpack(">II", data[16:24])


@pytest.mark.parametrize(("make", "size"), [(png, (64, 64)), (gif, (1, 1))])
@pytest.mark.parametrize("text", [b"", b"<script>x</script>", b"x" * 600], ids=["none", "short", "long"])
def test_a_picture_holds_its_text(make: Callable[[bytes], bytes], size: tuple[int, int], text: bytes) -> None:
    made = make(text)
    assert size_of(made) == size
    assert text[:200] in made
    if make is png:
        assert pictures.is_picture(made)
        assert not pictures.is_picture(made[:-5])
        assert not pictures.is_picture(made.replace(b"IDAT", b"IDAX"))


@pytest.mark.parametrize(
    ("name", "schema", "wanted"),
    [
        ("avatar", {}, True),
        ("profileImage", {}, True),
        ("user[photo]", {}, True),
        ("image_file", {}, True),
        ("imagination", {}, False),
        ("file", {}, False),
        ("file", {"accept": "image/*"}, True),
        ("file", {"accept": ".png, .jpg"}, True),
        ("file", {"contentMediaType": "image/png"}, True),
        ("file", {"contentMediaType": "application/octet-stream"}, False),
        ("photo", {"accept": "application/pdf"}, False),
        ("photo", {"accept": "*/*"}, True),
    ],
)
def test_who_asks_for_pictures(name: str, schema: dict[str, str], wanted: bool) -> None:
    assert wants_picture(Parameter(name=name, place="upload", schema=schema)) is wanted


@pytest.mark.parametrize(
    ("accept", "value", "name", "begins"),
    [
        ("image/*", "a b", "a b.png", b"\x89PNG"),
        ("image/gif", "../x", "../x.gif", b"GIF89a"),
        ("image/*", "x.JPG", "x.JPG", b"\x89PNG"),
        ("image/*", "<?xml version='1.0'?><r/>", "hauberk.xml", b"<?xml"),
        ("", "a b", "a b", b"a b"),
    ],
)
def test_what_is_sent(accept: str, value: str, name: str, begins: bytes) -> None:
    field = Parameter(name="f", place="upload", schema={"accept": accept} if accept else {})
    body = build.request(Operation(method="POST", path="/", parameters=(field,)), {field.key: value}).body
    assert f'filename="{name}"'.encode() in body
    assert body.partition(b"\r\n\r\n")[2].startswith(begins)
    assert value.encode() in body


@pytest.mark.parametrize(
    ("media", "nosniff", "runs"),
    [("text/html", False, True), ("image/png", False, False), ("", False, False), ("", True, False)],
)
def test_a_picture_is_a_page_only_where_it_is_served_as_one(media: str, nosniff: bool, runs: bool) -> None:
    headers = [("content-type", media)] if media else []
    headers += [("x-content-type-options", "nosniff")] if nosniff else []
    assert judge(Response(status=200, headers=tuple(headers), body=png(SCRIPT.encode())), SCRIPT) is runs
