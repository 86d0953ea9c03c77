"""An application that keeps texts and shows them elsewhere: as templates, or as data. For tests only."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from django.template import Context, Engine
from flask import Flask, Response, redirect, render_template_string, request

Template: Any = import_module("mako.template").Template
app = Flask("letters")
PAGE = "<!DOCTYPE html><title>letter</title><p>"
KEPT: dict[str, str] = {}
BOARD: list[str] = []
TICKETS: list[str] = []
USUAL = "Nothing yet."
MAIL = re.compile(r"[\w.]+@[\w.]+")


@app.get("/")
def home() -> str:
    links = "".join(f"<a href={way}/{name}>x</a>" for way in WAYS for name in KINDS)
    return f"{PAGE}{links}<a href=/open/mail/preview>preview</a><a href=/safe/mail/preview>preview</a>"


def keep(way: str, name: str) -> Any:
    """One text for each, so that the last one counts; an address that is none is refused with the form again."""
    if MAIL.fullmatch(request.form.get("contact", "")) is None:
        return form(f"{way}/{name}", "An address, please.")
    text = request.form.get("text", "")
    KEPT[f"{way}/{name}"] = re.sub(r"[{}$%]", "", text) if name == "stripped" else text
    if (way, name) == ("open", "board"):
        BOARD.append(text)
    return redirect(f"/{way}/{name}")


def show(way: str, name: str) -> Any:
    text = KEPT.get(f"{way}/{name}", USUAL)
    shown = KINDS[name](text) if way == "open" or name in ONLY_SAFE else data(text)
    return form(f"{way}/{name}", shown)


def open_ticket(way: str) -> Any:
    """Each has a page of its own, which is there since."""
    TICKETS.append(request.form.get("matter", ""))
    return redirect(f"/{way}/tickets/{len(TICKETS) - 1}")


def ticket(way: str, number: int) -> str:
    matter = TICKETS[number] if number < len(TICKETS) else USUAL
    return PAGE + (jinja(matter) if way == "open" else data(matter))


def preview(way: str) -> Response:
    text = KEPT.get(f"{way}/mail", USUAL)
    shown = Template(f"Dear you,\n{text}").render() if way == "open" else f"Dear you,\n{text}"
    return Response(shown, content_type="text/plain; charset=utf-8")


def send(way: str) -> str:
    """What goes out is not shown."""
    text = KEPT.get(f"{way}/notice", USUAL)
    render_template_string(text if way == "open" else "{{ text }}", text=text)
    return "sent"


def form(action: str, shown: str) -> str:
    fields = "<input name=contact type=email><textarea name=text></textarea><button>keep</button>"
    more = "".join(f"<form method=post action=/{way}/tickets><input name=matter></form>" for way in WAYS)
    more += "<form method=post action=/open/mail/send></form><form method=post action=/safe/mail/send></form>"
    return f"{PAGE}{shown}<form method=post action=/{action}>{fields}</form>{more}"


def data(text: str) -> str:
    """As what it is, in a template that has a page of numbers as well."""
    return render_template_string("{{ text }} of 49, 12345678", text=text)


def jinja(text: str) -> str:
    return render_template_string(f"<b>{html.escape(text)}</b>")


def mako(text: str) -> str:
    return str(Template(f"<b>{html.escape(text)}</b>").render())


def django(text: str) -> str:
    return str(Engine().from_string(f"<b>{html.escape(text)}</b>").render(Context()))


def board(text: str) -> str:
    return render_template_string("".join(f"<p>{html.escape(text)}" for text in BOARD[-400:]))


def braces(text: str) -> str:
    """It takes out what stands in braces, whatever it is."""
    return html.escape(re.sub(r"\{\{.*?\}\}", "", text))


def counted(text: str) -> str:
    """A number of its own, right behind the text."""
    return html.escape(f"{text}{len(text) * 1_000_003}")


KINDS: dict[str, Callable[[str], str]] = {
    "jinja": jinja,
    "mako": mako,
    "django": django,
    "board": board,
    "raw": str,
    "mail": data,
    "notice": data,
    "stripped": jinja,
    "taken-out": braces,
    "computed": counted,
}
ONLY_SAFE = frozenset({"stripped", "taken-out", "computed"})
HOLES = {f"/open/{name} form:text" for name in ("jinja", "mako", "django", "board", "mail")} | {
    "/open/tickets form:matter"
}
MARKUP = {"/open/raw form:text"}
UNSHOWN = "/open/notice form:text"
"""Where the template is made of it, nothing of it is shown: only a sensor sees that."""
WAYS = ("open", "safe")
for _way in WAYS:
    for _name in KINDS:
        _at = f"/{_way}/{_name}"
        app.add_url_rule(_at, f"show {_at}", partial(show, _way, _name))
        app.add_url_rule(_at, f"keep {_at}", partial(keep, _way, _name), methods=["POST"])
    app.add_url_rule(f"/{_way}/tickets", f"tickets {_way}", partial(open_ticket, _way), methods=["POST"])
    app.add_url_rule(f"/{_way}/tickets/<int:number>", f"ticket {_way}", partial(ticket, _way))
    app.add_url_rule(f"/{_way}/mail/preview", f"preview {_way}", partial(preview, _way))
    app.add_url_rule(f"/{_way}/mail/send", f"send {_way}", partial(send, _way), methods=["POST"])
