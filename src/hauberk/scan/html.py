"""What a page offers: its links and forms, read as a browser would read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from hauberk.core.errors import MissingExtraError
from hauberk.core.finding import Place
from hauberk.scan import scripted
from hauberk.scan.messages import Request, Response
from hauberk.scan.surface import FORM, JSON, MULTIPART, Media, Parameter

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

LINKS = (("a", "href"), ("area", "href"), ("iframe", "src"), ("frame", "src"))
HANDLED = ("onclick", "onsubmit", "onchange", "onload")
BUTTONS = frozenset({"button", "reset", "image"})


def parse(text: str) -> LexborHTMLParser:
    """The tree that a browser would build (HTML, section 13.2). Raises MissingExtraError without selectolax."""
    try:
        import selectolax.lexbor  # noqa: F401
    except ImportError:
        raise MissingExtraError("selectolax", "scan", "reading HTML pages") from None
    return _parsed(text)


@lru_cache(maxsize=4)
def _parsed(text: str) -> LexborHTMLParser:
    """Several checks read one page; none of them changes its tree."""
    from selectolax.lexbor import LexborHTMLParser

    return LexborHTMLParser(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form as it would be sent when nothing is filled in."""

    method: str
    action: str
    """Absolute."""
    media: Media
    fields: tuple[Parameter, ...]
    has_password: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What leads on from a page."""

    links: tuple[str, ...]
    """Absolute, without fragments, each once, in order."""
    forms: tuple[Form, ...]


def offer(text: str, url: str) -> Offer:
    """The links and forms of the page that was found at `url`."""
    parse(text)  # says so where selectolax is not there
    based, addresses, found = _leading(text)
    base = url if based is None else _join(url, based)
    sent = scripted_offer(_code(text), base)
    links: dict[str, None] = {}
    for address in (*addresses, *sent.links):
        link = _join(base, address)
        if urlsplit(link).scheme in {"http", "https"}:
            links[link.partition("#")[0]] = None
    return Offer(links=tuple(links), forms=(*(_form(node, base, url) for node in found), *sent.forms))


def led(origin: str, request: Request, response: Response) -> Offer:
    """Where an answer leads the browser by itself: what is behind a login may be shown nowhere else."""
    location = response.header("location")
    if location is None or not 300 <= response.status < 400:
        return Offer(links=(), forms=())
    return Offer(links=(_join(origin + request.target, location),), forms=())


def scripted_offer(code: str, base: str) -> Offer:
    """What leads on from a script of a page whose addresses are relative to `base`."""
    links, forms = [_join(base, address) for address in scripted.leads(code)], []
    for call in scripted.calls(code):
        action = _join(base, call.address).partition("#")[0]
        if call.method == "GET":
            links.append(action)
        elif urlsplit(action).scheme in {"http", "https"}:
            place: Place = "json" if call.media == JSON else "form"
            fields = tuple(Parameter(name=name, place=place) for name in call.fields)
            forms.append(Form(method=call.method, action=action, media=call.media, fields=fields))
    return Offer(links=tuple(dict.fromkeys(links)), forms=tuple(forms))


@lru_cache(maxsize=4)
def _code(text: str) -> str:
    """The scripts of a page, and what its elements do when something happens to them."""
    if "<script" not in text and not any(word in text for word in HANDLED):
        return ""
    tree = parse(text)
    inline = [node.text() for node in tree.css("script:not([src])")]
    handlers = [
        value
        for node in tree.css("[onclick],[onsubmit],[onchange],[onload]")
        for name, value in node.attributes.items()
        if name.startswith("on") and value
    ]
    return "\n".join((*inline, *handlers))


@lru_cache(maxsize=4)
def _leading(text: str) -> tuple[str | None, tuple[str, ...], tuple[LexborNode, ...]]:
    """What a page leads to, wherever it was found: its base, where its links go, and its forms."""
    tree = parse(text)
    base = tree.css_first("base[href]")
    addresses = [
        (node.attributes.get(attribute) or "").strip()
        for tag, attribute in LINKS
        for node in tree.css(f"{tag}[{attribute}]")
    ]
    based = None if base is None else base.attributes.get("href") or ""
    return based, tuple(dict.fromkeys(addresses)), tuple(tree.css("form"))


def _join(base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError:  # such as an unclosed bracket in the host
        return ""


def _form(node: LexborNode, base: str, url: str) -> Form:
    method = (node.attributes.get("method") or "get").strip().upper()
    method = method if method == "POST" else "GET"
    encoding = (node.attributes.get("enctype") or "").strip().lower()
    place: Place = "query" if method == "GET" else "form"
    fields: dict[str, Parameter] = {}
    password = False
    for control in node.css("input, select, textarea, button"):
        password = password or (control.attributes.get("type") or "").lower() == "password"
        field = _field(control, place)
        # Of radio buttons and repeated names, the first one that is set wins.
        if field is not None and (field.name not in fields or fields[field.name].example in (None, "")):
            fields[field.name] = field
    media: Media = "" if method == "GET" else MULTIPART if encoding == MULTIPART else FORM
    # An empty action is the page's own address, whatever <base> says (HTML, section 4.10.21.3).
    action = (node.attributes.get("action") or "").strip()
    target = (_join(base, action) if action else url).partition("#")[0]
    return Form(method=method, action=target, media=media, fields=tuple(fields.values()), has_password=password)


def _field(node: LexborNode, place: Place) -> Parameter | None:
    attributes = node.attributes
    name, kind = attributes.get("name") or "", (attributes.get("type") or "").lower()
    if not name or "disabled" in attributes or kind in BUTTONS:
        return None
    schema: dict[str, object] = {}
    value = attributes.get("value")
    if node.tag == "select":
        options = [o.attributes.get("value", o.text()) or "" for o in node.css("option")]
        schema["enum"] = options
        value = next((option for option in options if option), "")
    elif node.tag == "textarea":
        value = node.text()
    elif kind in {"checkbox", "radio"}:
        value = value or "on"
    elif kind in {"number", "range"}:
        schema["type"] = "number"
        value = value or attributes.get("min") or "1"
    elif kind == "hidden":
        schema["x-hidden"] = True
    elif kind in {"email", "url", "date", "password"}:
        schema["format"] = {"url": "uri"}.get(kind, kind)
    length = attributes.get("maxlength") or ""
    if length.isdigit():
        schema["maxLength"] = int(length)
    if kind == "file":
        accept = (attributes.get("accept") or "").strip()
        taken = {"accept": accept} if accept else {}
        return Parameter(name=name, place="upload", schema=taken, required="required" in attributes)
    return Parameter(name=name, place=place, schema=schema, example=value, required="required" in attributes)
