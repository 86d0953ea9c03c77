"""The range look-up of Pwned Passwords: has this password been in a breach, asked without saying which it is.

Five of forty hexadecimal digits of its SHA-1 leave the machine, shared by some two thousand other passwords in the
list; the answer is padded so that its length tells nothing either. Off unless you call it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hauberk.core.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx2

LINE: Final = re.compile(r"([0-9A-Fa-f]{35}):([0-9]{1,12})")
LARGEST: Final = 1 << 20
"""Octets of an answer; a padded one has some forty thousand."""
HEADERS: Final = {"Add-Padding": "true", "Accept": "text/plain", "User-Agent": "hauberk"}


def range_of(password: str) -> tuple[str, str]:
    """The five digits that are sent, and the thirty-five that are not."""
    digest = hashlib.sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest().upper()
    return digest[:5], digest[5:]


def count_in_range(answer: str | None, rest: str) -> int | None:
    """How often the list has it: 0 if it is not in the answer, None if the answer cannot be read or is cut."""
    whole = seen = False
    for line in (answer or "").splitlines():
        if not line.strip():
            continue
        found = LINE.fullmatch(line.strip())
        if found is None:
            whole = False
            break
        if found.group(1).upper() == rest:
            return int(found.group(2))
        whole = seen = True
    return 0 if whole and seen else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaches:
    """Ask a range service. None means that it could not be known: whether to let the user go on then is your choice."""

    url: str = "https://api.pwnedpasswords.com/range/"
    """Where the five digits are appended."""
    timeout: float = 2.0
    """Seconds for the whole look-up: somebody is waiting for the form."""

    def __post_init__(self) -> None:
        if not self.url.startswith("https://") and not self.url.startswith(("http://127.0.0.1", "http://[::1]")):
            raise ConfigurationError("Breaches.url", self.url, "is not https", "an answer over http can be forged")
        if not self.timeout > 0:
            raise ConfigurationError("Breaches.timeout", self.timeout, "is not above 0")

    async def count(self, password: str) -> int | None:
        """In how many breached accounts it was seen; 0 if in none, None if that could not be known. Never raises."""
        import asyncio

        import httpx2

        prefix, rest = range_of(password)
        try:
            async with (
                asyncio.timeout(self.timeout),
                httpx2.AsyncClient(timeout=self.timeout) as client,
                client.stream("GET", self.url + prefix, headers=HEADERS) as response,
            ):
                parts = Parts(response)
                async for part in response.aiter_bytes():
                    parts.add(part)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError):
            return None
        return count_in_range(parts.text(), rest)

    def count_sync(self, password: str) -> int | None:
        """The same, for code that cannot await; the time is bounded for each read."""
        import httpx2

        prefix, rest = range_of(password)
        try:
            with (
                httpx2.Client(timeout=self.timeout) as client,
                client.stream("GET", self.url + prefix, headers=HEADERS) as response,
            ):
                parts = Parts(response)
                for part in response.iter_bytes():
                    parts.add(part)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
            return None
        return count_in_range(parts.text(), rest)


class Parts:
    """The body so far, if it is a good answer and not too large."""

    def __init__(self, response: httpx2.Response) -> None:
        self.good = response.status_code == 200  # a redirect would send the digits elsewhere: it is not followed
        self.body = bytearray()

    def add(self, part: bytes) -> None:
        """Keep it, up to the limit."""
        self.good = self.good and len(self.body) + len(part) <= LARGEST
        if self.good:
            self.body += part

    def text(self) -> str | None:
        """The answer; None if there is no good one."""
        return self.body.decode("utf-8", "replace") if self.good else None
