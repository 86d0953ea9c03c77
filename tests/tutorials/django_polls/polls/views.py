# mypy: allow-subclassing-any
"""Lists, details, votes, suggestions; answers of every kind that Django has."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.messages.views import SuccessMessageMixin
from django.db.models import F, QuerySet
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.views import generic
from django.views.decorators.http import require_POST

from tests.tutorials.django_polls.polls.models import Choice, Question


def published() -> QuerySet[Any]:
    return Question.objects.filter(published__lte=timezone.now())


class IndexView(generic.ListView):
    template_name = "polls/index.html"
    context_object_name = "latest"

    def get_queryset(self) -> QuerySet[Any]:
        found = published().order_by("-published")
        if wanted := self.request.GET.get("q"):
            found = found.filter(text__icontains=wanted)
        return found[:5]


class DetailView(generic.DetailView):
    model = Question
    template_name = "polls/detail.html"

    def get_queryset(self) -> QuerySet[Any]:
        return published()


class ResultsView(DetailView):
    template_name = "polls/results.html"


def vote(request: HttpRequest, number: int) -> HttpResponse:
    question = get_object_or_404(Question, pk=number)
    try:
        chosen = question.choice_set.get(pk=request.POST["choice"])
    except (KeyError, Choice.DoesNotExist):
        return render(request, "polls/detail.html", {"question": question, "problem": "You chose nothing."})
    chosen.votes = F("votes") + 1
    chosen.save()
    request.session["voted"] = [*request.session.get("voted", []), number]
    messages.success(request, f"You voted for {chosen.text}.")
    return HttpResponseRedirect(reverse("polls:results", args=(number,)))


class SuggestionForm(forms.ModelForm):
    class Meta:
        model = Question
        fields = ("text",)

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"])
        if not text.endswith("?"):
            raise forms.ValidationError("A question ends with a question mark.")
        return text


class SuggestView(SuccessMessageMixin, generic.CreateView):
    form_class = SuggestionForm
    template_name = "polls/suggest.html"
    success_url = reverse_lazy("polls:index")
    success_message = "Thank you for %(text)s"

    def form_valid(self, form: SuggestionForm) -> HttpResponse:
        form.instance.published = timezone.now()
        reply: HttpResponse = super().form_valid(form)
        return reply


@login_required
def mine(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"user": request.user.get_username(), "voted": request.session.get("voted", [])})


def export(request: HttpRequest) -> StreamingHttpResponse:
    def rows() -> Iterator[str]:
        for choice in Choice.objects.select_related("question").order_by("pk"):
            line = io.StringIO()
            csv.writer(line).writerow([choice.question.text, choice.text, choice.votes])
            yield line.getvalue()

    headers = {"Content-Disposition": 'attachment; filename="votes.csv"'}
    return StreamingHttpResponse(rows(), content_type="text/csv", headers=headers)


async def ticker(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        for number in range(3):
            await asyncio.sleep(0)
            yield f"data: {number}\n\n"

    return StreamingHttpResponse(parts(), content_type="text/event-stream")


def rules(request: HttpRequest) -> FileResponse:
    return FileResponse(io.BytesIO(b"%PDF-1.7 one vote each"), as_attachment=True, filename="rules.pdf")


async def count(request: HttpRequest) -> JsonResponse:
    number = await Question.objects.acount()
    return JsonResponse({"questions": number, "user": (await request.auser()).get_username()})


async def slow(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0.01)
    response = HttpResponse("done", content_type="text/plain")
    response["Cache-Control"] = "max-age=5"
    return response


def theme(request: HttpRequest, name: str) -> HttpResponse:
    response = redirect("polls:index")
    if name == "none":
        response.delete_cookie("theme")
    else:
        response.set_signed_cookie("theme", name, max_age=3600, samesite="Strict")
    return response


@require_POST
def picture(request: HttpRequest) -> JsonResponse:
    file = request.FILES["picture"]
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return JsonResponse({"name": file.name, "size": file.size, "sha256": digest.hexdigest()})


def broken(request: HttpRequest) -> HttpResponse:
    raise LookupError("the ballot box is lost")
