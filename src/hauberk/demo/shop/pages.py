"""Turning rows into pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from hauberk.demo.shop.people import find_user
from hauberk.demo.shop.stock import CATEGORIES

HERE = Path(__file__).parent
LINK = re.compile(r"https?://[^\s<>\"']+")


def pounds(pence: int) -> str:
    """A price as it stands on the label."""
    return f"£{pence // 100}.{pence % 100:02}"


def with_links(text: str) -> Markup:
    """A comment in which addresses can be clicked."""
    return Markup(LINK.sub(r'<a href="\g<0>" rel="nofollow">\g<0></a>', text))


def page_templates() -> Jinja2Templates:
    """The whole pages."""
    templates = Jinja2Templates(HERE / "templates")
    templates.env.filters.update(pounds=pounds, with_links=with_links)
    return templates


def widget_templates() -> Environment:
    """The small parts that pages are put together from."""
    return Environment(loader=FileSystemLoader(HERE / "widgets"), autoescape=False)


def page(request: Request, name: str, status: int = 200, **values: Any) -> Response:
    """A whole page, with what its frame needs."""
    templates: Jinja2Templates = request.app.state.templates
    values |= {"user": find_user(request), "categories": CATEGORIES}
    return templates.TemplateResponse(request, name, values, status)


def widget(request: Request, name: str, **values: Any) -> Markup:
    """One part, to be put into a page."""
    widgets: Environment = request.app.state.widgets
    return Markup(widgets.get_template(name).render(values))
