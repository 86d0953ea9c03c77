"""What a server runs."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

import hauberk

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examples.django_auth.settings")
application = hauberk.protect(get_wsgi_application(), settings.EQUIPMENT.policy)
