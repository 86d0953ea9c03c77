"""Plain http leads to https, on the host that was asked for if it is one of ours; proxies are believed by network."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hauberk.core.equipment import Equipment
from hauberk.core.errors import ConfigurationError
from hauberk.core.plan import Plan
from hauberk.shield.hosts import Hosts
from hauberk.shield.https import HTTPS
from tests.drivers import Serve
from tests.shield.request import Request, ask, location, status

HTTP = HTTPS(hosts=("app.example", "*.shop.example"), exempt=("/healthz",))


def plain(target: str = "/", host: str = "app.example", *more: tuple[str, str], **options: Any) -> Request:
    return Request(target, scheme="http", headers=(("host", host), *more), **options)


@pytest.mark.parametrize(
    ("target", "host", "to"),
    [
        ("/", "app.example", "https://app.example/"),
        ("/a%20b/%C3%BC?q=1&r=%0d%0a", "app.example", "https://app.example/a%20b/%C3%BC?q=1&r=%0d%0a"),
        ("/", "APP.example.:8080", "https://app.example/"),
        ("/x", "a.shop.example:80", "https://a.shop.example/x"),
        ("//evil.example/", "app.example", "https://app.example//evil.example/"),
        ("/\\evil.example", "app.example", "https://app.example/%5Cevil.example"),
        ("/@evil.example", "app.example", "https://app.example/@evil.example"),
        ("/\r\nSet-Cookie:a=b", "app.example", "https://app.example/%0D%0ASet-Cookie:a=b"),
        ('/ü<">?ü ', "app.example", "https://app.example/%FC%3C%22%3E?%FC%20"),
        ("/?", "app.example", "https://app.example/"),
        ("/x#y", "app.example", "https://app.example/x%23y"),
    ],
)
def test_redirects(target: str, host: str, to: str) -> None:
    reply = ask(HTTP, plain(target, host))
    assert location(reply) == to
    assert reply is not None
    assert reply.status == 308
    assert dict(reply.headers)["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("host", "answer"),
    [("evil.example", 421), ("app.example.evil.example", 421), ("", 400), ("app.example@evil.example", 400)],
)
def test_never_an_open_redirect(host: str, answer: int) -> None:
    reply = ask(HTTP, plain("/", host))
    assert reply is not None
    assert reply.status == answer
    assert location(reply) is None


def test_https_passes() -> None:
    assert status(HTTP, Request(headers=(("host", "evil.example"),))) == 200


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "shop.localhost"])
def test_development_works(host: str) -> None:
    assert status(HTTP, plain("/", host)) == 200
    reply = ask(HTTPS(hosts=("app.example",), redirect_loopback=True, port=8443), plain("/x", host))
    assert location(reply) == f"https://{host.rpartition(':')[0] if host.endswith(':8000') else host}:8443/x"


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        ("/healthz", 200),
        ("/.well-known/acme-challenge/token", 200),
        ("/.well-known/acme-challenge/../../admin", 308),
        ("/.well-known/acme-challenge/%2e%2e/admin", 308),
        ("/healthz/x", 308),
        ("/HEALTHZ", 308),
    ],
)
def test_exempt_paths(target: str, answer: int) -> None:
    assert status(HTTP, plain(target)) == answer


@pytest.mark.parametrize(
    ("request_", "refuse", "redirect"),
    [
        (plain(method="HEAD"), 308, 308),
        (plain(method="OPTIONS"), 308, 308),
        (plain(method="POST"), 403, 308),
        (plain(method="DELETE"), 403, 308),
        (plain("/", "app.example", ("authorization", "Bearer x")), 403, 308),
        (plain(websocket=True), 403, 403),
    ],
)
def test_what_has_leaked_already_is_refused(request_: Request, refuse: int, redirect: int) -> None:
    """ASVS 5.0, 4.1.2: a redirect would hide that the request was sent in clear."""
    assert status(HTTP, request_) == refuse
    assert status(HTTPS(hosts=("app.example",), unsafe="redirect"), request_) == redirect


def test_a_websocket_by_wss_passes() -> None:
    assert status(HTTP, Request(websocket=True, headers=(("host", "app.example"),))) == 200


def test_one_host_for_all() -> None:
    https = HTTPS(canonical="www.app.example", status=301)
    assert location(ask(https, plain("/x", "app.example"))) == "https://www.app.example/x"
    assert location(ask(https, plain("/x", "evil.example"))) == "https://www.app.example/x"
    listed = HTTPS(canonical="www.app.example", hosts=("app.example",))
    assert location(ask(listed, plain("/x"))) == "https://www.app.example/x"
    assert status(listed, plain("/x", "evil.example")) == 421


def equipment(**features: object) -> Equipment:
    def store(url: object) -> Any:
        raise AssertionError(url)

    return Equipment(feature=features.get, store=store, keys=lambda purpose: ())


def test_the_hosts_of_the_policy_are_taken() -> None:
    https = HTTPS().equip(equipment(hosts=Hosts(allow=("app.example",))))
    assert location(ask(https, plain())) == "https://app.example/"
    assert status(https, plain("/", "evil.example")) == 421
    own = HTTPS(hosts=("own.example",)).equip(equipment(hosts=Hosts(allow=("app.example",))))
    assert status(own, plain()) == 421
    exempt = HTTPS().equip(equipment(hosts=Hosts(allow=("app.example",), exempt=("/healthz",))))
    assert status(exempt, plain("/healthz", "10.0.0.5:8000")) == 200
    assert status(exempt, plain("/", "10.0.0.5:8000")) == 421
    anybody = HTTPS().equip(equipment(hosts=Hosts(insecure_allow_any_host=True)))
    assert location(ask(anybody, plain("/", "any.example"))) == "https://any.example/"


def test_without_any_host_it_says_so_when_built() -> None:
    with pytest.raises(ConfigurationError, match=r"HTTPS\.hosts.*Hosts\(allow="):
        HTTPS().steps()
    assert location(ask(HTTPS(insecure_redirect_any_host=True), plain("/", "x.example"))) == "https://x.example/"
    assert HTTPS(redirect=False).steps().on_request is None


def test_a_proxy_that_is_not_named_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Redirects without end have one cause, and it is named."""
    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        ask(HTTP, plain("/", "app.example", ("x-forwarded-proto", "https"), client="10.0.0.1"))
        ask(HTTP, plain())
    (record,) = caplog.records
    logged = json.loads(record.getMessage())
    assert (logged["event"], logged["client"], logged["fix"]) == (
        "https-proxy-not-believed",
        "10.0.0.1",
        "HTTPS.proxies",
    )


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("proxies", ("*",)),
        ("proxies", ("0.0.0.0/0",)),
        ("proxies", ("::/0",)),
        ("proxies", ("0.0.0.0/1", "128.0.0.0/1")),
        ("proxies", ("2000::/3",)),
        ("proxies", ("10.0.0.1/8",)),
        ("proxies", ("proxy.example",)),
        ("proxies", ("",)),
        ("proxies", "10.0.0.0/8"),
        ("proxy_headers", "both"),
        ("hops", 0),
        ("hops", True),
        ("status", 200),
        ("status", True),
        ("unsafe", "allow"),
        ("port", 0),
        ("canonical", "https://app.example"),
        ("canonical", "app.example:8443"),
        ("hosts", ("*",)),
        ("exempt", ("healthz",)),
        ("exempt", ("/",)),
        ("redirect", 1),
    ],
)
def test_what_makes_no_sense_is_refused(option: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"HTTPS.{option}"):
        HTTPS(**{option: value})  # type: ignore[arg-type]


def test_trusting_everybody_goes_by_hops_and_not_by_network() -> None:
    with pytest.raises(ConfigurationError, match=r"HTTPS\.proxies"):
        HTTPS(insecure_trust_every_proxy=True, proxies=("10.0.0.0/8",))


def seen(https: HTTPS, client: str, *headers: tuple[str, str]) -> tuple[str, str, str]:
    request = Request(scheme="http", client=client, headers=(("host", "app.example"), *headers))
    reply = ask(https, request)
    assert reply is None, reply
    return request.scheme, request.client, request.header("host")


X = HTTPS(redirect=False, hosts=("app.example", "*.app.example"), proxies=("10.0.0.0/8", "2001:db8:1::/48", "unix"))
XFF, XFP, XFH = "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        # believed
        ("10.0.0.1", [(XFF, "203.0.113.9"), (XFP, "https")], ("https", "203.0.113.9", "app.example")),
        ("::ffff:10.0.0.1", [(XFF, "203.0.113.9")], ("http", "203.0.113.9", "app.example")),
        ("2001:db8:1::5", [(XFF, "203.0.113.9")], ("http", "203.0.113.9", "app.example")),
        ("", [(XFF, "203.0.113.9"), (XFP, "https")], ("https", "203.0.113.9", "app.example")),
        ("10.0.0.1", [(XFP, "https")], ("https", "10.0.0.1", "app.example")),
        ("10.0.0.1", [(XFP, "wss")], ("https", "10.0.0.1", "app.example")),
        ("10.0.0.1", [(XFF, "203.0.113.9:4711")], ("http", "203.0.113.9", "app.example")),
        ("10.0.0.1", [(XFF, "[2001:db8::9]:4711")], ("http", "2001:db8::9", "app.example")),
        ("10.0.0.1", [(XFF, "2001:db8::9")], ("http", "2001:db8::9", "app.example")),
        ("10.0.0.1", [(XFH, "www.app.example")], ("http", "10.0.0.1", "www.app.example")),
        ("10.0.0.1", [(XFH, "app.example:8443")], ("http", "10.0.0.1", "app.example:8443")),
        ("10.0.0.1", [("x-forwarded-port", "8443")], ("http", "10.0.0.1", "app.example:8443")),
        ("10.0.0.1", [("x-forwarded-port", "443"), (XFP, "https")], ("https", "10.0.0.1", "app.example")),
        ("10.0.0.1", [("x-forwarded-port", "8443"), (XFH, "www.app.example:81")],
         ("http", "10.0.0.1", "www.app.example:81")),
        # past proxies of ours, up to the first stranger
        ("10.0.0.1", [(XFF, "203.0.113.9, 10.0.0.2")], ("http", "203.0.113.9", "app.example")),
        ("10.0.0.1", [(XFF, "198.51.100.1, 203.0.113.9, 10.0.0.2")], ("http", "203.0.113.9", "app.example")),
        ("10.0.0.1", [(XFF, "198.51.100.1"), (XFF, "203.0.113.9")], ("http", "203.0.113.9", "app.example")),
        ("10.0.0.1", [(XFF, "10.0.0.9, 10.0.0.2")], ("http", "10.0.0.9", "app.example")),
        # schemes and hosts that were appended stand in the same place as the address
        ("10.0.0.1", [(XFF, "203.0.113.9, 10.0.0.2"), (XFP, "https, http")], ("https", "203.0.113.9", "app.example")),
        ("10.0.0.1", [(XFF, "203.0.113.9"), (XFP, "https, http")], ("http", "203.0.113.9", "app.example")),
        ("10.0.0.1", [(XFF, "1.1.1.1, 203.0.113.9"), (XFP, "https,http")], ("http", "203.0.113.9", "app.example")),
        ("10.0.0.1", [(XFF, "203.0.113.9, 10.0.0.2"), (XFH, "www.app.example, app.example")],
         ("http", "203.0.113.9", "www.app.example")),
        # a chain that cannot be read ends where it could be
        ("10.0.0.1", [(XFF, "203.0.113.9, unknown")], ("http", "10.0.0.1", "app.example")),
        ("10.0.0.1", [(XFF, "203.0.113.9, _x, 10.0.0.2")], ("http", "10.0.0.2", "app.example")),
        ("10.0.0.1", [(XFF, "203.0.113.9,")], ("http", "10.0.0.1", "app.example")),
        ("10.0.0.1", [(XFF, "203.0.113.9, <script>")], ("http", "10.0.0.1", "app.example")),
        ("10.0.0.1", [(XFP, "javascript")], ("http", "10.0.0.1", "app.example")),
        ("10.0.0.1", [(XFP, "")], ("http", "10.0.0.1", "app.example")),
        # nobody of ours
        ("192.0.2.7", [(XFF, "203.0.113.9"), (XFP, "https"), (XFH, "www.app.example")],
         ("http", "192.0.2.7", "app.example")),
        ("11.0.0.1", [(XFF, "10.0.0.1"), (XFP, "https")], ("http", "11.0.0.1", "app.example")),
        ("testclient", [(XFP, "https")], ("http", "testclient", "app.example")),
        # the other family is nobody's word
        ("10.0.0.1", [("forwarded", "for=203.0.113.9;proto=https;host=www.app.example")],
         ("http", "10.0.0.1", "app.example")),
    ],
)  # fmt: skip
def test_x_forwarded(peer: str, headers: list[tuple[str, str]], expected: tuple[str, str, str]) -> None:
    assert seen(X, peer, *headers) == expected


F = HTTPS(redirect=False, hosts=("app.example", "*.app.example"), proxies=("10.0.0.0/8",), proxy_headers="forwarded")


@pytest.mark.parametrize(
    ("peer", "text", "expected"),
    [
        ("10.0.0.1", "for=203.0.113.9;proto=https", ("https", "203.0.113.9", "app.example")),
        ("10.0.0.1", 'For="[2001:db8::9]:4711";Proto=HTTPS', ("https", "2001:db8::9", "app.example")),
        ("10.0.0.1", "for=203.0.113.9;host=www.app.example", ("http", "203.0.113.9", "www.app.example")),
        ("10.0.0.1", "for=203.0.113.9;proto=https, for=10.0.0.2;proto=http", ("https", "203.0.113.9", "app.example")),
        ("10.0.0.1", "for=1.1.1.1;proto=https, for=203.0.113.9;proto=http", ("http", "203.0.113.9", "app.example")),
        ("10.0.0.1", "for=_hidden;proto=https", ("https", "10.0.0.1", "app.example")),
        ("10.0.0.1", "for=unknown;proto=https, for=10.0.0.2", ("https", "10.0.0.2", "app.example")),
        ("10.0.0.1", "for=1.1.1.1, for=_hidden, for=10.0.0.2", ("http", "10.0.0.2", "app.example")),
        ("10.0.0.1", 'for="1.1.1.1, for=203.0.113.9;proto=https', ("https", "203.0.113.9", "app.example")),
        ("10.0.0.1", "for=1.1.1.1;for=2.2.2.2, for=10.0.0.2;proto=https", ("https", "10.0.0.2", "app.example")),
        ("10.0.0.1", "garbage", ("http", "10.0.0.1", "app.example")),
        ("10.0.0.1", "", ("http", "10.0.0.1", "app.example")),
        ("192.0.2.7", "for=203.0.113.9;proto=https", ("http", "192.0.2.7", "app.example")),
    ],
)
def test_forwarded(peer: str, text: str, expected: tuple[str, str, str]) -> None:
    assert seen(F, peer, ("forwarded", text), (XFF, "9.9.9.9"), (XFP, "https")) == expected


@pytest.mark.parametrize("host", ["evil.example", "app.example@evil.example", "evil.example/app.example", "a, b, c"])
def test_a_host_that_a_proxy_hands_on_is_one_of_ours(host: str) -> None:
    """Proxies that do not write X-Forwarded-Host hand on what the client wrote."""
    request = Request(scheme="http", client="10.0.0.1", headers=(("host", "app.example"), (XFH, host)))
    assert status(X, request) in {400, 421}
    unlisted = HTTPS(redirect=False, proxies=("10.0.0.0/8",))
    assert seen(unlisted, "10.0.0.1", (XFH, host), (XFP, "https")) == ("https", "10.0.0.1", "app.example")


def test_hops_bound_the_chain() -> None:
    one = HTTPS(redirect=False, proxies=("10.0.0.0/8",), hops=1)
    assert seen(one, "10.0.0.1", (XFF, "203.0.113.9, 10.0.0.2"))[1] == "10.0.0.2"
    blind = HTTPS(redirect=False, insecure_trust_every_proxy=True)
    assert seen(blind, "198.51.100.7", (XFF, "1.1.1.1, 203.0.113.9"), (XFP, "https"))[:2] == ("https", "203.0.113.9")
    two = HTTPS(redirect=False, insecure_trust_every_proxy=True, hops=2)
    assert seen(two, "198.51.100.7", (XFF, "1.1.1.1, 203.0.113.9, 198.51.100.8"))[1] == "203.0.113.9"


@pytest.mark.parametrize(
    ("proxies", "peer", "believed"),
    [
        (("loopback",), "127.0.0.1", True),
        (("loopback",), "::1", True),
        (("loopback",), "10.0.0.1", False),
        (("private",), "10.9.9.9", True),
        (("private",), "172.31.0.1", True),
        (("private",), "172.32.0.1", False),
        (("private",), "192.168.1.1", True),
        (("private",), "fd00::1", True),
        (("private",), "8.8.8.8", False),
        (("unix",), "", True),
        (("unix",), "unix:", True),
        (("10.0.0.0/8",), "unix:", False),
        (("unix",), "127.0.0.1", False),
        (("10.0.0.0/8",), "", False),
        (("192.0.2.7",), "192.0.2.7", True),
        (("fe80::/10",), "fe80::1%eth0", True),
    ],
)
def test_networks_by_name(proxies: tuple[str, ...], peer: str, believed: bool) -> None:
    https = HTTPS(redirect=False, proxies=proxies)
    assert (seen(https, peer, (XFP, "https"))[0] == "https") is believed


def test_a_proxy_that_ended_tls_is_not_redirected() -> None:
    https = HTTPS(hosts=("app.example",), proxies=("10.0.0.0/8",))
    assert status(https, plain("/", "app.example", (XFP, "https"), client="10.0.0.1")) == 200
    assert status(https, plain("/", "app.example", (XFP, "http"), client="10.0.0.1")) == 308
    assert status(https, plain("/", "app.example", (XFP, "https"), client="192.0.2.7")) == 308


WORDS = st.sampled_from(["10.0.0.1", "203.0.113.9", "unknown", "_x", "", "[::1]:1", "é", '"', "for=1.1.1.1", "\r\n"])


@given(st.sampled_from([X, F]), st.lists(WORDS), st.text(max_size=20), st.text(max_size=20))
def test_no_client_outside_of_the_networks_is_believed(https: HTTPS, chain: list[str], proto: str, host: str) -> None:
    text = ", ".join(chain)
    headers = ((XFF, text), ("forwarded", text), (XFP, proto), (XFH, host), ("x-forwarded-port", proto))
    assert seen(https, "192.0.2.7", *headers) == ("http", "192.0.2.7", "app.example")


@given(st.lists(WORDS | st.text(alphabet=st.characters(max_codepoint=255))), st.ip_addresses(v=4))
def test_whatever_a_client_writes_the_proxy_has_the_last_word(chain: list[str], client: Any) -> None:
    """One proxy that appends: its element is what counts, unless it names a proxy of ours."""
    if str(client).startswith("10."):
        return
    got = seen(X, "10.0.0.1", (XFF, ", ".join([*chain, str(client)])))
    assert got[1] == str(client)
    got = seen(F, "10.0.0.1", ("forwarded", ", ".join([*chain, f"for={client};proto=https"])))
    assert got[:2] == ("https", str(client))


def test_through_every_adapter(serve: Serve) -> None:
    https = HTTPS(hosts=("app.example",), proxies=("192.0.2.0/24", "loopback"))
    got = serve(Plan.of([https]), scheme="http", path="/a", query="b=c", headers=[("host", "app.example")])
    assert (got.status, got.one("location")) == (308, "https://app.example/a?b=c")
    believed = [("host", "app.example"), ("x-forwarded-proto", "https"), ("x-forwarded-for", "203.0.113.9")]
    clients: list[tuple[str, str]] = []

    def app(ex: Any) -> Any:
        from tests.drivers import Answer

        clients.append((ex.scheme, ex.client))
        return Answer()

    assert serve(Plan.of([https]), app, scheme="http", headers=believed).status == 200
    assert clients == [("https", "203.0.113.9")]
