"""Recorded traffic: what is taken from an archive, what is left out, and what becomes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hauberk.core.errors import InputError
from hauberk.scan import Operation, Request, Response, Surface, Wire
from hauberk.scan.har import Exchange, exchanges, read, seeds, written
from hauberk.scan.recorded import operation, recorded, templated
from hauberk.scan.surface import Parameter

FORM = ("content-type", "application/x-www-form-urlencoded")


def entry(method: str, url: str, body: str = "", media: str = "", status: int = 200, **answer: Any) -> dict[str, Any]:
    posted = {"postData": {"mimeType": media, "text": body}} if body else {}
    return {
        "request": {"method": method, "url": url, "headers": [], **posted},
        "response": {"status": status, **answer},
    }


def archive(folder: Path, *entries: Any) -> Path:
    path = folder / "seeds.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": list(entries)}}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON"),
        ("{}", "is no HTTP archive"),
        ('{"log": {"entries": {}}}', "is no HTTP archive"),
        ('{"log": {"entries": []}}', "holds no request"),
        (
            '{"log": {"entries": [1, null, {"request": 3}, {"request": {"method": "GET", "url": "ftp://x/"}}]}}',
            "holds no",
        ),
    ],
)
def test_what_is_no_archive(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.har").write_text(text)
    with pytest.raises(InputError, match=said):
        read(tmp_path / "x.har")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "none.har")


def test_other_origins_are_left_out(tmp_path: Path) -> None:
    path = archive(tmp_path, entry("GET", "http://127.0.0.1:8000/a"), entry("GET", "https://cdn.example/x.js"))
    found = seeds(read(path), "x", Wire(scheme="http", host="127.0.0.1:8000"))
    assert [request.target for request in found.requests] == ["/a"]
    assert found.left_out == 1
    with pytest.raises(InputError, match="holds nothing of http://127"):
        seeds(read(path), "x", Wire(scheme="http", host="127.0.0.1:9"))


def test_requests_become_operations_with_values_that_work(tmp_path: Path) -> None:
    document = json.dumps({"user": {"name": "ada"}, "tags": ["x"], "count": 2})
    path = archive(
        tmp_path,
        entry("GET", "http://t/items/17?sort=name"),
        entry("POST", "http://t/items", document, "application/json"),
        entry("POST", "http://t/say", "word=hello", FORM[1]),
        entry("GET", "http://t/missing", status=404),
    )
    known = Surface.of([Operation(method="GET", path="/items/{number}")])
    surface = recorded(known, seeds(read(path), "x").requests, "recorded")
    found = {str(o): {(p.place, p.name): p.example for p in o.parameters} for o in surface.operations}
    assert found == {
        "GET /items/{number}": {("path", "number"): "17", ("query", "sort"): "name"},
        "POST /items": {("json", "user.name"): "ada", ("json", "tags[]"): "x", ("json", "count"): 2},
        "POST /say": {("form", "word"): "hello"},
    }


@pytest.mark.parametrize(
    ("body", "status", "answer", "is_login"),
    [
        ("user=a&password=b", 303, {"headers": [{"name": "Set-Cookie", "value": "sid=1"}]}, True),
        ('{"username": "a", "pwd": "b"}', 200, {"content": {"text": '{"access_token": "abcdefghij"}'}}, True),
        ("user=a&password=b", 401, {"headers": [{"name": "Set-Cookie", "value": "sid=1"}]}, False),
        ("user=a&password=b", 200, {}, False),
        ("compass=north", 200, {"headers": [{"name": "Set-Cookie", "value": "sid=1"}]}, False),
    ],
)
def test_a_login_is_known_by_its_answer(
    body: str, status: int, answer: dict[str, Any], is_login: bool, tmp_path: Path
) -> None:
    path = archive(tmp_path, entry("POST", "http://t/in", body, FORM[1], status, **answer))
    assert bool(seeds(read(path), "x").logins) == is_login


def test_what_is_written_is_read_back_without_credentials() -> None:
    headers = (FORM, ("authorization", "Bearer s3cr3t"), ("cookie", "sid=s3cr3t"), ("x-own", "1"))
    one = Exchange(
        origin="http://t",
        request=Request(method="POST", target="/say?a=1", headers=headers, body="wörd=\u00e9".encode()),
        response=Response(status=200, headers=(("content-type", "text/html"),), body=b"<p>private"),
    )
    text = written([one])
    assert "s3cr3t" not in text
    assert "private" not in text  # answers are of account for logins alone
    again = (exchanges(json.loads(text)) or [])[0]
    assert (again.request.target, again.request.body) == (one.request.target, one.request.body)
    assert again.request.headers == (FORM, ("x-own", "1"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/b", ("/a/b", {})),
        ("/items/17", ("/items/{items}", {"items": "17"})),
        ("/17", ("/{id1}", {"id1": "17"})),
        ("/a/1/a/2", ("/a/{a}/a/{id4}", {"a": "1", "id4": "2"})),
        (
            "/o/123e4567-e89b-42d3-a456-426614174000/lines",
            ("/o/{o}/lines", {"o": "123e4567-e89b-42d3-a456-426614174000"}),
        ),
    ],
)
def test_numbers_in_a_path_are_parameters(path: str, expected: tuple[str, dict[str, str]]) -> None:
    assert templated(path) == expected


def test_a_multipart_body() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n\r\nx\r\n--b--\r\n'
    )
    request = Request(
        method="POST", target="/u", headers=(("content-type", "multipart/form-data; boundary=b"),), body=body
    )
    assert operation(Surface(), request, "recorded").parameters == (
        Parameter(name="note", place="form", example="hello"),
        Parameter(name="photo", place="upload"),
    )
