"""Addresses of the site, and the methods that each of them takes."""

from __future__ import annotations

from django.urls import path
from django.views.decorators.http import require_GET as get
from django.views.decorators.http import require_http_methods
from django.views.decorators.http import require_POST as post

from examples.django_auth import account, api, entry, passkeys

form = require_http_methods(["GET", "POST"])

urlpatterns = [
    path("", get(entry.home)),
    path("register", form(entry.register)),
    path("login", form(entry.login)),
    path("login/code", form(entry.code)),
    path("logout", post(entry.logout)),
    path("password", post(account.change_password)),
    path("app", post(account.enrol)),
    path("app/confirm", post(account.confirm)),
    path("app/off", post(account.turn_off)),
    path("remove-passkey", post(account.remove_passkey)),
    path("passkeys/register/begin", post(passkeys.begin_registration)),
    path("passkeys/register/finish", post(passkeys.finish_registration)),
    path("passkeys/login/begin", post(passkeys.begin_login)),
    path("passkeys/login/finish", post(passkeys.finish_login)),
    path("api/token", post(api.token)),
    path("api/refresh", post(api.refresh)),
    path("api/logout", post(api.logout)),
    path("api/me", get(api.me)),
]
