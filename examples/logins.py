"""Logins with `await`, for FastAPI and whatever else has an event loop; `logins_sync` is the same without one.

The order is the point: first the throttle, then the hash, then the answer, which is the same for every failure.
"""

from __future__ import annotations

from contextlib import suppress

from examples.accounts import User
from examples.equipment import SCOPE, Equipment
from examples.refused import NO_TOKEN, WRONG_CODE, WRONG_PASSWORD, Refused
from examples.rules import Proven, added, changed, demand, kept, no_passkey, rehashed, shown
from hauberk.auth.passkeys import Ceremony, Passkey, PasskeyError
from hauberk.auth.tokens import Pair, TokenError


class Logins:
    """Registration, passwords, second factors and passkeys."""

    def __init__(self, equipment: Equipment) -> None:
        self._own = equipment

    async def register(self, name: str, password: str) -> User:
        """A new user."""
        demand(self._own, name, password)
        hashed = await self._own.passwords.hash(password)
        return added(self._own, name, hashed)

    async def prove_password(self, name: str, password: str, address: str, device: str = "") -> Proven:
        """Who it is, by name and password. The throttle is asked before anything is hashed."""
        own = self._own
        attempt = await own.throttle.check(name, address, device)
        if not attempt:
            raise Refused.of(attempt)
        user = own.accounts.by_name(name)
        found = await own.passwords.verify(password, user.password if user else None)
        if user is None or not found:
            await attempt.failed()
            raise Refused(401, WRONG_PASSWORD)
        return Proven(rehashed(own, user, found.new_hash), await attempt.succeeded())

    async def prove_code(self, login: str, user: User, code: str) -> None:
        """The second factor: a code of the authenticator app, or one of the recovery codes."""
        attempt = await self._own.throttle.check_code(login, user.name)
        if not attempt:
            raise Refused.of(attempt)
        if not await self._counts(user, code):
            await attempt.failed()
            raise Refused(401, WRONG_CODE)
        await attempt.succeeded()

    async def _counts(self, user: User, code: str) -> bool:
        if await self._own.totp.verify(user.id, user.totp, code):
            return True
        used = await self._own.recovery.use(user.id, user.recovery, code)
        return used is not None and self._own.accounts.replace_recovery(user, used.stored)

    async def confirm_app(self, user: User, sealed: str, code: str) -> tuple[str, ...]:
        """Turn the authenticator app on with its first code; the recovery codes, to be shown once."""
        if not await self._own.totp.verify(user.id, sealed, code):
            raise Refused(400, WRONG_CODE)
        codes = self._own.recovery.generate(user.id)
        self._own.accounts.set_second_factor(user, sealed, codes.stored)
        return codes.codes

    async def change_password(self, user: User, old: str, new: str, address: str, device: str = "") -> User:
        """Another password, for who knows the old one; the user as he is now."""
        proven = await self.prove_password(user.name, old, address, device)
        demand(self._own, user.name, new)
        return changed(self._own, proven.user, await self._own.passwords.hash(new))

    async def end_others(self, user: User, current: str | None) -> None:
        """End every session of a user but this one, and every program's."""
        await self._own.tokens.revoke_all(user.id)
        for one in await self._own.sessions.of(user.id):
            if one.id != current:
                await self._own.sessions.revoke(one.id)

    async def tokens(self, name: str, password: str, code: str, address: str) -> Pair:
        """An access token and a refresh token for a program, by everything that a person would be asked for."""
        own = self._own
        proven = await self.prove_password(name, password, address)
        if proven.user.totp:
            await self.prove_code(own.throttle.begin_second_factor(proven.user.name), proven.user, code)
        return await own.tokens.pair(proven.user.id, scope=SCOPE, era=proven.user.era)

    async def refresh(self, token: str) -> Pair:
        """The next two, for a refresh token; one that comes a second time has ended its whole family."""
        try:
            return await self._own.tokens.refresh(token)
        except TokenError as error:
            raise Refused(401, NO_TOKEN) from error

    async def end(self, token: str) -> None:
        """End the login of a refresh token. One that is over already is no mistake."""
        with suppress(TokenError):
            await self._own.tokens.revoke(token)

    async def begin_passkey(self, user: User) -> Ceremony:
        """Begin to make a passkey."""
        existing = self._own.accounts.passkeys(user)
        return await self._own.passkeys.begin_registration(user.id, user.name, existing=existing)

    async def add_passkey(self, user: User, ceremony: str, answer: bytes) -> Passkey:
        """Keep the passkey that the browser made."""
        try:
            passkey = await self._own.passkeys.finish_registration(ceremony, user.id, answer)
        except PasskeyError as error:
            raise no_passkey() from error
        return kept(self._own, passkey)

    async def begin_passkey_login(self) -> Ceremony:
        """Begin a login without a name: the browser offers the passkeys that it has."""
        return await self._own.passkeys.begin_login()

    async def prove_passkey(self, ceremony: str, answer: bytes) -> User:
        """Who it is, by a passkey. The device has asked for a finger, a face or a PIN: these are two factors."""
        own = self._own
        try:
            known = own.accounts.passkey(own.passkeys.credential_id(answer))
            login = await own.passkeys.finish_login(ceremony, answer, known)
        except PasskeyError as error:
            raise no_passkey() from error
        return shown(own, known, login.passkey)
