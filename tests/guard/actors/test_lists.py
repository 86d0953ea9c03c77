"""Networks, countries of a real database file, crawlers by their name and by their published addresses."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from hauberk import Actors, ConfigurationError, Crawler, InputError, Policy
from hauberk.core.plan import Plan
from hauberk.guard.actors.crawlers import SEARCH, Verifier, confirm
from hauberk.guard.actors.networks import Networks, published
from hauberk.wire.forwarded import address_of
from tests.guard.actors.requests import ask

CLIENTS = {"81.2.69.160": "GB", "2001:4860:4860::8888": "US", "89.160.20.112": "SE"}


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A country database, as MaxMind's have it."""
    netaddr = pytest.importorskip("netaddr")
    writer = pytest.importorskip("mmdb_writer").MMDBWriter(ip_version=6, ipv4_compatible=True)
    for client, code in CLIENTS.items():
        writer.insert_network(netaddr.IPSet([client]), {"country": {"iso_code": code}})
    path = tmp_path / "countries.mmdb"
    writer.to_db_file(str(path))
    return str(path)


def plan(**options: Any) -> Plan:
    return Policy(actors=Actors(**options)).plan()


@pytest.mark.parametrize(
    ("options", "statuses"),
    [
        ({"deny_countries": frozenset({"gb"})}, [403, 200, 200, 200, 200]),
        ({"only_countries": frozenset({"US", "SE"})}, [403, 200, 200, 403, 200]),
        ({"deny_countries": frozenset({"US"}), "allow": ("2001:4860::/32",)}, [200, 200, 200, 200, 200]),
    ],
)
def test_countries(database: str, options: dict[str, Any], statuses: list[int]) -> None:
    """The last two: an address of no country, and a private one."""
    watched = plan(countries=database, **options)
    assert [ask(watched, client) for client in (*CLIENTS, "198.51.100.7", "10.1.2.3")] == statuses


def test_a_file_that_is_no_database_is_said_when_the_plan_is_made(tmp_path: Path) -> None:
    (tmp_path / "wrong.mmdb").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="no MMDB file"):
        plan(countries=str(tmp_path / "wrong.mmdb"), deny_countries=frozenset({"GB"}))


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("192.0.2.7", True),
        ("192.0.3.7", False),
        ("10.255.0.1", True),
        ("11.0.0.1", False),
        ("2001:db8:5::9", True),
        ("2001:db9::9", False),
        ("::ffff:192.0.2.7", True),
        ("203.0.113.4", True),
        ("203.0.113.5", False),
    ],
)
def test_networks(address: str, inside: bool) -> None:
    known = Networks("test", ["192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32", "203.0.113.4"])
    found = address_of(address)
    assert found is not None
    assert (found in known) is inside


def test_fifty_thousand_networks_cost_what_a_few_cost() -> None:
    many = Networks("test", (f"{a}.{b}.{c}.0/24" for a in (20, 21, 22, 23) for b in range(250) for c in range(50)))
    address = address_of("99.1.2.3")
    assert address is not None
    before = time.perf_counter()
    assert not any(address in many for _ in range(1_000))
    assert time.perf_counter() - before < 0.5


PUBLISHED = '{"creationTime": "2026-01-02T00:00:00.000000", "prefixes": [{"ipv4Prefix": "192.0.2.0/28"}, {"ipv6Prefix": "2001:db8:1::/48"}]}'  # noqa: E501


@pytest.mark.parametrize("text", [PUBLISHED, "# ours\n192.0.2.0/28\n2001:db8:1::/48  # and this\n"])
def test_a_crawler_by_its_published_addresses(tmp_path: Path, text: str) -> None:
    (tmp_path / "bot").write_text(text)
    assert published(tmp_path / "bot") == ["192.0.2.0/28", "2001:db8:1::/48"]
    watched = plan(
        crawlers=(Crawler(agent="Examplebot", addresses=str(tmp_path / "bot")),), honeypots=("/trap",), threshold=10
    )
    bot = {"user-agent": "Mozilla/5.0 (compatible; examplebot/2.1)"}
    assert [ask(watched, "192.0.2.3", path="/trap", headers=bot) for _ in range(3)] == [200] * 3
    assert ask(watched, "203.0.113.1", headers=bot) == 403  # an impostor's first request: 10 points
    assert ask(watched, "192.0.2.3", path="/trap") == 404  # the address alone is no crawler


def test_a_list_that_cannot_be_read(tmp_path: Path) -> None:
    for name, text in (("empty", ""), ("json", "{"), ("other", '{"prefixes": []}')):
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError):
            published(tmp_path / name)
    with pytest.raises(InputError):
        published(tmp_path / "absent")


@pytest.mark.parametrize(
    ("domains", "verdict"),
    [(("localhost",), "verified"), (("googlebot.com",), "impostor"), (("calhost",), "impostor")],
)
def test_a_name_is_confirmed_forward(domains: tuple[str, ...], verdict: str) -> None:
    """By this machine's own resolver: 127.0.0.1 has the name localhost, and that has the address."""
    assert confirm("127.0.0.1", domains) == verdict
    assert confirm("not an address", domains) == "impostor"


def test_the_name_is_asked_for_beside_the_request_and_then_known() -> None:
    watched = plan(crawlers=(Crawler(agent="examplebot", domains=("localhost",)), *SEARCH), honeypots=("/trap",))
    known, impostor = {"user-agent": "Examplebot/1"}, {"user-agent": "Googlebot/2.1"}
    assert ask(watched, "127.0.0.1", headers=known) == 200
    end = time.monotonic() + 10
    while ask(watched, "127.0.0.1", path="/trap", headers=known) != 200:  # not known yet: asked like anybody
        assert time.monotonic() < end
        time.sleep(0.01)
    # The trap held the address while it was not known; the crawler passes all the same, others there do not.
    assert ask(watched, "127.0.0.1", headers=known) == 200
    fresh = plan(crawlers=SEARCH)
    while ask(fresh, "127.0.0.1", headers=impostor) != 403:  # 10 points a request, once it is known to be none
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_is_remembered_of_crawlers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Verifier, "MOST", 3)
    verifier = Verifier([Crawler(agent="bot", domains=("localhost",))])
    end = time.monotonic() + 10
    for client in ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"):
        while verifier.verdict("bot", client) == "pending":
            assert time.monotonic() < end
            time.sleep(0.01)
    assert len(verifier._known) == 3


@pytest.mark.parametrize("options", [{}, {"domains": ("a.example",), "addresses": "x"}, {"agent": " "}])
def test_a_crawler_needs_one_way_to_be_known(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Crawler(**{"agent": "bot", **options})
