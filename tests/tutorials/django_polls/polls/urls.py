"""The application's addresses."""

from __future__ import annotations

from django.contrib.staticfiles.views import serve
from django.urls import path, re_path

from tests.tutorials.django_polls.polls import views

app_name = "polls"
urlpatterns = [
    path("", views.IndexView.as_view(), name="index"),
    path("<int:pk>/", views.DetailView.as_view(), name="detail"),
    path("<int:pk>/results/", views.ResultsView.as_view(), name="results"),
    path("<int:number>/vote/", views.vote, name="vote"),
    path("suggest/", views.SuggestView.as_view(), name="suggest"),
    path("mine/", views.mine, name="mine"),
    path("export.csv", views.export, name="export"),
    path("ticker/", views.ticker, name="ticker"),
    path("rules.pdf", views.rules, name="rules"),
    path("count/", views.count, name="count"),
    path("slow/", views.slow, name="slow"),
    path("theme/<slug:name>/", views.theme, name="theme"),
    path("picture/", views.picture, name="picture"),
    path("broken/", views.broken, name="broken"),
    re_path(r"^files/(?P<path>.*)$", serve, {"insecure": True}, name="files"),
]
