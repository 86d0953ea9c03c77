# mypy: allow-subclassing-any
"""How the site's staff sees polls."""

from __future__ import annotations

from django.contrib import admin

from tests.tutorials.django_polls.polls.models import Choice, Question


class ChoiceInline(admin.TabularInline):
    model = Choice
    extra = 2


@admin.register(Question)
class QuestionAdmin(admin.ModelAdmin):
    fieldsets = ((None, {"fields": ["text"]}), ("When", {"fields": ["published"]}))
    inlines = (ChoiceInline,)
    list_display = ("text", "published", "is_recent")
    list_filter = ("published",)
    search_fields = ("text",)
