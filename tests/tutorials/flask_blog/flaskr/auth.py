"""Accounts: register, log in, log out."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.wrappers import Response

from tests.tutorials.flask_blog.flaskr.db import connection

pages = Blueprint("auth", __name__, url_prefix="/auth")


@pages.before_app_request
def load_account() -> None:
    number = session.get("account")
    g.account = None
    if number is not None:
        g.account = connection().execute("SELECT * FROM account WHERE id = ?", (number,)).fetchone()


def login_required(view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    def guarded(**arguments: Any) -> Any:
        return redirect(url_for("auth.login")) if g.account is None else view(**arguments)

    return guarded


@pages.route("/register", methods=("GET", "POST"))
def register() -> str | Response:
    if request.method == "POST":
        name, password = request.form["name"], request.form["password"]
        problem = "A name is required." if not name else "A password is required." if not password else None
        if problem is None:
            secret = generate_password_hash(password, method="pbkdf2:sha256:1000")
            try:
                connection().execute("INSERT INTO account (name, secret) VALUES (?, ?)", (name, secret))
                connection().commit()
            except sqlite3.IntegrityError:
                problem = f"{name} is registered already."
            else:
                return redirect(url_for("auth.login"))
        flash(problem)
    return render_template("auth/form.html", title="Register")


@pages.route("/login", methods=("GET", "POST"))
def login() -> str | Response:
    if request.method == "POST":
        name, password = request.form["name"], request.form["password"]
        account = connection().execute("SELECT * FROM account WHERE name = ?", (name,)).fetchone()
        if account is not None and check_password_hash(account["secret"], password):
            session.clear()
            session["account"] = account["id"]
            session.permanent = "remember" in request.form
            return redirect(url_for("index"))
        flash("The name or the password is wrong.")
    return render_template("auth/form.html", title="Log in")


@pages.route("/logout")
def logout() -> Response:
    session.clear()
    return redirect(url_for("index"))
