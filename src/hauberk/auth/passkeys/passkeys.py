"""`Passkeys`: the ceremonies of WebAuthn, each challenge for one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from secrets import token_bytes, token_urlsafe
from typing import Any, Final, Literal, final

from hauberk.auth.passkeys.passkey import Passkey, PasskeyError, Reason, decoded, encoded
from hauberk.auth.passkeys.relying_party import check_origins, check_rp_id
from hauberk.auth.passkeys.response import AUTHENTICATION, REGISTRATION, Response
from hauberk.core.errors import ConfigurationError, MissingExtraError
from hauberk.core.log import decision
from hauberk.core.options import one_of, seconds, word
from hauberk.core.plan import run_inline
from hauberk.core.store import Store

CHALLENGE: Final = 32
LONGEST_HANDLE: Final = 64
"""Octets of a user handle (WebAuthn, section 5.4.3)."""
Kind = Literal["registration", "authentication"]
Given = str | bytes | Mapping[str, Any]


@final
@dataclass(frozen=True, slots=True)
class Ceremony:
    """What begins: the id stays with the session, the options go to the browser."""

    id: str = field(repr=False)
    """Keep it in the session of whoever asked (or in an HttpOnly cookie): it ties the answer to him."""
    options: str = field(repr=False)
    """JSON, for `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`."""


@final
@dataclass(frozen=True, slots=True)
class Login:
    """Who showed a passkey."""

    user: str
    passkey: Passkey
    """As it is now: store it in place of what was, for its counter."""
    user_verified: bool
    """Whether the device knew him by fingerprint, face or PIN: then this is two factors."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Passkeys:
    """Registration of passkeys and logins with them (W3C Web Authentication, level 3). Needs the extra `passkeys`.

    Protects from guessed, reused and phished passwords: the browser signs which site asked (CWE-308, CWE-1390).
    Challenges serve once and for a short time (CWE-294).
    """

    rp_id: str
    """The domain that passkeys are for, such as `shop.example`. They are lost when it changes."""
    rp_name: str
    """What the browser shows."""
    origins: tuple[str, ...]
    """Where the pages are: `https://shop.example`, and subdomains by name."""
    store: Store = field(repr=False)
    """Keeps challenges until they are answered."""
    user_verification: Literal["required", "preferred", "discouraged"] = "required"
    """Whether the device must know its user. `required` where a passkey stands for the password."""
    lifetime: timedelta | int = timedelta(minutes=5)
    """How long a ceremony may take."""

    def __post_init__(self) -> None:
        check_rp_id(self.rp_id)
        object.__setattr__(self, "origins", check_origins(self.origins, self.rp_id))
        if not word("Passkeys.rp_name", self.rp_name).strip():
            raise ConfigurationError("Passkeys.rp_name", self.rp_name, "is empty", "write 'Example Shop'")
        if not isinstance(self.store, Store):
            raise ConfigurationError("Passkeys.store", self.store, "is no Store", "write open_store('memory://')")
        one_of("Passkeys.user_verification", self.user_verification, ("required", "preferred", "discouraged"))
        if seconds("Passkeys.lifetime", self.lifetime) < 30:
            raise ConfigurationError("Passkeys.lifetime", self.lifetime, "is too short for people", "write 300")

    async def begin_registration(
        self, user: str, name: str, *, display_name: str = "", existing: Sequence[Passkey] = ()
    ) -> Ceremony:
        """Begin to make a passkey. `user` is an id that tells nothing of a person, `name` what he is known by.

        `existing` are those that he has: no device makes a second one.
        """
        handle = user.encode("utf-8", "surrogatepass")
        if not 1 <= len(handle) <= LONGEST_HANDLE:
            raise ConfigurationError("begin_registration(user=...)", user[:80], "has not 1 to 64 octets", "give an id")
        web = _webauthn()
        challenge = token_bytes(CHALLENGE)
        options = web.generate_registration_options(
            rp_id=self.rp_id,
            rp_name=self.rp_name,
            user_id=handle,
            user_name=name,
            user_display_name=display_name or name,
            challenge=challenge,
            timeout=1_000 * seconds("", self.lifetime),
            authenticator_selection=web.helpers.structs.AuthenticatorSelectionCriteria(
                resident_key=web.helpers.structs.ResidentKeyRequirement.REQUIRED,
                user_verification=web.helpers.structs.UserVerificationRequirement(self.user_verification),
            ),
            exclude_credentials=_descriptors(web, existing),
        )
        return await self._begin("registration", challenge, user, (), web.options_to_json(options))

    async def finish_registration(self, ceremony: str, user: str, response: Given) -> Passkey:
        """The passkey to store, if the answer is to this ceremony, by this user. Raises PasskeyError."""
        with _told("registration"):
            challenge, begun_by, _ = await self._take("registration", ceremony)
            if begun_by != user:
                raise PasskeyError("user", "somebody else began this")
            answer = Response.of(response, REGISTRATION)
            web = _webauthn()
            with _refusing(web):
                made = web.verify_registration_response(
                    credential=dict(answer.members),
                    expected_challenge=challenge,
                    expected_rp_id=self.rp_id,
                    expected_origin=list(self.origins),
                    require_user_verification=self.user_verification == "required",
                )
            if encoded(made.credential_id) != answer.id:
                raise PasskeyError("credential", "the id is not the one that was attested")
            return Passkey(
                id=answer.id,
                user=user,
                public_key=made.credential_public_key,
                counter=made.sign_count,
                synchronised=made.credential_device_type.value == "multi_device",
                transports=answer.transports,
                model=made.aaguid,
            )

    async def begin_login(self, allowed: Sequence[Passkey] = ()) -> Ceremony:
        """Begin a login. Without `allowed` the browser offers those it has, and nobody types a name."""
        web = _webauthn()
        challenge = token_bytes(CHALLENGE)
        options = web.generate_authentication_options(
            rp_id=self.rp_id,
            challenge=challenge,
            timeout=1_000 * seconds("", self.lifetime),
            allow_credentials=_descriptors(web, allowed),
            user_verification=web.helpers.structs.UserVerificationRequirement(self.user_verification),
        )
        known = [passkey.id for passkey in allowed]
        return await self._begin("authentication", challenge, "", known, web.options_to_json(options))

    @staticmethod
    def credential_id(response: Given) -> str:
        """Which passkey an answer is of: look it up, and give it to `finish_login`. Raises PasskeyError."""
        return Response.of(response, AUTHENTICATION).id

    async def finish_login(self, ceremony: str, response: Given, passkey: Passkey | None) -> Login:
        """Who it is, if the answer is to this ceremony and of this passkey; None if there is none of that id.

        Raises PasskeyError. The ceremony is over either way.
        """
        with _told("login"):
            challenge, _, allowed = await self._take("authentication", ceremony)
            answer = Response.of(response, AUTHENTICATION)
            if passkey is None or passkey.id != answer.id or (allowed and answer.id not in allowed):
                raise PasskeyError("credential", "it is none that was asked for")
            if answer.user_handle not in {None, passkey.user.encode("utf-8", "surrogatepass")}:
                raise PasskeyError("user", "it says that it is of somebody else")
            web = _webauthn()
            with _refusing(web):
                shown = web.verify_authentication_response(
                    credential=dict(answer.members),
                    expected_challenge=challenge,
                    expected_rp_id=self.rp_id,
                    expected_origin=list(self.origins),
                    credential_public_key=passkey.public_key,
                    credential_current_sign_count=0,  # looked at below, apart from all other faults
                    require_user_verification=self.user_verification == "required",
                )
            new = shown.new_sign_count
            # WebAuthn, section 7.2, step 22: only a copy counts from where the other one has been already.
            if (new or passkey.counter) and new <= passkey.counter:
                raise PasskeyError("counter", f"it says {new} after {passkey.counter}: it may have been copied")
            synchronised = shown.credential_device_type.value == "multi_device"
            return Login(
                passkey.user, replace(passkey, counter=new, synchronised=synchronised), bool(shown.user_verified)
            )

    def begin_registration_sync(
        self, user: str, name: str, *, display_name: str = "", existing: Sequence[Passkey] = ()
    ) -> Ceremony:
        """`begin_registration`, for code without an event loop."""
        begun = self._blocking().begin_registration(user, name, display_name=display_name, existing=existing)
        return run_inline(begun)

    def finish_registration_sync(self, ceremony: str, user: str, response: Given) -> Passkey:
        """`finish_registration`, for code without an event loop."""
        return run_inline(self._blocking().finish_registration(ceremony, user, response))

    def begin_login_sync(self, allowed: Sequence[Passkey] = ()) -> Ceremony:
        """`begin_login`, for code without an event loop."""
        return run_inline(self._blocking().begin_login(allowed))

    def finish_login_sync(self, ceremony: str, response: Given, passkey: Passkey | None) -> Login:
        """`finish_login`, for code without an event loop."""
        return run_inline(self._blocking().finish_login(ceremony, response, passkey))

    def _blocking(self) -> Passkeys:
        return replace(self, store=self.store.blocking()) if self.store.waits else self

    async def _begin(self, kind: Kind, challenge: bytes, user: str, allowed: Sequence[str], options: str) -> Ceremony:
        id = token_urlsafe(24)
        value = json.dumps([encoded(challenge), user, list(allowed)]).encode()
        await self.store.set(_key(kind, id), value, float(seconds("", self.lifetime)))
        return Ceremony(id, options)

    async def _take(self, kind: Kind, id: str) -> tuple[bytes, str, list[str]]:
        key = _key(kind, id)
        value = await self.store.get(key)
        # Of several answers at the same moment, one finds something to delete.
        if value is None or not await self.store.delete(key):
            raise PasskeyError("challenge", "no such ceremony is under way")
        challenge, user, allowed = json.loads(value)
        return decoded(challenge), user, allowed


def _key(kind: Kind, id: str) -> str:
    return f"passkey:{kind}:{sha256(id.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _webauthn() -> Any:
    try:
        import webauthn
    except ImportError:
        raise MissingExtraError("webauthn", "passkeys", "a passkey") from None
    return webauthn


def _descriptors(web: Any, passkeys: Sequence[Passkey]) -> list[Any]:
    structs = web.helpers.structs
    return [
        structs.PublicKeyCredentialDescriptor(
            id=decoded(passkey.id),
            transports=[structs.AuthenticatorTransport(name) for name in passkey.transports] or None,
        )
        for passkey in passkeys
    ]


@contextmanager
def _refusing(web: Any) -> Iterator[None]:
    """Whatever the library says against an answer, as one error of ours; it also lets pass what parsing raises."""
    try:
        yield
    except (web.helpers.exceptions.WebAuthnException, ValueError, KeyError, TypeError, IndexError) as error:
        raise PasskeyError("refused", str(error)[:200]) from error


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except PasskeyError as error:
        reason: Reason = error.reason
        decision("passkey-refused", ceremony=what, reason=reason)
        raise
