"""The two pages, as markup: what a browser shows before any script ran, and all that it needs."""

from __future__ import annotations

from importlib.resources import files

from hauberk.dashboard.board import RANGES
from hauberk.report.page.markup import Child, Markup, el, join
from hauberk.report.page.shell import logo


def document(title: str, nonce: str | None, *body: Child) -> str:
    """A whole page; with a nonce it also runs our script."""
    head = el(
        "head",
        None,
        el("meta", {"charset": "utf-8"}),
        el("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        el("meta", {"name": "color-scheme", "content": "light dark"}),
        el("title", None, title),
        el("link", {"rel": "stylesheet", "href": "/style.css"}),
        el("link", {"rel": "icon", "href": "data:,"}),
        el("script", {"src": "/board.js", "nonce": nonce, "type": "module"}) if nonce else None,
    )
    return join(Markup("<!doctype html>\n"), el("html", {"lang": "en"}, head, el("body", None, *body)), Markup("\n"))


def sign_in(problem: str = "") -> str:
    """The page that asks for the password."""
    form = el(
        "form",
        {"method": "post", "action": "/sign-in", "class": "sign-in card"},
        el("div", "brand", logo(), el("b", None, "hauberk"), " dashboard"),
        el("h1", None, "Sign in"),
        el("p", {"class": "refused", "role": "alert"}, problem) if problem else None,
        el("label", {"for": "password"}, "Password"),
        el(
            "input",
            {
                "id": "password",
                "name": "password",
                "type": "password",
                "required": True,
                "autofocus": True,
                "autocomplete": "current-password",
                "maxlength": 500,
            },
        ),
        el("button", {"type": "submit"}, "Sign in"),
        el("p", "note", "It was printed where hauberk dashboard was started, or set in HAUBERK_DASHBOARD_PASSWORD."),
    )
    return document("Sign in · hauberk", None, el("main", "narrow", form))


def board(nonce: str, log: str) -> str:
    """The live page: places for everything, filled by script."""
    spans = [
        el("button", {"type": "button", "data-span": name, "aria-pressed": "true" if name == "1h" else "false"}, name)
        for name in RANGES
    ]
    head = el(
        "header",
        "wrap top board-top",
        el("div", "brand", logo(), el("b", None, "hauberk"), " ", el("span", {"id": "log"}, log)),
        el("p", {"id": "state", "class": "pill", "role": "status"}, "connecting"),
        el(
            "form",
            {"method": "post", "action": "/sign-out"},
            el("button", {"type": "submit", "class": "quiet"}, "Sign out"),
        ),
    )
    main = el(
        "main",
        "wrap board",
        el("h1", "skip", "Live events"),
        el("p", {"id": "problem", "class": "refused", "role": "alert", "hidden": True}),
        el("dl", {"id": "numbers", "class": "numbers"}),
        _card(
            "over-time",
            "Over time",
            el("div", {"class": "spans", "role": "group", "aria-label": "Range of time"}, spans),
            el("div", {"id": "chart", "class": "chart"}),
            el("ul", {"id": "legend", "class": "legend"}),
        ),
        el(
            "div",
            "lists",
            _card("by-class", "By class", None, el("ol", {"id": "classes", "class": "bars"})),
            _card("by-source", "By source", None, el("ol", {"id": "sources", "class": "bars"})),
            _card("by-route", "By route", None, el("ol", {"id": "routes", "class": "bars"})),
            _card("held", "Held back, last hour", None, el("ol", {"id": "held", "class": "bars"})),
            _card("blocked", "Blocked now, seconds left", None, el("ol", {"id": "blocked", "class": "bars"})),
            _card("rates", "Limits exceeded", None, el("ol", {"id": "limits", "class": "bars"})),
            _card("last", "Last results", None, el("div", {"id": "results"})),
        ),
        _card(
            "events",
            "Events",
            el(
                "div",
                "filters",
                el("label", {"for": "q", "class": "skip"}, "Search"),
                el("input", {"id": "q", "type": "search", "placeholder": "Search in all events", "maxlength": 200}),
                el("span", {"id": "active"}),
                el("button", {"type": "button", "id": "pause", "aria-pressed": "false"}, "Pause"),
            ),
            el(
                "div",
                {"class": "scroll", "tabindex": 0, "role": "region", "aria-label": "Events"},
                el(
                    "table",
                    None,
                    el("thead", None, el("tr", None, [el("th", {"scope": "col"}, name) for name in COLUMNS])),
                    el("tbody", {"id": "rows"}),
                ),
            ),
            el("p", {"id": "empty", "class": "note", "hidden": True}, "Nothing yet that fits."),
        ),
    )
    detail = el(
        "dialog",
        {"id": "detail", "aria-labelledby": "detail-title"},
        el("form", {"method": "dialog"}, el("button", {"class": "quiet", "type": "submit"}, "Close")),
        el("h2", {"id": "detail-title"}),
        el("dl", {"id": "members", "class": "members"}),
    )
    script = el(
        "noscript", None, el("p", "refused wrap", "This page is filled by a script; /api/state has the same as JSON.")
    )
    return document("Live · hauberk", nonce, head, script, main, detail)


COLUMNS = ("When", "What", "Source", "Route", "Why")


def _card(id: str, title: str, tools: Child, *body: Child) -> Markup:
    heading = el("div", "card-head", el("h2", {"id": f"{id}-title"}, title), tools)
    return el("section", {"class": f"card {id}", "aria-labelledby": f"{id}-title"}, heading, *body)


def style() -> str:
    """The report's own look, and what the board needs beyond it."""
    report = files("hauberk.report.page").joinpath("style.css").read_text("utf-8")
    return report + files("hauberk.dashboard").joinpath("board.css").read_text("utf-8")


def script() -> str:
    """The one script."""
    return files("hauberk.dashboard").joinpath("board.js").read_text("utf-8")
