"""What each Set-Cookie field lacks, worked out once for each name and its attributes."""

from __future__ import annotations

import re

from hauberk.core.exchange import Exchange
from hauberk.core.log import decision
from hauberk.shield.cookies.rename import PREFIX
from hauberk.wire.cookie import BLANK, CookieError
from hauberk.wire.cookie_build import MOST_PAIR, dropped_because
from hauberk.wire.cookie_storage import domain_matches
from hauberk.wire.set_cookie import SetCookie

SAME_SITE = ("lax", "strict", "none")
MOST_KNOWN = 512
"""How many results are remembered; an application has a few cookies, but may write a new date into each."""
_LINE_END = re.compile(r"[\r\n\0]")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

_TRAILING = "; \t"

Known = tuple[str, str, str, str | None]
"""The attributes to add; why browsers drop the cookie all the same; its Domain; the attributes to write instead."""


class Hardener:
    """Options in the form in which they are asked for, and what was found so far."""

    __slots__ = (
        "_always",
        "_known",
        "_partitioned",
        "_prefixed",
        "_raises",
        "_readable",
        "_said",
        "_same_site",
        "_simple",
    )

    def __init__(
        self,
        *,
        readable: frozenset[str],
        same_site: str,
        host_prefix: frozenset[str],
        partitioned: frozenset[str],
        always_secure: bool,
        raises: bool,
    ) -> None:
        self._readable, self._prefixed, self._partitioned = readable, host_prefix, partitioned
        self._same_site = f"; SameSite={same_site.capitalize()}"
        self._always, self._raises = always_secure, raises
        self._known: dict[tuple[str, str, bool], Known] = {}
        self._simple: dict[tuple[str, str, bool], str] = {}
        """Of what is known, where attributes have only to be added."""
        self._said: set[tuple[str, str]] = set()

    def harden_for(self, ex: Exchange, line: str) -> str:
        """One field of the response to this request."""
        secure = self._always or ex.scheme == "https"
        pair, semicolon, tail = line.partition(";")
        name, equals, _ = pair.partition("=")
        added = self._simple.get((name, tail, secure))
        # As nearly always: attributes that were seen before, and nothing in it that ends a field.
        if added is not None and semicolon and equals and len(pair) <= MOST_PAIR and line.isprintable():
            return line + added if line[-1] not in _TRAILING else line.rstrip(_TRAILING) + added
        return self.harden(line, secure, ex)

    def harden(self, line: str, secure: bool, ex: Exchange | None = None) -> str:
        """One field with what it lacked."""
        if not line.isprintable() and _CONTROL.search(line):
            line = self._without_controls(line)
        pair, _, tail = line.partition(";")
        name, equals, value = pair.partition("=")
        added = self._simple.get((name, tail, secure))
        if added is not None and equals and len(pair) <= MOST_PAIR:
            return line.rstrip(_TRAILING) + added if added else line
        if not equals:
            # Its only text is the value: nothing to remember.
            name, value = "", pair
        return self._harden_closely(line, name, value, tail, secure, ex)

    def _harden_closely(self, line: str, name: str, value: str, tail: str, secure: bool, ex: Exchange | None) -> str:
        """The same for what was not seen before, has a date, or may be dropped by browsers."""
        undated = _undated(tail)
        key = (name, undated, secure)
        known = self._known.get(key)
        if known is None:
            known = self._look(name, value, tail, secure)
            if name:
                self._remember(key, known)
        added, problem, domain, host_only = known
        if len(name.strip(BLANK)) + len(value.strip(BLANK)) > MOST_PAIR:
            problem = f"name and value have more than {MOST_PAIR:,} octets"
        if domain and ex is not None and not domain_matches(_host(ex), domain):
            problem = f"its Domain, {domain}, is not the host that was asked, nor above it"
        if problem:
            self._say(name.strip(BLANK), problem)
        if host_only is not None:
            # Only its date may differ from what was seen before.
            line = (
                f"{PREFIX}{name.strip(BLANK)}={value.strip(BLANK)}{_host_only(tail) if undated != tail else host_only}"
            )
        return line.rstrip(_TRAILING) + added if added else line

    def _look(self, raw_name: str, value: str, tail: str, secure: bool) -> Known:
        name = raw_name.strip(BLANK)
        host_only = _host_only(tail) if secure and name in self._prefixed else None
        if host_only is not None:
            cookie = SetCookie.parse(f"{PREFIX}{name}={host_only}")
        else:
            cookie = SetCookie.parse(f"{raw_name}=;{tail}" if name else f"{value};{tail}")
        added = self._added(name, cookie, secure)
        hardened = SetCookie(cookie.name, cookie.value, cookie.attributes + SetCookie.parse(added).attributes)
        domain = (hardened.attribute("domain") or "").removeprefix(".").lower()
        return added, dropped_because(hardened), domain, host_only

    def _added(self, name: str, cookie: SetCookie, secure: bool) -> str:
        same_site = (cookie.attribute("samesite") or "").lower()
        partitioned = name in self._partitioned and cookie.attribute("partitioned") is None
        needs_secure = (
            same_site == "none"
            or partitioned
            or cookie.attribute("partitioned") is not None
            or cookie.name.lower().startswith(("__host-", "__secure-", "__http-"))
        )
        added = ""
        if (secure or needs_secure) and cookie.attribute("secure") is None:
            added += "; Secure"
        if cookie.attribute("httponly") is None and name not in self._readable:
            added += "; HttpOnly"
        if same_site not in SAME_SITE:
            added += self._same_site
        return added + "; Partitioned" * partitioned

    def _remember(self, key: tuple[str, str, bool], known: Known) -> None:
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
            self._simple.clear()
        self._known[key] = known
        added, problem, domain, host_only = known
        if not problem and not domain and host_only is None:
            self._simple[key] = added

    def _without_controls(self, line: str) -> str:
        """What stands before the first end of a line: to some servers the rest is a field of its own (CWE-113)."""
        name, equals, _ = line.partition("=")
        self._say(name[:100] if equals else "", "it holds control characters")
        return _LINE_END.split(line, maxsplit=1)[0]

    def _say(self, name: str, problem: str) -> None:
        if self._raises:
            raise CookieError("Set-Cookie", f"{name or 'a cookie without a name'}: {problem}")
        if (name, problem) not in self._said and len(self._said) < MOST_KNOWN:
            self._said.add((name, problem))
            decision("cookie-dropped-by-browsers", name=name, why=problem)


def _host(ex: Exchange) -> str:
    """The host that was asked, without its port."""
    host = ex.header("host").lower()
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _undated(tail: str) -> str:
    """Attributes without the date of Expires, which is new every second and changes nothing here."""
    at = tail.find("xpires=")
    if at < 2 or tail[at - 2 : at] not in {" e", " E"} or tail[: at - 2].rstrip(BLANK)[-1:] not in {"", ";"}:
        return tail
    end = tail.find(";", at)
    return tail[:at] if end < 0 else tail[:at] + tail[end:]


def _host_only(tail: str) -> str:
    """Attributes as browsers want them with the prefix: for the whole of this very host."""
    attributes = SetCookie.parse(f"=;{tail}").attributes
    kept = [(key, value) for key, value in attributes if key.lower() not in {"domain", "path", ""}]
    return "".join(f"; {key}={value}" if value else f"; {key}" for key, value in kept) + "; Path=/"
