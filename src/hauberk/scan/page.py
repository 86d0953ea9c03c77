"""What a passive check is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Protocol

from hauberk.core.finding import Rule, Severity
from hauberk.scan.messages import Pairs, Request, Response
from hauberk.scan.surface import Operation
from hauberk.wire import csp
from hauberk.wire.set_cookie import SetCookie


def policies(response: Response) -> list[csp.Policy]:
    """Every Content-Security-Policy that a browser enforces on this answer."""
    return [policy for field in response.all("content-security-policy") for policy in csp.parse(field)]


Looked = tuple[int, Pairs, bytes, str, Pairs, bytes, str, bool]
"""Everything of a page that passive checks may look at."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """An answer to an ordinary request."""

    operation: Operation
    request: Request
    response: Response
    scheme: str = "https"

    @cached_property
    def csp(self) -> list[csp.Policy]:
        """Every enforced policy."""
        return policies(self.response)

    @cached_property
    def cookies(self) -> tuple[SetCookie, ...]:
        """What the answer sets; a cookie that it takes away is none."""
        found = (SetCookie.parse(line) for line in self.response.all("set-cookie"))
        return tuple(
            c for c in found if c.value.strip('"') and (c.attribute("max-age") or "1").strip() not in {"0", "-1"}
        )

    @property
    def looked(self) -> Looked:
        """What its judgement rests on. Two pages that are equal in it are judged alike, whatever their addresses are.

        A check that looks at more of a page than this has to add it here.
        """
        said, asked = self.response, self.request
        ends = self.operation.path.endswith(".map")
        method = self.operation.method
        return said.status, said.headers, said.body, self.scheme, asked.headers, asked.body, method, ends

    @property
    def is_document(self) -> bool:
        """Whether a browser shows it as a page of the application: HTML that is no redirect."""
        return self.response.is_html and bool(self.response.body) and not 300 <= self.response.status < 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a passive check saw on one page."""

    fault: str = ""
    """In words; empty if the page is as it should be."""
    severity: Severity | None = None
    """Where it is not the rule's."""


FINE = Seen()
Judge = Callable[[Page], Seen | None]
"""None: the check has nothing to say about such a page."""


class PassiveCheck(Protocol):
    """A module in `checks/passive`."""

    @property
    def RULE(self) -> Rule:
        """What it judges."""

    def judge(self, page: Page) -> Seen | None:
        """What is wrong with the page; None if the check does not concern it."""


@dataclass(frozen=True)
class _Module:
    RULE: Rule
    judge: Judge


def checks(*modules: ModuleType) -> tuple[PassiveCheck, ...]:
    """Modules as checks; a module that lacks a part is a programming error and raises AttributeError."""
    return tuple(_Module(module.RULE, module.judge) for module in modules)


SESSION_WORDS = ("sess", "sid", "auth", "token", "jwt", "login", "remember", "user", "identity")


def is_session(cookie: SetCookie) -> bool:
    """Whether the cookie looks like one that says who you are: by its name.

    Anti-forgery tokens that scripts must read are not.
    """
    name = cookie.name.lower()
    if "csrf" in name or "xsrf" in name:
        return False
    return any(word in name for word in SESSION_WORDS)
