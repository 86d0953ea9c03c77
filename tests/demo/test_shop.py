"""What honest people do at Threadbare; all of it works at the protected twin as well."""

from __future__ import annotations

import re
from typing import Any

import pytest

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
TOKEN = re.compile(r'name="token" value="([^"]+)"')


def token_of(page: str) -> str:
    found = TOKEN.search(page)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/", "Worn before."),
        ("/", "Mended: back panel"),
        ("/catalogue", "Duffle coat with spare toggle"),
        ("/catalogue?category=knits", "Lighthouse keeper&#39;s jumper"),
        ("/catalogue?category=hats", "Nothing hangs on the rail “hats” today."),
        ("/catalogue?category=%3Chats%3E", "&lt;hats&gt;"),
        ("/search?q=rock%27n%27roll+tee", "Rock&#39;n&#39;roll tee"),
        ("/search?q=zo%C3%AB%27s", "Zoë&#39;s Breton jumper"),
        ("/search?q=coat&size=L", "spare toggle"),
        ("/search?q=coat+%26+tails", "We have not met that piece yet"),
        ("/search?q=100%25", "0 for “100%”"),
        ("/products/4", "Señora wrap dress"),
        ("/products/2", "£32.00"),
        ("/sizes", "trust the tape"),
        ("/sizes?chest=95", "size <b>M</b>"),
        ("/care", "Wool forgives"),
        ("/care?guide=tea+stains.txt", "do not tell the tea"),
        ("/login", "Come in"),
        ("/basket", "Nothing yet."),
        ("/shipping", "paper that was used before"),
        ("/shipping/abroad?country=Sweden", "14 pounds"),
        ("/shipping/abroad?country=Norway", "We do not send to Norway yet"),
        ("/static/shop.css", "--paper"),
        ("/static/shop.js", "FormData"),
        ("/static/needle.svg", "<svg"),
    ],
)
def test_a_visitor_sees(shop: Any, path: str, text: str) -> None:
    reply = shop.client.get(path)
    assert reply.status_code == 200, reply.text
    assert text in reply.text


@pytest.mark.parametrize("path", ["/products/99", "/care?guide=silk.txt", "/photos/none.png", "/invoice?file=no.txt"])
def test_what_is_not_there_is_a_friendly_page(shop: Any, path: str) -> None:
    reply = shop.client.get(path)
    assert reply.status_code == 404
    assert "Sorry:" in reply.text


@pytest.mark.parametrize("path", ["/account", "/orders", "/orders/1001", "/upload", "/admin", "/admin/carrier?host=x"])
def test_a_visitor_is_asked_to_log_in(shop: Any, path: str) -> None:
    reply = shop.client.get(path, follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (303, f"/login?next={path.partition('?')[0]}")


@pytest.mark.parametrize(
    ("name", "password", "full_name"),
    [
        ("ada", "lovelace", "Ada Lovelace"),
        ("maeve", "it's-a-secret", "Maeve O&#39;Neill"),
        ("bjorn", "smörgås", "Björn Ångström"),
    ],
)
def test_customers_log_in(shop: Any, name: str, password: str, full_name: str) -> None:
    reply = shop.client.post("/login", data={"name": name, "password": password, "next": "/orders"})
    assert reply.url.path == "/orders"
    assert full_name in reply.text


@pytest.mark.parametrize(("name", "password"), [("ada", "byron"), ("nobody", "x"), ("ada", "' or '1'='1")])
def test_others_do_not(shop: Any, name: str, password: str) -> None:
    reply = shop.client.post("/login", data={"name": name, "password": password})
    assert reply.status_code == 401
    assert "We don't know that name" in reply.text


def test_logging_out_ends_it(shop: Any) -> None:
    shop.log_in("ada", "lovelace").post("/logout", data={"next": "/catalogue"})
    assert shop.client.get("/account", follow_redirects=False).status_code == 303


def test_logging_out_leads_to_our_own_pages(shop: Any) -> None:
    reply = shop.client.post("/logout", data={"next": "/catalogue?category=tops"}, follow_redirects=False)
    assert reply.headers["location"] == "/catalogue?category=tops"


@pytest.mark.parametrize(
    ("author", "text", "shown"),
    [
        ("Maeve O'Neill", "It's grand, isn't it?", "It's grand, isn't it?"),
        ("Renée", "Je l'aime <3", "Je l'aime <3"),
        ("林", "とても暖かい。", "とても暖かい。"),
        ("", "5 -- no, 6 stars; DROP by!", "5 -- no, 6 stars; DROP by!"),
        ("Dot", "see https://example.org/darning", '<a href="https://example.org/darning"'),
    ],
)
def test_people_comment(shop: Any, author: str, text: str, shown: str) -> None:
    reply = shop.client.post("/products/3/comments", data={"author": author, "text": text})
    assert reply.status_code == 200
    assert shown in reply.text
    assert (author or "A passer-by").replace("'", "&#39;") in reply.text


@pytest.mark.parametrize(
    ("sort", "first"), [("name", "Bicycle trousers"), ("price", "Rock&#39;n&#39;roll tee"), ("size", "Duffle coat")]
)
def test_rails_are_sorted(shop: Any, sort: str, first: str) -> None:
    page = shop.client.get(f"/catalogue?sort={sort}").text
    assert first in re.findall(r"<strong>(.*?)</strong>", page)[0]


def test_the_window_remembers_what_was_looked_at(shop: Any) -> None:
    assert "More like the last one" not in shop.client.get("/").text
    for number in (3, 1, 5):
        shop.client.get(f"/products/{number}")
    assert shop.client.cookies["recently_viewed"] == "5"
    page = shop.client.get("/").text
    assert "More like the last one" in page
    assert "Gardener&#39;s corduroys" in page


def test_evening_paper(shop: Any) -> None:
    assert '<html lang="en" class="evening">' in shop.client.get("/look?paper=evening").text
    assert '<html lang="en">' in shop.client.get("/look?paper=day").text


def test_a_customer_moves(shop: Any) -> None:
    client = shop.log_in("maeve", "it's-a-secret")
    token = token_of(client.get("/account").text)
    new = "3½ O'Connell Street -- 2nd floor; Cork"
    reply = client.post("/account/address", data={"address": new, "token": token})
    assert "New address noted." in reply.text
    assert "3½ O&#39;Connell Street -- 2nd floor; Cork" in reply.text


def test_a_customer_changes_the_email_address(shop: Any) -> None:
    client = shop.log_in("maeve", "it's-a-secret")
    assert (
        "maeve.o&#39;neill@example.org"
        in client.post("/account/email", data={"email": "maeve.o'neill@example.org"}).text
    )


def test_a_customer_changes_the_password(shop: Any) -> None:
    client = shop.log_in("ada", "lovelace")
    token = token_of(client.get("/account").text)
    client.post("/account/password", data={"old": "lovelace", "new": "l'engine analytique", "token": token})
    client.post("/logout")
    shop.log_in("ada", "l'engine analytique")


def test_a_customer_hangs_a_portrait(shop: Any) -> None:
    client = shop.log_in("bjorn", "smörgås")
    token = token_of(client.get("/account").text)
    file = ("mitt porträtt.png", PNG, "image/png")
    assert 'class="portrait"' in client.post("/account/portrait", data={"token": token}, files={"portrait": file}).text
    reply = client.get("/account/portrait")
    assert (reply.headers["content-type"], reply.content) == ("image/png", PNG)


@pytest.mark.parametrize("name", ["jumper.png", "my jumper.png", "Küche & Co.png", "it's me.png", "セーター.png"])
def test_a_customer_sends_a_picture(shop: Any, name: str) -> None:
    client = shop.log_in("ada", "lovelace")
    page = client.post("/upload", data={"product": "2"}, files={"photo": (name, PNG, "image/png")}).text
    source = re.search(r'<img src="(/photos/[^"]+)"', page)
    assert source
    reply = client.get(source[1].replace("&amp;", "&").replace("&#39;", "'"))
    assert (reply.status_code, reply.headers["content-type"], reply.content) == (200, "image/png", PNG)


def test_a_customer_buys(shop: Any) -> None:
    client = shop.log_in("maeve", "it's-a-secret")
    basket = client.post("/basket", data={"product": "12"}).text
    assert "Opera bag" in basket
    message = "For Nan -- she'll <3 it; 50% off!"
    order = client.post("/orders", data={"message": message, "token": token_of(basket)})
    assert "For Nan -- she&#39;ll &lt;3 it; 50% off!" in order.text
    link = re.search(r'href="(/invoice\?file=[^"]+)"', order.text)
    assert link
    assert "Maeve O'Neill" in client.get(link[1]).text
    assert "Opera bag" in client.get("/orders").text
    assert "Nothing yet." in client.get("/basket").text


@pytest.mark.parametrize(
    ("file", "text"), [("INV-1001.txt", "Ada Lovelace"), ("INV-1003.txt", "Umeå"), ("INV 1004 (gift).txt", "Opera bag")]
)
def test_invoices_are_downloaded(shop: Any, file: str, text: str) -> None:
    reply = shop.client.get("/invoice", params={"file": file})
    assert reply.headers["content-disposition"].startswith("attachment; filename*=UTF-8''INV")
    assert text in reply.text


def test_a_receipt(shop: Any) -> None:
    reply = shop.log_in("ada", "lovelace").get("/orders/1001/receipt")
    assert reply.text == "Order 1001 of 2024-02-03: £52.00, paid."


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Threadbare", "Threadbare\n"),
        ("Maeve O'Neill, 3 Quay Street, Galway", "Maeve O'Neill, 3 Quay \nStreet, Galway\n"),
        ("Smith & Sons; Unit 4 (rear)", "Smith & Sons; Unit 4 (rear)\n"),
    ],
)
def test_labels_are_set(shop: Any, text: str, lines: str) -> None:
    assert shop.client.get("/shipping/label", params={"text": text}).text == lines


def test_a_quote(shop: Any) -> None:
    reply = shop.client.get("/shipping/quote", params={"postcode": " n1 9gu", "weight": "1200"})
    assert reply.json() == {"postcode": "N1 9GU", "grams": 1200, "price": 550}


def test_behind_the_counter(shop: Any) -> None:
    client = shop.log_in("grace", "hopper")
    assert "Björn Ångström" in client.get("/admin?sort=customer").text
    assert "Pigeon Post" in client.get("/admin/carrier?host=pigeon.carriers.example").text
    assert client.get("/admin/carrier?host=owl").text == "Nobody of that name drives for us.\n"
    note = "Don't iron; see $5 note & `care` label"
    assert client.get("/admin/slip", params={"note": note}).text == note
    assert [order["id"] for order in client.get("/api/admin/orders").json()] == [1001, 1002, 1003, 1004]


@pytest.mark.parametrize("path", ["/admin", "/admin/carrier?host=x", "/admin/slip?note=x", "/api/admin/orders"])
def test_customers_stay_in_front_of_it(shop: Any, path: str) -> None:
    assert shop.log_in("ada", "lovelace").get(path).status_code == 403


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/healthz", {"status": "ok"}),
        ("/api/products?category=knits&size=L", [7]),
        ("/api/products?category=coats", [3, 6]),
        ("/api/products?size=One", [11, 12]),
        ("/api/products?category=none", []),
        ("/api/orders/1003", {"id": 1003, "placed": "2024-02-19", "state": "on its way"}),
        ("/api/price?product=1&currency=SEK", {"product": 1, "currency": "SEK", "price": 18620}),
    ],
)
def test_programs_are_told(shop: Any, path: str, expected: object) -> None:
    found = shop.client.get(path).json()
    assert ([item["id"] for item in found] if isinstance(found, list) else found) == expected


def test_a_program_reads_one_piece(shop: Any) -> None:
    assert shop.client.get("/api/products/1").json()["name"] == "Rock'n'roll tee"
    assert shop.client.get("/api/products/99").status_code == 404
    assert shop.client.get("/api/orders/99").status_code == 404
    assert shop.client.get("/api/me/orders").status_code == 401
    assert [order["id"] for order in shop.log_in("ada", "lovelace").get("/api/me/orders").json()] == [1001, 1004]


@pytest.mark.parametrize(
    ("item", "total"),
    [
        ({"product": 1}, 1400),
        ({"product": 1, "quantity": 2, "voucher": "SPRINGCLEAN"}, 2520),
        ({"product": 1, "voucher": "NOPE"}, 1400),
    ],
)
def test_a_program_fills_the_basket(shop: Any, item: dict[str, object], total: int) -> None:
    assert shop.client.post("/api/cart", json=item).json()["total"] == total
    assert "Rock&#39;n&#39;roll tee" in shop.client.get("/basket").text


def test_browsers_may_run_our_scripts(shop: Any) -> None:
    reply = shop.client.get("/shipping")
    nonces = re.findall(r'<script nonce="([^"]*)"', reply.text)
    assert len(nonces) == 2
    assert reply.text.count("<script") == 2
    assert not re.search(r"\son\w+=|javascript:|\sstyle=|<style", reply.text)
    policy = reply.headers.get("content-security-policy")
    assert all(f"'nonce-{nonce}'" in policy for nonce in nonces) if policy else set(nonces) == {""}


def test_the_shop_leaves_nothing_behind() -> None:
    import gc

    from hauberk.demo.shop import create_app

    app = create_app()
    folder = app.state.store.folder
    assert (folder / "shop.db").exists()
    del app
    gc.collect()
    assert not folder.exists()


@pytest.mark.parametrize("name", ["open", "protected"])
def test_the_twins_can_be_named_anywhere(name: str) -> None:
    from hauberk.integrations.target import load

    target = load(f"hauberk.demo.{name}:app")
    assert target.framework == "fastapi"
    assert hasattr(target.app, "__hauberk__") is (name == "protected")
