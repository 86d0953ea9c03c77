"""Parts of a multipart body are counted wherever it is cut."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.wire.multipart import MultipartScanner, boundaries

HEADER = b'Content-Disposition: form-data; name="a"'


def body(*contents: bytes, boundary: bytes = b"XX", header: bytes = HEADER, end: bytes = b"\r\n") -> bytes:
    parts = [b"--" + boundary + end + header + end + end + content + end for content in contents]
    return b"".join(parts) + b"--" + boundary + b"--" + end


def scanned(*parts: bytes, boundary: str = "XX") -> tuple[int, int]:
    scanner = MultipartScanner(boundary)
    for part in parts:
        scanner.feed(part)
    return scanner.parts, scanner.longest_header


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (body(b"1"), 1),
        (body(b"1", b"2", b""), 3),
        (b"preamble\r\n" + body(b"1", b"2"), 2),
        (body(b"1", b"2", end=b"\n"), 2),
        (body(b"a--XX b", b"2"), 2),
        (body(b"1") + b"epilogue", 1),
        (b"--XX\r\n\r\n--XX\r\n\r\n--XX\r\n\r\n", 3),
        (b"--XX\n--XX\n--XX\n", 3),
        (b"\r\n" * 50, 0),
        (b"", 0),
    ],
)
def test_parts(data: bytes, parts: int) -> None:
    assert scanned(data)[0] == parts
    assert scanned(*(data[at : at + 1] for at in range(len(data))))[0] == parts


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=5), st.integers(1, 60), st.integers(1, 40))
def test_however_it_is_cut(contents: list[bytes], size: int, header: int) -> None:
    contents = [content.replace(b"--XX", b"") for content in contents]
    data = body(*contents, header=b"a:" + b"b" * header)
    parts, longest = scanned(*(data[at : at + size] for at in range(0, len(data), size)))
    assert parts == len(contents)
    assert longest == len(b"\r\na:") + header


@given(st.binary(max_size=200), st.integers(1, 20))
def test_any_octets_however_they_are_cut(data: bytes, size: int) -> None:
    data = data.replace(b"\x00", b"\r\n--XX").replace(b"\x01", b"\r\n\r\n")
    assert scanned(data)[0] == scanned(*(data[at : at + size] for at in range(0, len(data), size)))[0]


def test_headers_without_an_end_are_measured() -> None:
    assert scanned(b"--XX\r\n" + b"a" * 10_000)[1] > 9_900
    assert scanned(b"--XX\r\n", *([b"a" * 100] * 100))[1] > 9_900
    assert scanned(body(b"a" * 100_000))[1] < 60


@pytest.mark.parametrize("unit", [b"--XX\n", b"--XX", b"\r\n--XX\r\n\r\n", b"\r\n\r\n", b"\r"])
def test_time_grows_with_the_length_and_no_faster(unit: bytes) -> None:
    def took(times: int) -> float:
        data, best = b"--XX\r\n" + unit * times, float("inf")
        for _ in range(3):
            start = time.process_time()
            scanned(data)
            best = min(best, time.process_time() - start)
        return best

    took(1_000)
    assert took(64_000) < 32 * took(4_000) + 0.02  # 16 times is linear, 256 times is square


@pytest.mark.parametrize(
    ("content_type", "found"),
    [
        ("multipart/form-data; boundary=XX", ["XX"]),
        ('multipart/form-data; boundary="X;X"', ["X;X"]),
        ("multipart/form-data; BOUNDARY = XX ; charset=utf-8", ["XX"]),
        ("multipart/form-data; boundary=XX; boundary=XX", ["XX"]),
        ("multipart/form-data; boundary=XX; boundary=YY", ["XX", "YY"]),
        ("multipart/form-data; boundary*=utf-8''YY; boundary=XX", ["utf-8''YY", "XX"]),
        ("multipart/form-data", []),
        ("multipart/form-data; boundary=", []),
        ("multipart/form-data; xboundary=XX", []),
    ],
)
def test_boundaries(content_type: str, found: list[str]) -> None:
    assert boundaries(content_type) == found
    if len(found) == 1 and "*" not in content_type:
        message = EmailMessage()
        message["Content-Type"] = content_type
        assert message.get_boundary() == found[0]
