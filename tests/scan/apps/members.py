"""Pages and an API for members, of which some forgot to ask for a login, and as many that are open on purpose.

Ground truth: HOLES. For tests only.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

from flask import Flask, Response, abort, jsonify, request

HOLES = {
    ("missing-authentication", "GET /api/account/export"),
    ("missing-authentication", "GET /api/orders/{number} path:number"),
    ("missing-authentication", "GET /members/list"),
    ("private-jsonp", "GET /api/account/me query:callback"),
    ("private-jsonp", "GET /api/account/summary query:jsonp"),
}
NAMES = ("ada", "bob")
PEOPLE = {
    name: {"name": name, "email": f"{name}@mail.example", "phone": f"+1202555{n}134", "bio": f"{name} likes tea"}
    for n, name in enumerate(NAMES)
}
ORDERS = [
    {"id": 41, "owner": "ada", "item": "green teapot", "to": "Elm Street 7"},
    {"id": 42, "owner": "bob", "item": "brown kettle", "to": "Oak Street 9"},
]
POSTS = [
    {"id": 7, "by": "ada", "title": "On steeping", "email": "ada-blog@mail.example"},
    {"id": 8, "by": "bob", "title": "On boiling", "email": "bob-blog@mail.example"},
]
PASTES = {"9f8b6c1de2": {"key": "9f8b6c1de2", "owner": "ada", "text": "a recipe of Ada's"}}
WORDS = {"ada": "Ada-pass-1", "bob": "Bob-pass-1"}


def make(*, open_: bool, same_site: str = "None") -> Flask:
    """The application with its holes, or without them."""
    app, sessions = Flask("members"), dict[str, str]()

    def user(*, needed: bool = True) -> str:
        name = sessions.get(request.cookies.get("session", ""), "")
        if not name and needed:
            abort(401)
        return name

    def foreign() -> bool:
        return request.headers.get("Sec-Fetch-Site") == "cross-site"

    def answer(value: Any, field: str) -> Response:
        name = request.args.get(field)
        if name and (open_ or not foreign()):
            return Response(f"/**/{name}({json.dumps(value)});", content_type="application/javascript")
        return jsonify(value)

    @app.post("/login")
    def login() -> Response:
        name = request.form.get("username", "")
        if WORDS.get(name, "?") != request.form.get("password"):
            abort(401)
        token = secrets.token_urlsafe(16)
        sessions[token] = name
        done = jsonify(hello=name)
        done.set_cookie("session", token, httponly=True, secure=True, samesite=same_site)
        return done

    @app.get("/api/account/me")
    def me() -> Response:
        return answer(PEOPLE[user()], "callback")

    @app.get("/api/account/summary")
    def summary() -> Response:
        field = "json" + "p"  # what is asked for shows in no code
        return answer({"of": user(), "orders": 1, "card_number": f"4000-{len(user())}"}, field)

    @app.get("/api/account/addresses")
    def addresses() -> Response:
        return jsonify([order["to"] for order in ORDERS if order["owner"] == user()])

    @app.get("/api/account/export")
    def export() -> Response:
        user(needed=not open_)
        return jsonify(list(PEOPLE.values()))

    @app.get("/api/account/terms")
    def terms() -> Response:
        return jsonify(text="write to help@shop.example", version=3)

    @app.get("/api/orders")
    def orders() -> Response:
        return jsonify([order for order in ORDERS if order["owner"] == user()])

    @app.get("/api/orders/<int:number>")
    def order(number: int) -> Response:
        user(needed=not open_)
        found = next((order for order in ORDERS if order["id"] == number), None)
        return jsonify(found) if found and (open_ or found["owner"] == user()) else abort(404)

    @app.get("/members/profile")
    def profile() -> str:
        return f"<!DOCTYPE html><title>You</title><p>{PEOPLE[user()]['email']}<footer>help@shop.example</footer>"

    @app.get("/members/settings")
    def settings() -> str:
        return f"<!DOCTYPE html><title>Settings of {user()}</title><p>{PEOPLE[user()]['email']}"

    @app.get("/members/messages")
    def messages() -> str:
        return f"<!DOCTYPE html><title>Messages</title><p>to {PEOPLE[user()]['email']}"

    @app.get("/members/list")
    def members() -> str:
        user(needed=not open_)
        return "<!DOCTYPE html><title>All</title>" + "".join(f"<p>{one['email']}" for one in PEOPLE.values())

    @app.get("/members/help")
    def help_() -> str:
        return "<!DOCTYPE html><title>Help</title><footer>help@shop.example</footer>"

    _open_on_purpose(app, user)
    return app


def _open_on_purpose(app: Flask, user: Any) -> None:
    """What anybody may read: products, posts with their authors' addresses, profiles, links to share, weather."""

    @app.get("/api/products")
    def products() -> Response:
        return jsonify([{"id": n, "title": order["item"]} for n, order in enumerate(ORDERS)])

    @app.get("/api/products/<int:number>")
    def product(number: int) -> Response:
        return jsonify(id=number, title=ORDERS[number]["item"]) if number < len(ORDERS) else abort(404)

    @app.get("/api/posts")
    def posts() -> Response:
        return jsonify(POSTS)

    @app.get("/api/posts/<int:number>")
    def post(number: int) -> Response:
        return jsonify(next((post for post in POSTS if post["id"] == number), None) or abort(404))

    @app.get("/api/mine/posts")
    def mine() -> Response:
        return jsonify([post for post in POSTS if post["by"] == user()])

    @app.get("/api/people/<name>")
    def person(name: str) -> Response:
        return jsonify(name=name, bio=PEOPLE[name]["bio"]) if name in PEOPLE else abort(404)

    @app.get("/api/pastes")
    def pastes() -> Response:
        return jsonify([paste for paste in PASTES.values() if paste["owner"] == user()])

    @app.get("/api/pastes/<key>")
    def paste(key: str) -> Response:
        return jsonify(PASTES[key]) if key in PASTES else abort(404)

    @app.get("/api/weather")
    def weather() -> Response:
        name = request.args.get("callback")
        text = json.dumps({"sky": "clear"})
        return Response(f"{name}({text})" if name else text, content_type="application/javascript")
