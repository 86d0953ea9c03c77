"""The project."""

from __future__ import annotations

import os
from pathlib import Path

from examples.equipment import Equipment

EQUIPMENT = Equipment.from_environ(os.environ)
"""Users, and all that guards them. Django's own `auth` stays out: this is how to do without, or beside it."""

SECRET_KEY = os.environ["HAUBERK_SECRET"]
DEBUG = False
ALLOWED_HOSTS = [EQUIPMENT.host]
USE_TZ = True
ROOT_URLCONF = "examples.django_auth.urls"
WSGI_APPLICATION = "examples.django_auth.wsgi.application"
MIDDLEWARE = ["examples.django_auth.refusals.Refusals"]
"""In wsgi.py, `hauberk.protect` puts its own before it."""
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parents[1] / "pages"],
    }
]
