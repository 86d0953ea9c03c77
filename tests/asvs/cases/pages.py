"""Requirements on pages and scripts of the application's own: one template, with the fault and without."""

from __future__ import annotations

from tests.asvs.case import Case, whole

SOURCE = """
from fastapi import FastAPI
from fastapi.templating import Jinja2Templates
from jinja2 import DictLoader, Environment

app = FastAPI(openapi_url=None)
pages = Jinja2Templates(env=Environment(loader=DictLoader({"page.html": PAGE}), autoescape=True))


@app.get("/")
def index():
    return pages.name
"""


def page(rule: str, ids: str, bad: str, good: str, about: str = "") -> Case:
    """Two templates."""
    return whole(rule, ids, SOURCE.replace("PAGE", repr(bad)), SOURCE.replace("PAGE", repr(good)), about=about)


FORM = '<html><form method="post"><input name="password" type="password"></form>'
CASES: tuple[Case, ...] = (
    page(
        "script-insert",
        "1.2.3",
        "<script>var name = '{{ name }}';</script>",
        "<script>var name = {{ name|tojson }};</script>",
    ),
    page(
        "script-sink",
        "3.2.2",
        "<script>fetch('/a').then(r => r.text()).then(t => { box.innerHTML = t; });</script>",
        "<script>fetch('/a').then(r => r.text()).then(t => { box.textContent = t; });</script>",
    ),
    page(
        "script-message",
        "3.5.5",
        "<script>window.addEventListener('message', e => run(e.data));</script>",
        "<script>window.addEventListener('message', e => { if (e.origin === HOME) run(e.data); });</script>",
    ),
    page("plugin", "3.7.1", '<html><object data="a.swf"></object>', '<html><video src="a.mp4"></video>'),
    page(
        "script-websocket",
        "4.4.1",
        "<script>new WebSocket('ws://shop.example/live');</script>",
        "<script>new WebSocket('wss://shop.example/live');</script>",
    ),
    page("password-field", "6.2.6", FORM.replace('type="password"', 'type="text"'), FORM),
    page("password-paste", "6.2.7", FORM.replace('type="password"', 'type="password" onpaste="return false"'), FORM),
    page(
        "tracker",
        "14.2.3",
        FORM + '<script src="https://www.googletagmanager.com/gtag/js"></script>',
        FORM,
    ),
    page(
        "script-storage",
        "14.3.3",
        "<script>localStorage.setItem('card_number', n);</script>",
        "<script>localStorage.setItem('theme', n);</script>",
    ),
)
