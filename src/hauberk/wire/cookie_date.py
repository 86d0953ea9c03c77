"""Dates of cookies, as browsers read them: nearly anything (RFC 6265bis, section 5.6.1), and as servers write them."""

from __future__ import annotations

import re
from calendar import timegm
from datetime import UTC, date, datetime

LATEST = 253_402_300_799
"""The last second of the year 9999, in Unix seconds: what the form below can hold."""

_DELIMITERS = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?![0-9])")
_DAY = re.compile(r"([0-9]{1,2})(?![0-9])")
_YEAR = re.compile(r"([0-9]{2,4})(?![0-9])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def parse_cookie_date(text: str) -> int | None:
    """Unix seconds of an Expires attribute, or None where browsers ignore it."""
    time = day = month = year = None
    for token in _DELIMITERS.split(text):
        if time is None and (match := _TIME.match(token)):
            time = tuple(map(int, match.groups()))
        elif day is None and (match := _DAY.match(token)):
            day = int(match[1])
        elif month is None and token[:3].lower() in _MONTHS:
            month = _MONTHS.index(token[:3].lower()) + 1
        elif year is None and (match := _YEAR.match(token)):
            year = int(match[1])
    if time is None or day is None or month is None or year is None:
        return None
    if year < 100:
        year += 1900 if year >= 70 else 2000
    hour, minute, second = time
    if year < 1601 or hour > 23 or minute > 59 or second > 59:
        return None
    try:
        date(year, month, day)
    except ValueError:
        return None
    return timegm((year, month, day, hour, minute, second))


def cookie_date(seconds: float) -> str:
    """Unix seconds from 0 to `LATEST` as an IMF-fixdate (RFC 9110, section 5.6.7): `Thu, 01 Jan 1970 00:00:00 GMT`."""
    when = datetime.fromtimestamp(int(seconds), UTC)
    # Not strftime: its names of days and months are those of the locale.
    month = _MONTHS[when.month - 1].capitalize()
    return f"{_WEEKDAYS[when.weekday()]}, {when.day:02} {month} {when.year:04} {when:%H:%M:%S} GMT"
