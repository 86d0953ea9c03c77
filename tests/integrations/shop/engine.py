"""The one module that knows the engine."""

from __future__ import annotations

import jinja2
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

PAGE = '<script nonce="{{ csp_nonce }}">1</script><script nonce="{{ csp_nonce() }}">2</script>'
MACRO = '{% from "macros" import script %}{{ script() }}{{ script() }}'
MACROS = '{% macro script() %}<script nonce="{{ csp_nonce }}"></script>{% endmacro %}'
SOURCES = {"page": PAGE, "macro": MACRO, "macros": MACROS}


def make() -> Jinja2Templates:
    return Jinja2Templates(env=jinja2.Environment(loader=jinja2.DictLoader(dict(SOURCES)), autoescape=True))


hidden = make()


def render(request: Request, name: str = "page") -> Response:
    return hidden.TemplateResponse(request, name)
