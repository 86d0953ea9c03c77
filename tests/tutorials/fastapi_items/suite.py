"""The application's own tests, as its tutorial teaches to write them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.tutorials.fastapi_items import app as module
from tests.tutorials.fastapi_items import users

app = module.app


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(app) as client:
        yield client


def token(client: TestClient, name: str = "ada", password: str = "engine-1843", scope: str = "me items") -> str:
    reply = client.post("/token", data={"username": name, "password": password, "scope": scope})
    assert reply.status_code == 200, reply.text
    assert reply.json()["token_type"] == "bearer"
    return str(reply.json()["access_token"])


# --- items -------------------------------------------------------------------------------------------------------


def test_the_list_of_items(client: TestClient) -> None:
    reply = client.get("/items/")
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert [item["name"] for item in reply.json()] == ["Hammer", "Nail"]


@pytest.mark.parametrize(
    ("query", "names"),
    [("?q=ham", ["Hammer"]), ("?skip=1", ["Nail"]), ("?limit=1", ["Hammer"]), ("?q=%27%20OR%201", []), ("?skip=9", [])],
)
def test_parts_of_the_list(client: TestClient, query: str, names: list[str]) -> None:
    assert [item["name"] for item in client.get(f"/items/{query}").json()] == names


def test_one_item(client: TestClient) -> None:
    assert client.get("/items/1").json() == {"name": "Hammer", "price": 12.5, "tags": ["tool"], "description": None}


def test_an_item_that_is_not_there(client: TestClient) -> None:
    reply = client.get("/items/77")
    assert (reply.status_code, reply.json()) == (404, {"message": "there is no item 77"})


@pytest.mark.parametrize(
    ("path", "fields"),
    [("/items/abc", ["path.item_id"]), ("/items/0", ["path.item_id"]), ("/items/?limit=101", ["query.limit"])],
)
def test_parameters_are_checked(client: TestClient, path: str, fields: list[str]) -> None:
    reply = client.get(path)
    assert (reply.status_code, reply.json()) == (422, {"fields": fields})


def test_writing_and_deleting_an_item(client: TestClient) -> None:
    saw = {"name": "Säge <ß>", "price": 20, "tags": ["tool", "tool"]}
    reply = client.put("/items/3", json=saw, headers={"X-Token": "let-me-write"})
    assert reply.status_code == 200
    assert reply.json() == {"id": 3, "name": "Säge <ß>", "price": 20.0, "tags": ["tool"], "description": None}
    assert client.get("/items/3").json()["name"] == "Säge <ß>"
    gone = client.delete("/items/3")
    assert (gone.status_code, gone.content) == (204, b"")
    assert "content-length" not in gone.headers
    assert client.get("/items/3").status_code == 404


def test_writing_needs_the_token(client: TestClient) -> None:
    reply = client.put("/items/1", json={"name": "x", "price": 1}, headers={"X-Token": "wrong"})
    assert (reply.status_code, reply.json()) == (400, {"detail": "X-Token header invalid"})
    assert reply.headers["X-Error"] == "token"


def test_a_body_is_checked(client: TestClient) -> None:
    headers = {"X-Token": "let-me-write"}
    assert client.put("/items/1", json={"name": "", "price": -1}, headers=headers).json() == {
        "fields": ["body.name", "body.price"]
    }
    broken = client.put("/items/1", content=b"{", headers=headers | {"Content-Type": "application/json"})
    assert broken.status_code == 422


def test_what_is_not_there_and_what_is_not_allowed(client: TestClient) -> None:
    assert (client.get("/nothing").status_code, client.get("/nothing").json()) == (404, {"detail": "Not Found"})
    reply = client.post("/items/1")
    assert reply.status_code == 405
    assert set(reply.headers["allow"].split(", ")) <= {"GET", "PUT", "DELETE"}


# --- users -------------------------------------------------------------------------------------------------------


def test_a_user_reads_about_himself(client: TestClient) -> None:
    reply = client.get("/users/me", headers={"Authorization": f"Bearer {token(client)}"})
    assert reply.json() == {"username": "ada", "full_name": "Ada Byron", "disabled": False}


def test_scopes(client: TestClient) -> None:
    only_me = {"Authorization": f"Bearer {token(client, scope='me')}"}
    assert client.get("/users/me", headers=only_me).status_code == 200
    refused = client.get("/users/me/items", headers=only_me)
    assert (refused.status_code, refused.json()) == (401, {"detail": "Not enough permissions"})
    assert refused.headers["WWW-Authenticate"] == 'Bearer scope="items me"'
    both = {"Authorization": f"Bearer {token(client)}"}
    assert client.get("/users/me/items", headers=both).json() == [{"item": "Engine", "owner": "ada"}]


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("eve", "engine-1843"), ("ada", "' OR '1'='1")])
def test_wrong_passwords(client: TestClient, name: str, password: str) -> None:
    reply = client.post("/token", data={"username": name, "password": password})
    assert (reply.status_code, reply.json()) == (400, {"detail": "Incorrect username or password"})


def test_no_token_and_bad_tokens(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = client.get("/users/me")
    assert (bare.status_code, bare.json()) == (401, {"detail": "Not authenticated"})
    assert bare.headers["WWW-Authenticate"] == "Bearer"
    good = token(client)
    forged = client.get("/users/me", headers={"Authorization": f"Bearer x{good}"})
    assert forged.json() == {"detail": "Could not validate credentials"}
    later = time.time() + users.LIFETIME + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert client.get("/users/me", headers={"Authorization": f"Bearer {good}"}).status_code == 401


def test_a_disabled_user(client: TestClient) -> None:
    bearer = {"Authorization": f"Bearer {token(client, 'bob', 'builder')}"}
    reply = client.get("/users/me", headers=bearer)
    assert (reply.status_code, reply.json()) == (400, {"detail": "Inactive user"})


def test_dependencies_can_be_overridden(client: TestClient) -> None:
    app.dependency_overrides[users.active_user] = lambda: users.User(username="stand-in")
    try:
        assert client.get("/users/me").json()["username"] == "stand-in"
    finally:
        app.dependency_overrides.clear()


# --- life --------------------------------------------------------------------------------------------------------


def test_the_lifespan_begins_and_ends() -> None:
    with TestClient(app) as client:
        assert app.state.running is True
        assert client.app_state == {"greeting": "Welcome"}
    assert app.state.running is False


def test_background_work_is_done_after_the_reply(client: TestClient) -> None:
    reply = client.post("/notes/ada@example.org")
    assert (reply.status_code, reply.json()) == (202, {"message": "will be sent"})
    assert app.state.log == ["mail to ada@example.org"]


def test_the_type_of_the_application() -> None:
    assert type(app) is FastAPI


def test_its_documents(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    assert schema["info"]["title"] == "Items"
    assert set(schema["paths"]) >= {"/items/", "/items/{item_id}", "/token", "/users/me", "/files/"}
    assert "OAuth2PasswordBearer" in schema["components"]["securitySchemes"]
    page = client.get("/docs")
    assert page.status_code == 200
    assert "swagger-ui" in page.text
    assert client.get("/redoc").status_code == 200
    assert app.url_path_for("read_item", item_id="1") == "/items/1"


# --- pages and files ---------------------------------------------------------------------------------------------


def test_a_page(client: TestClient) -> None:
    reply = client.get("/pages/items/1")
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Hammer</h1>" in reply.text
    assert "<p>Welcome</p>" in reply.text
    assert 'href="http://testserver/static/site.css"' in reply.text


def test_a_static_file(client: TestClient) -> None:
    reply = client.get("/static/site.css")
    assert reply.headers["content-type"] == "text/css; charset=utf-8"
    assert reply.text.startswith("body {")
    again = client.get("/static/site.css", headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head("/static/site.css").headers["content-length"] == str(len(reply.content))
    part = client.get("/static/site.css", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"body")
    assert client.get("/static/../app.py").status_code == 404


def test_a_download(client: TestClient) -> None:
    reply = client.get("/download")
    assert reply.headers["content-disposition"] == 'attachment; filename="theme.css"'
    assert reply.headers["content-length"] == str(len(reply.content))


def test_an_upload(client: TestClient) -> None:
    content = bytes(range(256)) * 5000
    reply = client.post("/files/", files={"file": ("päckchen.bin", content, "x/y")}, data={"note": "50% & <more>"})
    assert reply.json() == {
        "name": "päckchen.bin",
        "type": "x/y",
        "size": 1_280_000,
        "sha256": hashlib.sha256(content).hexdigest(),
        "note": "50% & <more>",
    }


def test_streams(client: TestClient) -> None:
    with client.stream("GET", "/count/1000") as reply:
        assert "content-length" not in reply.headers
        assert list(reply.iter_lines()) == [str(n) for n in range(1000)]
    events = client.get("/live/events")
    assert events.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert events.headers["cache-control"] == "no-cache"
    assert events.text == "".join(f"event: tick\ndata: {n}\n\n" for n in range(3))


def test_a_long_answer_is_compressed(client: TestClient) -> None:
    reply = client.get("/long", headers={"Accept-Encoding": "gzip"})
    assert reply.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in reply.headers["vary"]
    assert reply.json() == {"text": "x" * 5000}


# --- cookies, redirects, origins, errors -------------------------------------------------------------------------


def test_a_cookie_counts_visits(client: TestClient) -> None:
    assert [client.get("/cookies/").json()["visits"] for _ in range(3)] == [0, 1, 2]
    assert client.cookies["visits"] == "3"
    assert client.delete("/cookies/").json() == {"forgotten": True}
    assert "visits" not in client.cookies
    assert client.get("/cookies/").json()["visits"] == 0


def test_redirects(client: TestClient) -> None:
    reply = client.get("/old", follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (308, "/items/")
    assert client.get("/old").json()[0]["name"] == "Hammer"
    assert client.get("/items", follow_redirects=False).status_code == 307


def test_other_origins(client: TestClient) -> None:
    ask = {"Origin": "https://shop.example", "Access-Control-Request-Method": "PUT"}
    allowed = client.options("/items/1", headers=ask | {"Access-Control-Request-Headers": "X-Token"})
    assert (allowed.status_code, allowed.text) == (200, "OK")
    assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
    assert allowed.headers["access-control-allow-credentials"] == "true"
    simple = client.get("/items/", headers={"Origin": "https://shop.example"})
    assert simple.headers["access-control-allow-origin"] == "https://shop.example"
    assert "Origin" in simple.headers["vary"]
    assert client.options("/items/1", headers=ask | {"Origin": "https://other.example"}).status_code == 400
    other = client.get("/items/", headers={"Origin": "https://other.example"})
    assert "access-control-allow-origin" not in other.headers


def test_the_middleware_sees_every_request(client: TestClient) -> None:
    assert client.get("/items/1").headers["X-Process"] == "GET /items/1"
    assert client.get("/nothing").headers["X-Process"] == "GET /nothing"


def test_an_unhandled_error_reaches_the_test() -> None:
    with TestClient(app) as client, pytest.raises(RuntimeError, match="the shelf fell down"):
        client.get("/broken")


def test_an_unhandled_error_reaches_the_user_as_a_500() -> None:
    with TestClient(app, raise_server_exceptions=False) as client:
        reply = client.get("/broken")
    assert reply.status_code == 500
    assert "Internal Server Error" in reply.text
    assert "shelf" not in reply.text


# --- sockets -----------------------------------------------------------------------------------------------------


def test_a_room(client: TestClient) -> None:
    with client.websocket_connect("/live/room/ada?key=open", subprotocols=["chat"]) as ada:
        assert str(ada.accepted_subprotocol) == "chat"
        accepted: Any = ada.extra_headers
        assert (b"x-room", b"main") in accepted
        with client.websocket_connect("/live/room/bob?key=open") as bob:
            bob.send_text("hello")
            assert bob.receive_text() == "bob: hello"
            assert ada.receive_text() == "bob: hello"
        assert ada.receive_text() == "bob left"


def test_a_room_needs_a_key(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect) as caught, client.websocket_connect("/live/room/eve"):
        pass
    assert (caught.value.code, caught.value.reason) == (1008, "no key")


def test_json_and_bytes_over_a_socket(client: TestClient) -> None:
    with client.websocket_connect("/live/json") as socket:
        socket.send_json({"n": 21})
        assert socket.receive_json() == {"double": 42}
        assert socket.receive_bytes() == b"\x00\xff"
        with pytest.raises(WebSocketDisconnect) as caught:
            socket.receive_text()
    assert caught.value.code == 1000
