"""What hardening takes for one Set-Cookie field, and what looking a cookie up takes. `python -m bench.cookies`

The floor of hardening is joining the field with what it lacks, known beforehand; that of a look-up is splitting the
field.
"""

from __future__ import annotations

from http.cookies import SimpleCookie
from itertools import count
from typing import Any

from bench.harness import added, microseconds, report
from hauberk.shield.cookies import Cookies
from hauberk.wire.cookie import cookie_of, parse_cookies
from hauberk.wire.cookie_date import cookie_date

BARE = "session=" + 43 * "x"
FULL = BARE + "; Path=/; Max-Age=1209600; Secure; HttpOnly; SameSite=Lax"
FIELD = "theme=dark; _ga=GA1.1.1234567890.1234567890; session=" + 43 * "x" + "; csrftoken=" + 32 * "y"


def results() -> dict[str, Any]:
    """Run it all."""
    cookies, prefixing = Cookies(), Cookies(host_prefix=frozenset({"session"}))
    seconds = count(1_800_000_000)
    dates = [
        f"{BARE}; Path=/; Expires={cookie_date(second)}" for second, _ in zip(seconds, range(20_000), strict=False)
    ]
    at = count()
    hardening = microseconds(
        {
            "nothing": lambda: None,
            "floor": lambda: BARE + "; Secure; HttpOnly; SameSite=Lax",
            "bare": lambda: cookies.harden(BARE, secure=True),
            "complete": lambda: cookies.harden(FULL, secure=True),
            "prefixed": lambda: prefixing.harden(BARE, secure=True),
            "with_a_new_date": lambda: cookies.harden(dates[next(at) % 20_000], secure=True),
            "never_seen": lambda: cookies.harden(f"name{next(at)}=x; Path=/; Max-Age=60", secure=True),
        }
    )
    reading = microseconds(
        {
            "nothing": lambda: None,
            "floor": lambda: FIELD.split("; "),
            "cookie_of": lambda: cookie_of(FIELD, "session"),
            "cookie_of_absent": lambda: cookie_of(FIELD, "visitor"),
            "parse_cookies": lambda: parse_cookies(FIELD),
            "simple_cookie": lambda: SimpleCookie(FIELD),
        },
        calls=1_000,
    )
    return {"harden_one_field": added(hardening, "nothing"), "read_four_cookies": added(reading, "nothing")}


if __name__ == "__main__":
    report("cookies: one field", results())
