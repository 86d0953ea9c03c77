# mypy: allow-subclassing-any
"""Questions and choices."""

from __future__ import annotations

import datetime as dt

from django.contrib import admin
from django.db import models
from django.utils import timezone


class Question(models.Model):
    text = models.CharField(max_length=200)
    published = models.DateTimeField("date published")

    def __str__(self) -> str:
        return str(self.text)

    @admin.display(boolean=True, ordering="published", description="Published recently?")
    def is_recent(self) -> bool:
        now = timezone.now()
        return bool(now - dt.timedelta(days=1) <= self.published <= now)


class Choice(models.Model):
    question = models.ForeignKey(Question, on_delete=models.CASCADE)
    text = models.CharField(max_length=200)
    votes = models.IntegerField(default=0)

    def __str__(self) -> str:
        return str(self.text)
