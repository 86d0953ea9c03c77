"""`CSRF`: the policy's field."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from hauberk.core.equipment import Equipment, Keys
from hauberk.core.errors import ConfigurationError
from hauberk.core.exchange import Exchange, Reply
from hauberk.core.log import decision
from hauberk.core.options import flag, one_of, whole, word, words
from hauberk.core.plan import Steps
from hauberk.shield.csrf.issue import Tokens
from hauberk.shield.csrf.signals import SILENT, Signal, Trusts, judge
from hauberk.shield.csrf.tokens import ANYWHERE, action, fits
from hauberk.shield.csrf.trusted import trusted_origins
from hauberk.shield.exempt import Exempt, Exemptions, check_exemptions
from hauberk.wire.form_field import MULTIPART, URLENCODED, field_values, media_type

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""RFC 9110, section 9.2.1; to the letter, as methods are case-sensitive."""
PURPOSE = "csrf"

Mode = Literal["headers", "strict"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CSRF:
    """Refuses requests that another site's page sends with the user's cookies (CWE-352).

    The request's own fields decide: Sec-Fetch-Site, Origin, Referer, in this order. All browsers since 2020 send at
    least one of them with every unsafe request, so no token is needed, no page has to change, and nothing goes stale.
    `strict` asks for a token where none of them was sent.
    """

    trusted_origins: tuple[str, ...] = ()
    """Origins whose pages may send such requests, as `https://app.example` or `https://*.example.com`."""
    exempt: tuple[Exempt, ...] = ()
    """Paths that are not checked, each with its reason."""
    mode: Mode = "headers"
    """What becomes of a request without any of the fields, which no browser of this decade sends: `headers` lets it
    pass (programs, webhooks), `strict` wants a valid token with it."""
    per_form: bool = False
    """Whether a token made for one form (`csrf_token(request, action=...)`) is the only kind that is taken."""
    header: str = "x-csrf-token"
    """The request field that carries a token from scripts."""
    field: str = "csrf_token"
    """The name of the hidden field that carries a token in a form. A token in the query is never taken."""
    cookie: str = "csrf"
    """Ties tokens to visitors who have no session; over https it is sent as `__Host-csrf`."""
    max_body: int = 2_621_440
    """How much of a form is read to find a token, in octets; only where no header decides."""
    explain: bool = False
    """Whether the refusal says which check failed, for development; the log says it always."""
    keys: tuple[bytes, ...] = dataclasses.field(default=(), repr=False)
    """Keys of tokens: the first makes them, all verify. Taken from the application's secrets where none is given."""
    derive: Keys | None = dataclasses.field(default=None, repr=False, compare=False)
    """How keys are derived, given by the policy. Asked for the first token, so that who needs none needs no secret."""

    def __post_init__(self) -> None:
        one_of("CSRF.mode", self.mode, ("headers", "strict"))
        for name in ("per_form", "explain"):
            flag(f"CSRF.{name}", getattr(self, name))
        object.__setattr__(self, "trusted_origins", words("CSRF.trusted_origins", self.trusted_origins))
        trusted_origins("CSRF.trusted_origins", self.trusted_origins)
        check_exemptions("CSRF.exempt", self.exempt, "/hooks/")
        for name in ("header", "field", "cookie"):
            value = word(f"CSRF.{name}", getattr(self, name))
            if not value.replace("-", "").replace("_", "").isalnum():
                raise ConfigurationError(f"CSRF.{name}", value, "is not a name of letters, digits, - and _")
        object.__setattr__(self, "header", self.header.lower())
        if self.cookie.lower().startswith(("__host-", "__secure-")):
            raise ConfigurationError("CSRF.cookie", self.cookie, "has its prefix already", "give the name without it")
        whole("CSRF.max_body", self.max_body, least=1024, unit="octets")
        keys: tuple[object, ...] = self.keys
        if not all(isinstance(key, bytes) and len(key) >= 32 for key in keys):
            raise ConfigurationError(
                "CSRF.keys", "...", "has a key that is no bytes of 32 octets or more", "run `hauberk secret`"
            )

    def equip(self, equipment: Equipment) -> Self:
        """With keys of the application's secrets, and with the origins that CORS trusts with credentials."""
        cors = equipment.feature("cors")
        more = tuple(cors.origins) if cors is not None and cors.credentials else ()
        origins = tuple(dict.fromkeys((*self.trusted_origins, *more)))
        return replace(self, derive=equipment.keys, trusted_origins=origins)

    def steps(self) -> Steps:
        """The check before the application, and the tokens it may ask for."""
        checker = Checker(self)
        if self.mode == "strict":
            return Steps(on_request=checker.begin, load=checker.check_with_token)
        return Steps(on_request=checker.check, reads=frozenset({"host", "sec-fetch-site", "origin"}))


class Checker:
    """A `CSRF` with everything worked out that can be."""

    __slots__ = ("csrf", "exempt", "tokens", "trusts")

    def __init__(self, csrf: CSRF) -> None:
        self.csrf = csrf
        self.exempt = Exemptions(csrf.exempt)
        self.trusts: Trusts = trusted_origins("CSRF.trusted_origins", csrf.trusted_origins)
        self.tokens = Tokens(self.keys, cookie=csrf.cookie, field=csrf.field)
        if csrf.mode == "strict":
            self.keys()  # so that a secret which is no good is an error now

    def keys(self) -> tuple[bytes, ...]:
        """Keys of tokens; those that were given, else derived ones. Raises ConfigurationError where there are none."""
        if self.csrf.keys:
            return self.csrf.keys
        if self.csrf.derive is None:
            raise ConfigurationError("CSRF.keys", (), "is empty", "give a key of 32 octets, or take Policy.plan()")
        return self.csrf.derive(PURPOSE)

    def begin(self, ex: Exchange) -> Reply | None:
        """Let handlers and templates find the tokens; the check itself may have to wait for a body."""
        ex.csrf = self.tokens
        return None

    def check(self, ex: Exchange) -> Reply | None:
        """Judge by header fields alone."""
        ex.csrf = self.tokens
        if ex.method in SAFE_METHODS and not ex.websocket:
            return None
        signal = judge(ex, self.trusts)
        if signal.allowed is False and ex.path not in self.exempt:
            return self._refuse(ex, signal)
        return None

    async def check_with_token(self, ex: Exchange) -> Reply | None:
        """Judge by header fields, and by a token where they say nothing."""
        if (ex.method in SAFE_METHODS and not ex.websocket) or ex.path in self.exempt:
            return None
        signal = judge(ex, self.trusts)
        if signal.allowed is None:
            signal = await self._judge_token(ex)
        return None if signal.allowed else self._refuse(ex, signal)

    async def _judge_token(self, ex: Exchange) -> Signal:
        csrf = self.csrf
        binding = self.tokens.binding(ex)
        if binding is None:
            return Signal(False, f"{SILENT.why}, and neither a session nor its cookie came with it")
        given = [ex.header(csrf.header)] if ex.header(csrf.header) else []
        if not given and not ex.websocket and media_type(ex.header("content-type")) in {URLENCODED, MULTIPART}:
            body = await ex.read_body(csrf.max_body)
            if body is None:
                return Signal(False, f"the form is longer than CSRF.max_body={csrf.max_body}; send {csrf.header}")
            given = field_values(ex.header("content-type"), body, csrf.field)
        if not given:
            return Signal(False, f"{SILENT.why}, and no token in {csrf.header} or {csrf.field}")
        acts = [action(ex.method, ex.path)] + [ANYWHERE] * (not csrf.per_form)
        if any(fits(text.strip(), self.keys(), binding, acts) for text in given[:1]):
            return Signal(True, "the token is one of this session")
        return Signal(False, "the token is not one of this session, or not for this form")

    def _refuse(self, ex: Exchange, signal: Signal) -> Reply:
        decision(
            "csrf-refused",
            why=signal.why,
            method=ex.method,
            path=ex.path,
            origin=ex.header("origin")[:200],
            site=ex.header("sec-fetch-site")[:20],
        )
        return refusal(ex, signal.why if self.csrf.explain else "")


def refusal(ex: Exchange, why: str) -> Reply:
    """A page for people, problem details for programs; what failed is said only to developers."""
    if "text/html" in ex.header("accept"):
        page = _PAGE.replace("{why}", f"<p><code>{_escaped(why)}</code></p>" if why else "")
        return Reply(403, page.encode(), (("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store")))
    problem: dict[str, Any] = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": _DETAIL}
    if why:
        problem["why"] = why
    body = json.dumps(problem).encode()
    return Reply(403, body, (("content-type", "application/problem+json"), ("cache-control", "no-store")))


_DETAIL = "This request did not come from a page of this site. Go back, reload the page and try again."
_PAGE = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Forbidden</title>
<h1>Forbidden</h1>
<p>{_DETAIL}</p>
{{why}}
"""
_escaped: Callable[[str], str] = lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")  # noqa: E731
