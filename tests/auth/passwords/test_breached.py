"""The range look-up, against a server on loopback."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hauberk.auth.passwords.breached import Breaches, count_in_range, range_of
from hauberk.auth.passwords.strength import estimate
from hauberk.core.errors import ConfigurationError

PASSWORD = "hunter2"
PREFIX, REST = range_of(PASSWORD)
OTHER = "0" * 35


class Ranges(BaseHTTPRequestHandler):
    """Answers by the first part of the path."""

    seen: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        kind, prefix = self.path.strip("/").split("/")
        self.seen.append((prefix, dict(self.headers)))
        if kind == "slow":
            time.sleep(1.5)
        body = {
            "found": f"{OTHER}:3\r\n{REST}:17\r\n",
            "padding": f"{OTHER}:3\r\n{REST}:0\r\n",
            "absent": f"{OTHER}:3\r\n",
            "empty": "",
            "huge": f"{OTHER}:3\r\n" * 60_000 + f"{REST}:17\r\n",
            "page": "<html>Please log in</html>",
        }.get(kind, f"{REST}:17\r\n")
        self.send_response({"error": 503, "redirect": 302, "limited": 429}.get(kind, 200))
        if kind == "redirect":
            self.send_header("Location", f"/found/{prefix}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body.encode())
        except OSError:
            return  # the client has hung up, as it should on an answer without end

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    Ranges.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Ranges) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
        httpd.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("found", 17),
        ("padding", 0),
        ("absent", 0),
        ("empty", None),
        ("page", None),
        ("huge", None),
        ("error", None),
        ("limited", None),
        ("redirect", None),
        ("slow", None),
    ],
)
def test_counts(server: str, kind: str, count: int | None) -> None:
    breaches = Breaches(url=f"{server}/{kind}/", timeout=0.5 if kind == "slow" else 5)
    assert breaches.count_sync(PASSWORD) == count
    assert asyncio.run(breaches.count(PASSWORD)) == count


def test_five_digits_are_sent_and_padding_is_asked_for(server: str) -> None:
    Ranges.seen.clear()
    Breaches(url=f"{server}/found/").count_sync(PASSWORD)
    ((prefix, headers),) = Ranges.seen
    assert prefix == PREFIX == "F3BBB"
    assert headers["add-padding"] == "true" if "add-padding" in headers else headers["Add-Padding"] == "true"
    assert not any(PASSWORD in value or REST in value for value in headers.values())


def test_nobody_there_is_unknown() -> None:
    nobody = Breaches(url="http://127.0.0.1:9/", timeout=0.5)
    assert nobody.count_sync(PASSWORD) is None
    assert asyncio.run(nobody.count(PASSWORD)) is None


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        (f"{REST}:5", 5),
        (f"{REST.lower()}:5\n", 5),
        (f"\r\n{OTHER}:1\r\n\r\n{REST}:7\r\n", 7),
        (f"{OTHER}:1\r\n", 0),
        (f"{REST[:34]}{'1' if REST[34] == '0' else '0'}:9\r\n", 0),  # all but the last digit
        (f"{OTHER}:1\r\n{REST[:20]}", None),  # cut
        (f"{REST}:many", None),
        (None, None),
        ("", None),
        ("\r\n", None),
    ],
)
def test_answers(answer: str | None, count: int | None) -> None:
    assert count_in_range(answer, REST) == count


@pytest.mark.parametrize("options", [{"url": "http://ranges.example/"}, {"url": "ftp://x/"}, {"timeout": 0}])
def test_options(options: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        Breaches(**options)  # type: ignore[arg-type]


def test_strength_is_told_with_reasons() -> None:
    weak, strong = estimate("hunter2"), estimate("velvet orbit cactus nineteen")
    assert weak.score <= 1
    assert weak.warning
    assert strong.score == 4
    assert estimate("anna1999schmidt", ("anna", "schmidt")).guesses_log10 < estimate("anna1999schmidt").guesses_log10
    assert estimate("").score == 0
    assert estimate("x" * 100_000).score <= 1
