"""Rates: who is counted as whom, what is said, and what happens while the store is away."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from hauberk import KeyRing, Sessions, Tokens
from hauberk.adapters.asgi import ASGIExchange
from hauberk.core.errors import ConfigurationError, StoreError
from hauberk.core.exchange import Exchange
from hauberk.core.plan import Plan
from hauberk.core.store import Limit, Room, Store
from hauberk.policy import Policy
from hauberk.shield.https import HTTPS
from hauberk.shield.limits import Limits, Rate
from hauberk.shield.limits.rate import Counter
from hauberk.shield.limits.rates import networks
from hauberk.stores.memory import MemoryStore
from hauberk.wire.forwarded import is_within, network_of
from tests.drivers import Answer, Serve, serve_asgi, serve_wsgi

TWO = Rate(limit="2/minute")


def plan(*rates: Rate, store: Store | None = None, **options: Any) -> Plan:
    memory = MemoryStore()
    return Plan.of([Limits(rates=rates, store=store or memory, local=memory, **options)])


def times(serve: Serve, plan: Plan, number: int, **request: Any) -> list[int]:
    return [serve(plan, **request).status for _ in range(number)]


def test_a_burst_passes_and_the_next_is_told_when_to_come_again(serve: Serve) -> None:
    limited = plan(TWO)
    got = [serve(limited) for _ in range(3)]
    assert [one.status for one in got] == [200, 200, 429]
    assert 28 <= int(got[2].one("retry-after") or 0) <= 30
    assert json.loads(got[2].body)["status"] == 429
    assert got[2].one("cache-control") == "no-store"
    assert got[0].one("ratelimit") is None


def test_fields_say_what_is_left_where_asked_for(serve: Serve) -> None:
    limited = plan(Rate(limit="2/minute", name="search"), rate_fields=True)
    first, _, refused = [serve(limited) for _ in range(3)]
    assert first.one("ratelimit-policy") == '"search";q=2;w=60'
    assert first.one("ratelimit") == '"search";r=1;t=30'
    assert (refused.one("ratelimit") or "").startswith('"search";r=0;t=')


def test_paths_methods_and_costs(serve: Serve) -> None:
    limited = plan(Rate(limit="4/minute", paths=("/login",), methods=frozenset({"post"}), cost=2))
    assert times(serve, limited, 5, path="/login") == [200] * 5
    assert times(serve, limited, 5, path="/other", method="POST") == [200] * 5
    assert times(serve, limited, 3, path="/login", method="POST") == [200, 200, 429]


def test_a_token_is_counted_by_its_subject_wherever_it_comes_from(serve: Serve) -> None:
    tokens = Tokens(issuer="https://id.example", audience="api", keys=KeyRing.generate("HS256"))
    limited = Policy(tokens=tokens, limits=Limits(rates=(Rate(limit="2/minute", by="token"),))).plan()

    def ask(token: str = "") -> int:
        return serve(limited, headers=[("authorization", f"Bearer {token}")] if token else []).status

    ann = tokens.issue("ann")
    assert [ask(ann), ask(tokens.issue("ann")), ask(ann)] == [200, 200, 429]
    assert [ask(tokens.issue("bob")) for _ in range(2)] == [200, 200]
    assert [ask(ann[:-2]), ask(), ask(), ask(ann[:-2])] == [401, 200, 429, 429], "by address, and still refused"


def test_a_user_and_a_session_are_counted_as_such(serve: Serve) -> None:
    sessions = Sessions(store=MemoryStore())
    rates = (Rate(limit="2/minute", by="user", paths=("/u",)), Rate(limit="2/minute", by="session", paths=("/s",)))
    limited = Policy(sessions=sessions, limits=Limits(rates=rates)).plan()

    def login(user: str) -> str:
        def app(ex: Exchange) -> Answer:
            ex.session.login(user)
            return Answer()

        return (serve(limited, app).one("set-cookie") or "").partition(";")[0]

    def ask(path: str, cookie: str) -> int:
        return serve(limited, path=path, headers=[("cookie", cookie)]).status

    ann, again, bob = login("ann"), login("ann"), login("bob")
    assert [ask("/u", one) for one in (ann, again, ann, bob)] == [200, 200, 429, 200]
    assert [ask("/s", one) for one in (ann, ann, ann, again)] == [200, 200, 429, 200]


@pytest.mark.parametrize("name", ["a\0b", "\udc80", "é", "a\nb"])
def test_any_text_names_somebody_in_every_store(name: str) -> None:
    """PostgreSQL keeps no NUL, and no store half of a surrogate pair: neither is a way to look as if it were away."""
    limited = plan(Rate(limit="1/day", by=lambda ex: name))
    assert times(serve_asgi, limited, 2) == [200, 429]
    limit = Counter(Rate(limit="1/day", by=lambda ex: name), 0).limit(ASGIExchange({"type": "http"}))
    assert limit is not None
    assert "\0" not in limit.key
    assert limit.key.encode()


SPELLINGS = ["/login/", "//login", "/login//", "/./login", "/x/../login"]
BELOW = ["/files/./a", "/files//a", "//files/a", "/files/../files/a", "/files/a/../../b", "/./files/"]
"""Of the last but one, a route with a rest (`/files/{rest:path}`) answers without working the dots out."""


@pytest.mark.parametrize(
    ("rate", "paths", "counted"),
    [
        (Rate(limit="1/minute", paths=("/login",)), SPELLINGS, True),
        (Rate(limit="1/minute", paths=("/files/",)), BELOW, True),
        (Rate(limit="1/minute", paths=("/users/{id}",)), ["/users//1", "/users/1/"], True),
        (Rate(limit="1/minute", paths=("/login",)), ["/login/x", "/LOGIN", "/log.in", "/x/login", "/"], False),
        (Rate(limit="1/minute", paths=("/items/",)), ["/items", "/itemsx/"], False),
    ],
)
def test_another_spelling_of_a_path_is_no_way_around(rate: Rate, paths: list[str], counted: bool) -> None:
    for serve in (serve_asgi, serve_wsgi):  # Django's factory of requests spells paths in its own way
        for path in paths:
            assert times(serve, plan(rate), 2, path=path) == [200, 429 if counted else 200], path


@pytest.mark.parametrize(
    ("methods", "method", "counted"),
    [({"POST"}, "post", True), ({"get"}, "HEAD", True), ({"GET"}, "POST", False), ({"HEAD"}, "GET", False)],
)
def test_another_spelling_of_a_method_is_no_way_around(
    serve: Serve, methods: set[str], method: str, counted: bool
) -> None:
    limited = plan(Rate(limit="1/minute", methods=frozenset(methods)))
    assert times(serve, limited, 2, method=method) == [200, 429 if counted else 200]


def test_all_rates_are_charged_or_none(serve: Serve) -> None:
    narrow, wide = Rate(limit="1/minute", paths=("/a",)), Rate(limit="3/minute", name="wide")
    limited = plan(narrow, wide)
    assert times(serve, limited, 4, path="/a") == [200, 429, 429, 429]
    assert times(serve, limited, 3, path="/b") == [200, 200, 429]


def test_everybody_together_and_whom_a_function_names(serve: Serve) -> None:
    assert times(serve, plan(Rate(limit="1/day", by="everybody")), 2) == [200, 429]
    keyed = plan(Rate(limit="1/day", by=lambda ex: ex.header("x-key") or None))
    for key in ("a", "b"):
        assert times(serve, keyed, 2, headers=[("x-key", key)]) == [200, 429]
    assert times(serve, keyed, 3) == [200, 200, 200]


@pytest.mark.parametrize(
    ("client", "key"),
    [
        ("203.0.113.5", "ip:203.0.113.5"),
        ("::ffff:203.0.113.5", "ip:203.0.113.5"),
        ("::ffff:198.51.100.7", "ip:198.51.100.7"),
        ("2001:db8::1", "net:2001:db8::/64"),
        ("2001:db8::ffff:1", "net:2001:db8::/64"),
        ("[2001:db8::1]:443", "net:2001:db8::/64"),
        ("2001:db8:0:1::1", "net:2001:db8:0:1::/64"),
        ("fe80::1%eth0", "net:fe80::/64"),
        ("fe80::2%eth0", "net:fe80::/64"),
        ("testclient", "peer:testclient"),
        ("", "peer:"),
        ("23189987", "peer:23189987"),
    ],
)
def test_who_an_address_stands_for(client: str, key: str) -> None:
    assert network_of(client) == key


@pytest.mark.parametrize("proxied", [True, False])
def test_a_client_cannot_choose_whom_it_counts_as(serve: Serve, proxied: bool) -> None:
    """Behind a trusted proxy the right-most address counts; from anybody else the field is only a text."""
    https = HTTPS(redirect=False, proxies=("192.0.2.0/24",) if proxied else ("10.0.0.0/8",))
    memory = MemoryStore()
    limited = Plan.of([https, Limits(rates=(TWO,), store=memory)])
    seen = [
        serve(limited, headers=[("x-forwarded-for", f"198.51.100.{n}, 203.0.113.5"), ("host", "a.example")]).status
        for n in range(4)
    ]
    assert seen == [200, 200, 429, 429]


@pytest.mark.parametrize(
    ("network", "client", "within"),
    [
        ("fe80::/10", "fe80::1%eth0", True),
        ("fe80::/10", "2001:db8::1", False),
        ("::ffff:203.0.113.0/120", "203.0.113.5", True),
        ("::ffff:203.0.113.0/120", "::ffff:203.0.113.5", True),
        ("203.0.113.0/24", "::ffff:203.0.113.5", True),
        ("::ffff:203.0.113.0/120", "203.0.114.5", False),
        ("::ffff:203.0.113.5", "203.0.113.5", True),
        ("::/0", "203.0.113.5", False),
    ],
)
def test_a_network_covers_its_addresses_however_they_are_written(network: str, client: str, within: bool) -> None:
    assert is_within(client, networks("Limits.deny", [network])) is within


def test_a_network_with_host_bits_is_refused_and_the_right_one_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"write '10\.0\.0\.0/8'"):
        Limits(deny=("10.0.0.1/8",))


def test_lists_of_networks(serve: Serve) -> None:
    assert times(serve, plan(TWO, allow=("192.0.2.0/24",)), 4) == [200] * 4
    assert times(serve, plan(TWO, deny=("192.0.2.7",)), 1) == [403]
    assert times(serve, Plan.of([Limits(deny=("2001:db8::/32",))]), 1) == [200]


class Away(MemoryStore):
    """A store that cannot be reached."""

    async def hit(self, limits: Sequence[Limit]) -> list[Room]:
        raise StoreError("valkey://store.example", "timeout", "no answer within 2 s")


@pytest.mark.parametrize(
    ("choice", "statuses"),
    [("local", [200, 200, 429]), ("allow", [200, 200, 200]), ("refuse", [503, 503, 503])],
)
def test_while_the_store_is_away(
    serve: Serve, caplog: pytest.LogCaptureFixture, choice: Any, statuses: list[int]
) -> None:
    limited = plan(Rate(limit="2/minute", on_store_error=choice), store=Away())
    with caplog.at_level(logging.WARNING, "hauberk.decisions"):
        assert times(serve, limited, 3) == statuses
    assert sum("rate-store-failed" in record.getMessage() for record in caplog.records) == 1


def test_a_policy_opens_the_store_that_it_names(serve: Serve, tmp_path: Any) -> None:
    policy = Policy().replace(limits=Limits(rates=(TWO,), store=f"sqlite:///{tmp_path}/rates.db"))
    assert times(serve, policy.plan(), 3) == [200, 200, 429]
    # Another process would be another plan.
    assert times(serve, policy.plan(), 1) == [429]


@pytest.mark.slow
def test_on_valkey_three_rates_are_one_round_trip(valkey_url: str) -> None:
    import redis

    client: Any = redis.Redis.from_url(valkey_url.replace("valkey", "redis"))
    client.flushall()
    policy = Policy().replace(
        limits=Limits(rates=(TWO, Rate(limit="100/hour"), Rate(limit="1000/day", by="everybody")), store=valkey_url)
    )
    compiled = policy.plan()
    assert times(serve_wsgi, compiled, 1) == [200]
    before = client.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]
    assert times(serve_wsgi, compiled, 2) == [200, 429]
    after = client.info("commandstats")["cmdstat_evalsha"]["calls"]
    client.close()
    assert after - before == 2


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Rate(limit="fast"), "Rate.limit"),
        (lambda: Rate(limit="0/minute"), "Rate.limit"),
        (lambda: Rate(limit="10/fortnight"), "Rate.limit"),
        (lambda: Rate(limit="10/minute", by="adress"), "Rate.by"),  # type: ignore[arg-type]
        (lambda: Rate(limit="10/minute", burst=0), "Rate.burst"),
        (lambda: Rate(limit="1/minute", cost=2), "Rate.cost"),
        (lambda: Rate(limit="1/minute", paths=("login",)), "Rate.paths"),
        (lambda: Rate(limit="\u0661/minute"), "Rate.limit"),
        (lambda: Limits(rates=Rate(limit="1/minute")), "Limits.rates"),  # type: ignore[arg-type]
        (lambda: Limits(deny=("192.0.2.0/33",)), "Limits.deny"),
        (lambda: Plan.of([Limits(rates=(TWO,))]), "Limits.store"),
    ],
)
def test_bad_options_name_the_field(make: Any, field: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert caught.value.field == field
