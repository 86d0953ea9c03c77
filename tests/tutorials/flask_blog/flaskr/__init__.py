"""A blog with accounts: a factory, two blueprints, a database in one file, a command, error pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from tests.tutorials.flask_blog.flaskr import auth, blog, db


class OutOfInk(Exception):
    """Nothing can be written at the moment."""


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    app = Flask(__name__, instance_relative_config=True)
    app.config.from_mapping(SECRET_KEY="dev", DATABASE=str(Path(app.instance_path) / "flaskr.sqlite"))
    app.config.from_mapping(config or {})
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024

    @app.get("/hello")
    def hello() -> str:
        return "Hello, World!"

    @app.get("/ink")
    def ink() -> str:
        raise OutOfInk("the pot is dry")

    @app.get("/broken")
    def broken() -> str:
        raise ZeroDivisionError("by the printer")

    @app.errorhandler(404)
    def not_found(error: HTTPException) -> tuple[str, int]:
        return render_template("missing.html", path=request.path), 404

    @app.errorhandler(OutOfInk)
    def no_ink(error: OutOfInk) -> Any:
        return jsonify(error=str(error)), 503, {"Retry-After": "60"}

    @app.after_request
    def sign(response: Any) -> Any:
        response.headers["X-Blog"] = "flaskr"
        return response

    @app.context_processor
    def names() -> dict[str, str]:
        return {"blog_name": "Flaskr"}

    @app.template_filter("shout")
    def shout(text: str) -> str:
        return f"{text.upper()}!"

    db.init_app(app)
    app.register_blueprint(auth.pages)
    app.register_blueprint(blog.pages)
    app.add_url_rule("/", endpoint="index")
    return app
