"""Statements of ownership in DNS: dnspython asks a server on loopback, over UDP and, where an answer is long, TCP."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dnslib import QTYPE, RCODE, RR, TXT
from dnslib.server import BaseResolver, DNSLogger, DNSServer

from hauberk.core.errors import InputError
from hauberk.crypto.signing import Signer
from hauberk.scan import dns_statement
from hauberk.scan.dns_statement import NoStatementError, asking, texts
from hauberk.scan.messages import Request, Response
from hauberk.scan.ownership import require, state
from hauberk.scan.transport import Wire

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
OURS, THEIRS = Signer((b"k" * 31 + b"1",)), Signer((b"k" * 31 + b"2",))
HOST = "shop.example"
LONG = ".".join(["a" * 60] * 3 + [HOST])
LINE = state(HOST, 14, OURS, NOW)


class Zone(BaseResolver):  # type: ignore[misc]
    """Answers with these records, each in strings of 255 octets at most; `failing` is answered SERVFAIL."""

    def __init__(self, records: dict[str, list[str]]) -> None:
        self.records, self.asked = records, list[tuple[str, str]]()

    def resolve(self, request: Any, handler: Any) -> Any:
        name = str(request.q.qname).rstrip(".").lower()
        self.asked.append((handler.protocol, name))
        reply = request.reply()
        if "failing" in name:
            reply.header.rcode = RCODE.SERVFAIL
        elif name not in self.records:
            reply.header.rcode = RCODE.NXDOMAIN
        for text in self.records.get(name, ()):
            parts = [text[at : at + 255] for at in range(0, len(text), 255)]
            reply.add_answer(RR(request.q.qname, QTYPE.TXT, rdata=TXT(parts), ttl=0))
        return reply


def _pair(zone: Zone, quiet: Any) -> tuple[Any, Any, int]:
    """Servers on one port for both: what is free for UDP may be taken for TCP."""
    for attempt in range(20):
        udp = DNSServer(zone, address="127.0.0.1", port=0, logger=quiet)
        port = int(udp.server.server_address[1])
        try:
            return udp, DNSServer(zone, address="127.0.0.1", port=port, tcp=True, logger=quiet), port
        except OSError:
            udp.server.server_close()
            if attempt == 19:
                raise
    raise AssertionError


@contextmanager
def serving(records: dict[str, list[str]]) -> Iterator[tuple[Zone, int]]:
    """A DNS server on one port of loopback, for UDP and TCP."""
    zone, quiet = Zone(records), DNSLogger("-request,-reply,-truncated,-error,-recv,-send,-data")
    udp, tcp, port = _pair(zone, quiet)
    for server in (udp, tcp):
        threading.Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield zone, port
    finally:
        for server in (udp, tcp):
            server.server.shutdown()
            server.server.server_close()


class Host:
    """A host that serves nothing; it counts what it is asked."""

    senses = False
    wire = Wire(scheme="http", host=HOST)

    def __init__(self) -> None:
        self.asked: list[str] = []

    def send(self, request: Request) -> Response:
        self.asked.append(request.target)
        return Response(status=404)


def ask(records: dict[str, list[str]], host: str = HOST, now: datetime = NOW) -> str:
    """What is said against the scan; nothing if it may begin."""
    with serving(records) as (_, port):
        try:
            require(Host(), host, OURS, now, asking(["127.0.0.1"], port))  # type: ignore[arg-type]
        except InputError as error:
            return str(error)
    return ""


AT = f"_hauberk-scan.{HOST}"


@pytest.mark.parametrize(
    ("records", "host"),
    [
        ({AT: [LINE]}, HOST),
        ({AT: [LINE]}, "SHOP.example"),
        ({AT: ["v=spf1 -all", LINE]}, HOST),
        ({f"_hauberk-scan.{LONG}": [state(LONG, 14, OURS, NOW)]}, LONG),
        ({AT: [f"filler {n} " + "x" * 200 for n in range(15)] + [LINE]}, HOST),
    ],
    ids=["the record", "case", "beside others", "in two strings", "too long for UDP"],
)
def test_a_record_proves_it(records: dict[str, list[str]], host: str) -> None:
    assert ask(records, host) == ""


@pytest.mark.parametrize(
    ("records", "now", "said"),
    [
        ({}, NOW, "there is no such record"),
        ({HOST: [LINE]}, NOW, "there is no such record"),
        ({AT: []}, NOW, "there is no such record"),
        ({AT: ["v=spf1 -all"]}, NOW, "no statement"),
        ({AT: [state(HOST, 14, THEIRS, NOW)]}, NOW, "not signed with this HAUBERK_SECRET"),
        ({AT: [state("other.example", 14, OURS, NOW)]}, NOW, "it is for other.example"),
        ({AT: [LINE]}, NOW + timedelta(days=14), "ran out"),
    ],
)
def test_nothing_else_does(records: dict[str, list[str]], now: datetime, said: str) -> None:
    refused = ask(records, now=now)
    assert said in refused
    assert f"TXT {AT}" in refused
    assert "it is 404" in refused


def test_the_host_is_asked_for_its_file_alone_and_dns_each_time() -> None:
    with serving({AT: [LINE]}) as (zone, port):
        host = Host()
        for _ in range(2):
            require(host, HOST, OURS, NOW, asking(["127.0.0.1"], port))  # type: ignore[arg-type]
    assert zone.asked == [("udp", AT)] * 2
    assert host.asked == ["/.well-known/hauberk-ownership.txt"] * 2


def test_a_resolver_that_fails_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_statement, "SECONDS", 0.3)
    assert "DNS could not be asked" in ask({}, "failing.example")


def test_a_resolver_that_is_silent_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns_statement, "SECONDS", 0.3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(NoStatementError, match="DNS could not be asked"):
            asking(["127.0.0.1"], silent.getsockname()[1])(AT)


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7"])
def test_an_address_has_no_record(host: str) -> None:
    with pytest.raises(NoStatementError, match="an address"):
        texts(host)


def test_a_name_that_cannot_be_asked_proves_nothing() -> None:
    with pytest.raises(NoStatementError, match="DNS could not be asked"):
        texts("a" * 70 + ".example", asking(["127.0.0.1"], 9))


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("dns.exception", "dns.name", "dns.resolver"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(NoStatementError, match=r"hauberk\[dns\]"):
        texts(HOST)
