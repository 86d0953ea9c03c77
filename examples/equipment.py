"""What the examples take from hauberk, made once when the site starts: one value that all handlers share."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from examples.accounts import Accounts
from hauberk import (
    HTTPS,
    TOTP,
    Hosts,
    KeyRing,
    Limits,
    Passkeys,
    PasswordPolicy,
    Passwords,
    Policy,
    Rate,
    RecoveryCodes,
    Refreshing,
    Secrets,
    Sessions,
    Throttle,
    Tokens,
)
from hauberk.core.store import Store
from hauberk.stores import open_store

NAME = "Hauberk example"
SCOPE = "profile"
"""What the examples' access tokens are good for."""
REGISTRATIONS = Rate(limit="10/minute", paths=("/register",), methods=frozenset({"POST"}), name="register")
"""Each hashes a password, and nothing else slows them down. Logins have a throttle of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """Users, and all that guards them."""

    host: str
    """The name in the address, and the only one that is answered."""
    store: Store = field(repr=False)
    """Sessions, attempts, codes, challenges and tokens; one for everything."""
    accounts: Accounts
    password_policy: PasswordPolicy
    passwords: Passwords
    throttle: Throttle
    sessions: Sessions
    totp: TOTP
    recovery: RecoveryCodes
    passkeys: Passkeys
    tokens: Tokens = field(repr=False)

    @property
    def policy(self) -> Policy:
        """What the application is protected by, in one line: `hauberk.protect(app, own.policy)`."""
        return Policy.recommended().replace(
            https=HTTPS(),
            hosts=Hosts(allow=(self.host,)),
            sessions=self.sessions,
            tokens=self.tokens,
            limits=Limits(rates=(REGISTRATIONS,), store=self.store),
        )

    @classmethod
    def of(cls, folder: Path, secrets: Secrets, origin: str = "http://localhost:8000") -> Equipment:
        """With both databases in `folder`; `origin` is the address that browsers show, for passkeys and tokens."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        host = urlsplit(origin).hostname or ""
        store = open_store(f"sqlite:///{folder.resolve() / 'hauberk.db'}")
        # 15 characters, as the password may be all there is. A site of yours adds a list of breached ones.
        policy = PasswordPolicy(words=frozenset({"hauberk", "example"}))
        return cls(
            host=host,
            store=store,
            accounts=Accounts(folder / "accounts.db"),
            password_policy=policy,
            passwords=Passwords(policy=policy),
            throttle=Throttle(store=store, secrets=secrets),
            sessions=Sessions(store=store),
            totp=TOTP(issuer=NAME, secrets=secrets, store=store),
            recovery=RecoveryCodes(secrets=secrets, store=store),
            passkeys=Passkeys(rp_id=host, rp_name=NAME, origins=(origin,), store=store),
            tokens=Tokens(
                issuer=origin,
                audience=f"{origin}/api",
                keys=signing_keys(secrets),
                store=store,
                refreshing=Refreshing(end_access=True),
            ),
        )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Equipment:
        """By HAUBERK_SECRET, which has to be kept, and EXAMPLE_FOLDER and EXAMPLE_ORIGIN, which may be left out."""
        folder = Path(environ.get("EXAMPLE_FOLDER", "example-data"))
        origin = environ.get("EXAMPLE_ORIGIN", "http://localhost:8000")
        return cls.of(folder, Secrets.from_environ(environ), origin)


def signing_keys(secrets: Secrets) -> KeyRing:
    """Keys for access tokens that this site alone verifies: shared ones will do, and all workers have the same.

    Where another service is to verify them, take `KeyRing.generate("EdDSA")` and publish it with `hauberk.jwks_route`.
    """
    keys = [urlsafe_b64encode(key).decode().rstrip("=") for key in secrets.keys("access token")]
    return KeyRing.from_jwks({"keys": [{"kty": "oct", "alg": "HS256", "k": key} for key in keys]})
