"""Key sets from a real server with TLS: fetched once, kept, fetched again, and never trusted too far."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from hauberk import JWKS, TokenError
from hauberk.auth.jwks.flight import Flights
from tests.auth.jwks.served import RING, Clock, Reply, Server, answer, client, good


def test_it_is_fetched_once_and_again_when_it_is_no_longer_fresh(server: Server, clock: Clock, ask: Any) -> None:
    jwks = client(server, clock)
    for _ in range(3):
        assert {key.kid for key in ask(jwks)} == {key.kid for key in RING.keys}
    assert len(server.asked) == 1
    server.reply = good(cache_control="public, max-age=4000")
    clock.now += 301
    ask(jwks, "unheard-of")
    clock.now += 3_900
    ask(jwks)
    assert len(server.asked) == 2


def test_an_unknown_kid_fetches_but_not_again_and_again(server: Server, clock: Clock, ask: Any) -> None:
    jwks = client(server, clock)
    ask(jwks)
    for number in range(50):
        ask(jwks, f"made-up-{number}")
    assert len(server.asked) == 1
    clock.now += 31
    for number in range(50):
        ask(jwks, f"made-up-{number}")
    assert len(server.asked) == 2


def test_while_the_server_fails_what_is_known_goes_on_being_used(server: Server, clock: Clock, ask: Any) -> None:
    jwks = client(server, clock, stale=1_000.0)
    ask(jwks)
    server.reply = answer(b"oops", 500)
    clock.now += 400
    assert ask(jwks)
    clock.now += 1_000
    with pytest.raises(TokenError, match="status 500"):
        ask(jwks)
    server.reply = good()
    clock.now += 31
    assert ask(jwks)


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (answer(b"{}"), "no list of keys"),
        (answer(b"[]"), "no JSON"),
        (answer(b"<html>"), "no JSON"),
        (answer(b'{"keys":[{"kty":"oct","k":"' + b"A" * 43 + b'"}]}'), "no public key"),
        (answer(b'{"keys":[{"kty":"RSA"}]}'), "no key"),
        (answer(b'{"keys":[{"kty":"EC","crv":"P-256","x":null,"y":5}]}'), "no list of keys"),
        (answer(b'{"keys":[null,5,"x",[]]}'), "no list of keys"),
        (answer(b'{"keys":[{"kty":"EC","crv":[],"x":{},"y":""},{"kty":[]}]}'), "no kind"),
        (answer(b'{"keys":[' + b",".join([b'{"kty":"x"}'] * 200) + b"]}"), "200 keys"),
        (answer(b"[" * 100_000), "no JSON"),
        (answer(b" " * 300_000), "longer than"),
        (answer(b"", 302, location="https://evil.example/jwks.json"), "another host"),
        (answer(b"", 302, location="http://localhost/jwks.json"), "another host"),
        (answer(b"", 302, location="/jwks.json"), "again and again"),
        (answer(b"", 302, location="file:///etc/passwd"), "another host"),
        (answer(b"", 302, location="https://localhost:x/jwks.json"), "another host"),
        (answer(b"", 302, location="https://[/jwks.json"), "ValueError"),
        (answer(b"", 302, location="/a\x01b"), "InvalidURL"),
        (answer(b"", 302), "again and again"),
        (answer(b"not found", 404), "status 404"),
    ],
)
def test_what_is_no_key_set_is_none(server: Server, clock: Clock, ask: Any, reply: Reply, why: str) -> None:
    server.reply = reply
    with pytest.raises(TokenError, match=why):
        ask(client(server, clock))
    assert len(server.asked) <= 4


def test_an_entry_that_is_no_good_takes_no_others_with_it(server: Server, clock: Clock, ask: Any) -> None:
    others: list[object] = [None, 5, {}, {"kty": "EC", "crv": "P-256", "x": None}, {"kty": "RSA", "n": "AQAB", "e": 3}]
    others += [{"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}, {"kty": "OKP", "crv": "X25519", "x": "AA"}]
    server.reply = answer(json.dumps({"keys": [*others, *RING.jwks()["keys"]], "more": [1]}).encode())
    assert {key.kid for key in ask(client(server, clock))} == {key.kid for key in RING.keys}


def test_a_redirect_within_the_host_is_followed(server: Server, clock: Clock, ask: Any) -> None:
    def reply(handler: BaseHTTPRequestHandler) -> None:
        moved = answer(b"", 301, location="/v2/jwks.json")
        (good() if handler.path == "/v2/jwks.json" else moved)(handler)

    server.reply = reply
    assert ask(client(server, clock))
    assert server.asked == ["/jwks.json", "/v2/jwks.json"]


def test_a_server_that_dawdles_is_left(server: Server, clock: Clock, ask: Any) -> None:
    over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not over.wait(0.05):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    server.reply = drip
    begin = time.monotonic()
    try:
        with pytest.raises(TokenError, match="keys"):
            ask(client(server, clock, timeout=0.4))
        assert time.monotonic() - begin < 5
    finally:
        over.set()


def test_a_certificate_of_nobody_is_refused(server: Server, clock: Clock, ask: Any) -> None:
    with pytest.raises(TokenError, match="keys"):
        ask(client(server, clock, verify=True))


def test_many_at_once_are_one_fetch(server: Server, clock: Clock) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        good()(handler)

    server.reply = slow

    async def together() -> None:
        jwks = client(server, clock)
        found = await asyncio.gather(*(jwks.keys(f"kid-{number}") for number in range(100)))
        assert all(len(keys) == 2 for keys in found)

    asyncio.run(together())
    assert len(server.asked) == 1
    jwks, found = client(server, clock), []
    threads = [threading.Thread(target=lambda: found.append(jwks.keys_sync())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    assert len(server.asked) == 2


def test_threads_and_event_loops_wait_for_the_same_fetch(server: Server, clock: Clock) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        good()(handler)

    server.reply = slow
    jwks, found = client(server, clock), []
    asks = [lambda: found.append(jwks.keys_sync()), lambda: found.append(asyncio.run(jwks.keys("x")))]
    threads = [threading.Thread(target=ask) for ask in asks * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(keys) for keys in found] == [2] * 10
    assert len(server.asked) == 1


def test_with_keys_that_are_known_nobody_waits_for_newer_ones(server: Server, clock: Clock, ask: Any) -> None:
    jwks = client(server, clock)
    kid = ask(jwks)[0].kid
    slow = threading.Event()

    def later(handler: BaseHTTPRequestHandler) -> None:
        slow.wait(5)
        good()(handler)

    server.reply = later
    clock.now += 301
    begin = time.monotonic()
    try:
        assert ask(jwks, kid)
        assert time.monotonic() - begin < 1.5
    finally:
        slow.set()


def test_where_nothing_is_known_it_is_asked_sooner_then_less_and_less(server: Server, clock: Clock, ask: Any) -> None:
    server.reply = answer(b"oops", 500)
    jwks, times = client(server, clock, cooldown=10.0), []
    for _ in range(40):
        before = len(server.asked)
        with pytest.raises(TokenError, match="status 500"):
            ask(jwks)
        if len(server.asked) > before:
            times.append(clock.now - 1_000)
        clock.now += 1
    assert times == [0, 2, 6, 14, 24, 34]


def test_a_name_that_does_not_resolve_is_our_own_error(clock: Clock, ask: Any) -> None:
    with pytest.raises(TokenError, match="keys"):
        ask(JWKS(url="https://no-such-host.invalid/jwks.json", clock=clock, timeout=1.0))


def test_a_fetch_that_hangs_is_waited_for_no_longer_than_it_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hauberk.auth.jwks.flight.GRACE", 0.1)
    over, begun, flights = threading.Event(), [], Flights(0.1)

    async def hang() -> None:
        begun.append(1)
        over.wait(5)  # as a resolver does, which no loop can end

    try:
        begin = time.monotonic()
        for _ in range(2):
            flight = flights.join(lambda: True, hang)
            assert flight is not None
            flights.wait_sync(flight)
            asyncio.run(flights.wait(flight))
        assert time.monotonic() - begin < 2
        assert len(begun) == 2
    finally:
        over.set()


def test_one_that_goes_away_does_not_take_the_answer_with_him(server: Server, clock: Clock) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.2)
        good()(handler)

    server.reply = slow

    async def together() -> None:
        jwks = client(server, clock)
        first = asyncio.create_task(jwks.keys())
        await asyncio.sleep(0.05)
        second = asyncio.create_task(jwks.keys())
        await asyncio.sleep(0.02)
        first.cancel()
        assert len(await second) == 2

    asyncio.run(together())
