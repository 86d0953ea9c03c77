# mypy: allow-subclassing-any
"""The application's name."""

from __future__ import annotations

from django.apps import AppConfig


class PollsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "tests.tutorials.django_polls.polls"
    label = "polls"
