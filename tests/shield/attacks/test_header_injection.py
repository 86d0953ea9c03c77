"""CR, LF and NUL: whatever a client writes, no field of ours ends a line (CWE-113)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.shield.cookies import Cookies
from hauberk.shield.cors import CORS
from hauberk.shield.csrf import CSRF
from hauberk.shield.fetch_metadata import FetchMetadata
from hauberk.shield.hosts import Hosts
from hauberk.shield.https import HTTPS
from hauberk.shield.limits import Limits
from hauberk.shield.paths import Paths
from tests.drivers import Answer, Serve
from tests.shield.request import Request, location
from tests.shield.request import ask as ask_alone

FEATURES: dict[str, Any] = {
    "https": HTTPS(hosts=("app.example", "*.app.example"), proxies=("192.0.2.0/24", "loopback")),
    "https forwarded": HTTPS(hosts=("app.example",), proxies=("192.0.2.0/24", "loopback"), proxy_headers="forwarded"),
    "https to anywhere": HTTPS(insecure_redirect_any_host=True, redirect_loopback=True, unsafe="redirect"),
    "hosts": Hosts(allow=("app.example",)),
    "paths": Paths(duplicate_slashes="redirect", encoding="any", encoded_slash="allow", backslash="allow"),
    "fetch metadata": FetchMetadata(),
    "cors": CORS(origins=("https://*.app.example",), methods=("*",), headers=("*",), credentials=True),
    "cors for all": CORS(insecure_allow_any_origin=True, methods=("*",), headers=("*",)),
    "cookies": Cookies(),
    "limits": Limits(),
    "csrf": CSRF(keys=(bytes(range(32)),)),
}
FIELDS = [
    "host",
    "origin",
    "referer",
    "cookie",
    "accept",
    "access-control-request-method",
    "access-control-request-headers",
    "authorization",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "x-forwarded-port",
    "forwarded",
    "sec-fetch-site",
]
BENIGN = {"host": "app.example", "origin": "https://a.app.example", "access-control-request-method": "PUT"}
ENDS = [
    "\r\nSet-Cookie: a=b",
    "\nX: 1",
    "\r",
    "\0",
    "%0d%0aSet-Cookie:a=b",
    "%0A",
    "\u560a\u560d".encode().decode("latin-1"),
    "\x0b",
    "\x85",
]
WRITTEN = st.lists(st.sampled_from([*ENDS, "app.example", "https://a.app.example", "PUT", "a", ":", ",", "/"])).map(
    "".join
)
ANY = st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=255), max_size=20)


def unclean(fields: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in fields if set("\r\n\0") & set(name + value)]


def app(ex: Exchange) -> Answer:
    if ex.csrf is not None:
        ex.csrf.token(ex)
    return Answer(headers=[("content-type", "text/html"), ("set-cookie", "a=b")])


@pytest.mark.parametrize("name", FEATURES)
@given(
    field=st.sampled_from(FIELDS),
    text=WRITTEN | ANY,
    tail=st.sampled_from(["", *ENDS]),
    query=WRITTEN,
    method=st.sampled_from(["GET", "POST", "OPTIONS"]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
def test_no_line_ends_in_our_fields(
    serve: Serve, name: str, field: str, text: str, tail: str, query: str, method: str
) -> None:
    plan = Plan.of([FEATURES[name]])
    headers = [*{**BENIGN, field: text}.items()]
    path = "//a" + unquote(tail.encode("latin-1").decode("utf-8", "replace"))
    got = serve(plan, app, method=method, path=path, query=quote_spaces(query), headers=headers, scheme="http")
    assert unclean(got.headers) == []
    assert {key.lower() for key, _ in got.headers} & {"x", "set-cookie: a"} == set()


def quote_spaces(text: str) -> str:
    """A query as a server would hand it on: in octets of Latin-1, and nothing else is kept from it."""
    return text.encode("latin-1", "replace").decode("ascii", "replace").replace("\ufffd", "?")


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("feature", [FEATURES["https"], FEATURES["https to anywhere"], FEATURES["paths"]])
def test_redirects_keep_to_one_line(feature: Any, end: str) -> None:
    """With the path as it came, which the drivers encode anew."""
    request = Request(f"//a{end}?b={end}", scheme="http", headers=(("host", "app.example"),))
    to = location(ask_alone(feature, request))
    if to is not None:  # Paths refuses control characters
        assert to.isprintable()
        assert to.isascii()


def test_the_same_redirects_lead_where_they_should() -> None:
    request = Request("//a%20b?c=%0a", scheme="http", headers=(("host", "app.example"),))
    assert location(ask_alone(FEATURES["https"], request)) == "https://app.example//a%20b?c=%0a"
    assert location(ask_alone(FEATURES["paths"], request)) == "/a%20b?c=%0a"
