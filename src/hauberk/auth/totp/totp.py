"""`TOTP`: enrol an authenticator app, and take each of its codes once."""

from __future__ import annotations

from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from secrets import token_bytes
from time import time
from typing import Final, final
from urllib.parse import quote

from hauberk.auth.totp.codes import ALGORITHMS, Algorithm, match_step, read_secret
from hauberk.auth.totp.image import svg_of
from hauberk.core.errors import ConfigurationError, UnsealError
from hauberk.core.log import decision
from hauberk.core.options import one_of, whole, word
from hauberk.core.plan import run_inline
from hauberk.core.store import Store
from hauberk.crypto.framing import framed
from hauberk.crypto.sealing import Sealer
from hauberk.crypto.secrets import Secrets

SECRET: Final = 20
"""Octets of a new secret: 160 bits (RFC 4226, section 4, R6)."""
WIDEST: Final = 10


@final
@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a user gets once, and what to store once he has shown a right code."""

    stored: str
    """The secret, sealed for this user: goes into the table."""
    secret: str = field(repr=False)
    """In Base32, for those who cannot scan. Show it, never store it."""
    uri: str = field(repr=False)
    """`otpauth://totp/...`, as apps read it."""

    def svg(self) -> str:
        """The URI as a QR image, without a script, a style or a link to elsewhere. Needs the extra `totp`."""
        return svg_of(self.uri)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class TOTP:
    """Time-based one-time codes (RFC 6238) with secrets that are sealed at rest and codes that serve once.

    Protects from stolen passwords (CWE-308), from a stolen table (CWE-312) and from codes used again (CWE-294). Does
    not protect from a page that asks for password and code and passes both on: passkeys do. Does not limit guessing:
    ask `Throttle.check_code` before.
    """

    issuer: str
    """What the app shows beside the account: your service's name, without a colon."""
    secrets: Secrets = field(repr=False)
    """Seals the users' secrets. Keep it apart from their table."""
    store: Store = field(repr=False)
    """Remembers which codes were used, as long as they would count."""
    digits: int = 6
    period: int = 30
    """Seconds for which a code is shown."""
    algorithm: Algorithm = "SHA1"
    """Some apps ignore any other and show wrong codes; HMAC with SHA-1 is sound here (RFC 6238, section 1.2)."""
    window: int = 1
    """Periods by which a user's clock may differ, to either side."""
    clock: Callable[[], float] = field(default=time, repr=False, compare=False)
    _sealer: Sealer = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        issuer = word("TOTP.issuer", self.issuer)
        if not issuer.strip() or ":" in issuer:
            raise ConfigurationError("TOTP.issuer", issuer, "is empty or holds a colon", "write 'Example Shop'")
        if not isinstance(self.secrets, Secrets):
            raise ConfigurationError("TOTP.secrets", "(hidden)", "is no Secrets", "write Secrets.of(...)")
        if not isinstance(self.store, Store):
            raise ConfigurationError("TOTP.store", self.store, "is no Store", "write open_store('memory://')")
        if whole("TOTP.digits", self.digits, least=6, unit="digits") > 8:
            raise ConfigurationError("TOTP.digits", self.digits, "is more than apps show", "write 6 or 8")
        whole("TOTP.period", self.period, least=15, unit="seconds")
        one_of("TOTP.algorithm", self.algorithm, ALGORITHMS)
        if whole("TOTP.window", self.window, least=0, unit="periods") > WIDEST:
            raise ConfigurationError("TOTP.window", self.window, "makes guessing easy", "write 1")
        object.__setattr__(self, "_sealer", Sealer(self.secrets.keys("totp")))

    def enrol(self, user: str, account: str) -> Enrolment:
        """A new secret. `user` is the id that it is bound to, `account` the name that the app shows.

        Store it only when `verify` has accepted a first code: else a failed scan locks the user out.
        """
        secret = token_bytes(SECRET)
        text = b32encode(secret).decode().rstrip("=")
        label = f"{quote(self.issuer, safe='')}:{quote(account, safe='@')}"
        uri = f"otpauth://totp/{label}?secret={text}&issuer={quote(self.issuer, safe='')}"
        uri += f"&algorithm={self.algorithm}&digits={self.digits}&period={self.period}"
        return Enrolment(self._seal(secret, user), text, uri)

    def take_over(self, user: str, secret: str) -> str:
        """What to store for a secret in Base32 that another system gave out. Raises SecretTextError."""
        return self._seal(read_secret(secret), user)

    async def verify(self, user: str, stored: str, code: str) -> bool:
        """Whether it is a code that counts now and was not used before; it is used up then.

        Raises UnsealError for a stored secret that is not this user's or under none of the secrets, and StoreError
        where it cannot be known whether a code was used before: answer 503, and let nobody through.
        """
        secret = self._open(stored, user)
        now = self.clock()
        step = match_step(
            secret, code, now, window=self.window, period=self.period, digits=self.digits, algorithm=self.algorithm
        )
        if step is None:
            return False
        # The secret is part of the name: after a new enrolment the same step is another code.
        name = f"totp:{sha256(framed(user.encode('utf-8', 'surrogatepass'), secret)).hexdigest()[:32]}:"
        life = float(self.period * (2 * self.window + 2))
        for later in range(step + 1, int(now // self.period) + self.window + 1):
            if await self.store.get(f"{name}{later}") is not None:
                return self._replayed(step, later)
        if not await self.store.add(f"{name}{step}", b"", life):
            return self._replayed(step, step)
        return True

    def verify_sync(self, user: str, stored: str, code: str) -> bool:
        """`verify`, for code without an event loop."""
        blocking = replace(self, store=self.store.blocking()) if self.store.waits else self
        return run_inline(blocking.verify(user, stored, code))

    def needs_reseal(self, stored: str) -> bool:
        """Whether it is under an older secret, and `reseal` should replace it."""
        return self._sealer.sealed_with_old_key(_octets(stored))

    def reseal(self, user: str, stored: str) -> str:
        """The same secret under the first of `secrets`. Raises UnsealError."""
        return self._seal(self._open(stored, user), user)

    def _replayed(self, step: int, last: int) -> bool:
        decision("totp-replayed", steps_back=last - step)
        return False

    def _seal(self, secret: bytes, user: str) -> str:
        return urlsafe_b64encode(self._sealer.seal(secret, _context(user))).decode()

    def _open(self, stored: str, user: str) -> bytes:
        return self._sealer.open(_octets(stored), _context(user))


def _context(user: str) -> bytes:
    return framed(b"totp", user.encode("utf-8", "surrogatepass"))


def _octets(stored: str) -> bytes:
    try:
        return urlsafe_b64decode(stored.encode("ascii"))
    except (Base64Error, ValueError):
        raise UnsealError from None
