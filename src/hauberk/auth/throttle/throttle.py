"""`Throttle`: who may try a password or a code now, and who has to wait."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from time import time
from typing import Final, Literal, final

from hauberk.auth.throttle.attempt import Attempt, By
from hauberk.auth.throttle.backoff import Backoff
from hauberk.auth.throttle.counting import Counting
from hauberk.auth.throttle.devices import SKEW, Mark, Marks
from hauberk.auth.throttle.names import Names, folded
from hauberk.core.errors import ConfigurationError
from hauberk.core.log import decision
from hauberk.core.options import one_of, seconds, whole
from hauberk.core.plan import run_inline
from hauberk.core.store import Limit, Store
from hauberk.crypto.secrets import Secrets
from hauberk.crypto.signing import Signer
from hauberk.wire.forwarded import network_of

REFUSED_WAIT: Final = 5
"""Seconds after which to come again while the store is away and nobody passes without it."""
GUESSING: Final = Backoff(free=5, first=15, longest=900)
"""Some nine guesses in the first quarter of an hour, then four an hour."""
OWN: Final = Backoff(free=10, first=15, longest=900)
NETWORK: Final = Backoff(free=30, first=2, longest=8)
EVERYONE: Final = Backoff(free=1_000, first=0.05, longest=0.05)
CODES: Final = Backoff(free=10, first=60, longest=3_600)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """How often logins may be tried: per account, per network, per pair of both, and by everyone together.

    `attempt = await throttle.check(account, address)` before the password is hashed; then `.failed()` or
    `.succeeded()`. An attempt is counted when it begins, in one atomic call, so many at once gain nothing.
    Protects from guessing (CWE-307), from lists of stolen passwords tried from many addresses, and from locking
    others out (CWE-645): whoever logged in here before, with this device or from this network, has counters of his own.
    """

    store: Store = field(repr=False)
    secrets: Secrets = field(repr=False)
    """Signs the marks of known devices, and hides names in the store."""
    account: Backoff | None = GUESSING
    """Attempts on one account by those whom it does not know."""
    network: Backoff | None = NETWORK
    """Attempts from one address (IPv6: /64), on whatever account, by those whom the account does not know."""
    pair: Backoff | None = GUESSING
    """Attempts on one account from one network. After a login from there it is known, and stands for the account."""
    device: Backoff = OWN
    """Attempts on one account with the mark of a known device."""
    everyone: Backoff | None = EVERYONE
    """All attempts by those whom the account does not know."""
    codes: Backoff = CODES
    """Codes of a second factor for one account, over all its logins."""
    codes_per_login: int = 5
    """Wrong codes after which a login is void and begins again with the password."""
    remember: timedelta | int = timedelta(days=90)
    """How long a device or a network is known after its last login."""
    login_lifetime: timedelta | int = timedelta(minutes=10)
    """How long a login may wait for its second factor."""
    on_store_error: Literal["local", "refuse"] = "local"
    """What counts while the store is away: `local`, this process alone; `refuse`, nobody passes (503)."""
    clock: Callable[[], float] = field(default=time, repr=False, compare=False)
    """For the age of marks; the waits go by the store's clock."""
    _names: Names = field(init=False, repr=False, compare=False)
    _devices: Marks = field(init=False, repr=False, compare=False)
    _logins: Marks = field(init=False, repr=False, compare=False)
    _counting: Counting = field(init=False, repr=False, compare=False)
    _blocking: Counting = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.store, Store):
            raise ConfigurationError("Throttle.store", self.store, "is no Store", "write open_store('memory://')")
        if not isinstance(self.secrets, Secrets):
            raise ConfigurationError("Throttle.secrets", "(hidden)", "is no Secrets", "write Secrets.of(...)")
        for name in ("account", "network", "pair", "device", "everyone", "codes"):
            value = getattr(self, name)
            if not isinstance(value, Backoff) and not (value is None and name not in {"device", "codes"}):
                fix = "write Backoff(free=5, first=15, longest=900)"
                raise ConfigurationError(f"Throttle.{name}", value, "is no Backoff", fix)
        if self.account is None and self.pair is None:
            raise ConfigurationError("Throttle.pair", None, "is off, and so is account: nothing limits guessing")
        whole("Throttle.codes_per_login", self.codes_per_login, least=1, unit="codes")
        one_of("Throttle.on_store_error", self.on_store_error, ("local", "refuse"))
        made = object.__setattr__
        for name in ("remember", "login_lifetime"):
            made(self, name, max(1, seconds(f"Throttle.{name}", getattr(self, name))))
        signer = Signer(self.secrets.keys("throttle mark"))
        made(self, "_names", Names(self.secrets.keys("throttle name")[0]))
        made(self, "_devices", Marks(signer, "device", seconds("Throttle.remember", self.remember)))
        made(self, "_logins", Marks(signer, "login", seconds("Throttle.login_lifetime", self.login_lifetime)))
        counting = Counting(self.store, refuse=self.on_store_error == "refuse")
        made(self, "_counting", counting)
        made(self, "_blocking", counting.blocking())

    async def check(self, account: str, address: str, device: str = "") -> Attempt:
        """Whether this login may be tried now; counts it if so.

        `account` is what was typed, whether or not there is such an account; `address` the client's, as a trusted
        proxy tells it; `device` the cookie that an earlier `succeeded` gave. Never raises for what a client sent.
        """
        return await self._check(self._counting, account, address, device)

    def check_sync(self, account: str, address: str, device: str = "") -> Attempt:
        """`check`, for code without an event loop."""
        return run_inline(self._check(self._blocking, account, address, device))

    def begin_second_factor(self, account: str) -> str:
        """A signed text that stands for a login whose password was right and whose second factor is still to come.

        Keep it in the session, or give it to the client; `check_code` asks for it.
        """
        return self._logins.make(self._names.of("account", folded(account)), self.clock())

    async def check_code(self, login: str, account: str) -> Attempt:
        """Whether a code may be tried in this login. After `codes_per_login`, or once it is too old, it is `void`."""
        return await self._check_code(self._counting, login, account)

    def check_code_sync(self, login: str, account: str) -> Attempt:
        """`check_code`, for code without an event loop."""
        return run_inline(self._check_code(self._blocking, login, account))

    async def _check(self, counting: Counting, account: str, address: str, device: str) -> Attempt:
        name, network = folded(account), network_of(address)
        who = _Who(self._names.of("account", name), self._names.of("network", network), address, device)
        pair = f"throttle:pair:{self._names.of('pair', name, network)}"
        known = f"throttle:known:{self._names.of('pair', name, network)}"
        mark = self._devices.first(device, who.account, self.clock()) if device else None
        if mark is not None:
            own = self.device.limits(f"throttle:device:{mark.id}")
            return await self._try(counting, [("device", own)], who, reset=own, known=known, mark=mark)
        charged = self._strangers(who, pair)
        reset = [limit for by, limits in charged if by in {"account", "pair"} for limit in limits]
        attempt = await self._try(counting, charged, who, reset=reset, known=known)
        if attempt.by not in {"account", "everyone", "network"} or self.pair is None:
            return attempt
        if await counting.get(known) is None:
            return attempt
        # Somebody logged in from there before: what strangers do elsewhere is not held against him.
        own = self.pair.limits(pair)
        return await self._try(counting, [("pair", own)], who, reset=own, known=known)

    def _strangers(self, who: _Who, pair: str) -> list[tuple[By, list[Limit]]]:
        kinds: tuple[tuple[By, Backoff | None, str], ...] = (
            ("account", self.account, f"throttle:account:{who.account}"),
            ("pair", self.pair, pair),
            ("network", self.network, f"throttle:network:{who.network}"),
            ("everyone", self.everyone, "throttle:everyone"),
        )
        return [(by, backoff.limits(key)) for by, backoff, key in kinds if backoff is not None]

    async def _try(
        self,
        counting: Counting,
        charged: Sequence[tuple[By, Sequence[Limit]]],
        who: _Who,
        *,
        reset: Sequence[Limit],
        known: str = "",
        mark: Mark | None = None,
    ) -> Attempt:
        by, wait = await counting.charge(charged)
        if by:
            decision("login-throttled", by=by, account=who.account[:12], client=who.address[:64], retry_after=wait)
            return Attempt(allowed=False, retry_after=wait or REFUSED_WAIT, by=by)
        outcome = _Outcome(self, who, reset, known, mark)
        return _attempt(partial(outcome.tell, counting), partial(outcome.tell, self._blocking))

    async def _check_code(self, counting: Counting, login: str, account: str) -> Attempt:
        name = self._names.of("account", folded(account))
        mark = self._logins.read(login, name, self.clock())
        if mark is None:
            decision("login-void", account=name[:12], reason="too old, or not ours")
            return Attempt(allowed=False, by="login")
        key, life = f"throttle:login:{mark.id}", float(seconds("", self.login_lifetime)) + SKEW + 60
        number = await counting.increment(key, 1, life)
        if number is None:
            return Attempt(allowed=False, retry_after=REFUSED_WAIT, by="store")
        if number > self.codes_per_login:
            decision("login-void", account=name[:12], reason="too many codes")
            return Attempt(allowed=False, by="login")
        limits = self.codes.limits(f"throttle:code:{name}")
        by, wait = await counting.charge([("code", limits)])
        if by:
            decision("code-throttled", by=by, account=name[:12], retry_after=wait)
            return Attempt(allowed=False, retry_after=wait or REFUSED_WAIT, by=by)

        async def tell(counting: Counting, right: bool) -> str:
            if right:
                # Once it served, a login serves no second time.
                await counting.increment(key, self.codes_per_login, life)
                await counting.forget(limits)
            else:
                decision("code-failed", level=logging.INFO, account=name[:12])
            return ""

        return _attempt(partial(tell, counting), partial(tell, self._blocking))


@dataclass(frozen=True, slots=True)
class _Who:
    account: str
    network: str
    address: str
    device: str


@dataclass(frozen=True, slots=True)
class _Outcome:
    throttle: Throttle
    who: _Who
    reset: Sequence[Limit]
    known: str
    mark: Mark | None

    async def tell(self, counting: Counting, right: bool) -> str:
        account = self.who.account
        if not right:
            decision("login-failed", level=logging.INFO, account=account[:12], client=self.who.address[:64])
            return ""
        throttle = self.throttle
        await counting.forget(self.reset)
        if throttle.pair is not None:
            await counting.set(self.known, b"1", float(seconds("", throttle.remember)))
        new = throttle._devices.make(account, throttle.clock(), self.mark.id if self.mark else "")
        return throttle._devices.joined(new, self.who.device, self.mark.text if self.mark else "")


def _attempt(done: Callable[[bool], Awaitable[str]], inline: Callable[[bool], Awaitable[str]]) -> Attempt:
    async def told(right: bool) -> str:
        return await inline(right)

    return Attempt(allowed=True, _done=done, _done_sync=lambda right: run_inline(told(right)))
