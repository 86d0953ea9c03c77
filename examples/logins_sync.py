"""Logins without an event loop, for Flask and Django; `logins` is the same with one, and has the reasons."""

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

    def register(self, name: str, password: str) -> User:
        """A new user."""
        demand(self._own, name, password)
        hashed = self._own.passwords.hash_sync(password)
        return added(self._own, name, hashed)

    def prove_password(self, name: str, password: str, address: str, device: str = "") -> Proven:
        """Who it is, by name and password. The throttle is asked before anything is hashed."""
        own = self._own
        attempt = own.throttle.check_sync(name, address, device)
        if not attempt:
            raise Refused.of(attempt)
        user = own.accounts.by_name(name)
        found = own.passwords.verify_sync(password, user.password if user else None)
        if user is None or not found:
            attempt.failed_sync()
            raise Refused(401, WRONG_PASSWORD)
        return Proven(rehashed(own, user, found.new_hash), attempt.succeeded_sync())

    def prove_code(self, login: str, user: User, code: str) -> None:
        """The second factor: a code of the authenticator app, or one of the recovery codes."""
        attempt = self._own.throttle.check_code_sync(login, user.name)
        if not attempt:
            raise Refused.of(attempt)
        if not self._counts(user, code):
            attempt.failed_sync()
            raise Refused(401, WRONG_CODE)
        attempt.succeeded_sync()

    def _counts(self, user: User, code: str) -> bool:
        if self._own.totp.verify_sync(user.id, user.totp, code):
            return True
        used = self._own.recovery.use_sync(user.id, user.recovery, code)
        return used is not None and self._own.accounts.replace_recovery(user, used.stored)

    def confirm_app(self, user: User, sealed: str, code: str) -> tuple[str, ...]:
        """Turn the authenticator app on with its first code; the recovery codes, to be shown once."""
        if not self._own.totp.verify_sync(user.id, sealed, code):
            raise Refused(400, WRONG_CODE)
        codes = self._own.recovery.generate(user.id)
        self._own.accounts.set_second_factor(user, sealed, codes.stored)
        return codes.codes

    def change_password(self, user: User, old: str, new: str, address: str, device: str = "") -> User:
        """Another password, for who knows the old one; the user as he is now."""
        proven = self.prove_password(user.name, old, address, device)
        demand(self._own, user.name, new)
        return changed(self._own, proven.user, self._own.passwords.hash_sync(new))

    def end_others(self, user: User, current: str | None) -> None:
        """End every session of a user but this one, and every program's."""
        self._own.tokens.revoke_all_sync(user.id)
        for one in self._own.sessions.of_sync(user.id):
            if one.id != current:
                self._own.sessions.revoke_sync(one.id)

    def tokens(self, name: str, password: str, code: str, address: str) -> Pair:
        """An access token and a refresh token for a program, by everything that a person would be asked for."""
        own = self._own
        proven = self.prove_password(name, password, address)
        if proven.user.totp:
            self.prove_code(own.throttle.begin_second_factor(proven.user.name), proven.user, code)
        return own.tokens.pair_sync(proven.user.id, scope=SCOPE, era=proven.user.era)

    def refresh(self, token: str) -> Pair:
        """The next two, for a refresh token; one that comes a second time has ended its whole family."""
        try:
            return self._own.tokens.refresh_sync(token)
        except TokenError as error:
            raise Refused(401, NO_TOKEN) from error

    def end(self, token: str) -> None:
        """End the login of a refresh token. One that is over already is no mistake."""
        with suppress(TokenError):
            self._own.tokens.revoke_sync(token)

    def begin_passkey(self, user: User) -> Ceremony:
        """Begin to make a passkey."""
        existing = self._own.accounts.passkeys(user)
        return self._own.passkeys.begin_registration_sync(user.id, user.name, existing=existing)

    def add_passkey(self, user: User, ceremony: str, answer: bytes) -> Passkey:
        """Keep the passkey that the browser made."""
        try:
            passkey = self._own.passkeys.finish_registration_sync(ceremony, user.id, answer)
        except PasskeyError as error:
            raise no_passkey() from error
        return kept(self._own, passkey)

    def begin_passkey_login(self) -> Ceremony:
        """Begin a login without a name: the browser offers the passkeys that it has."""
        return self._own.passkeys.begin_login_sync()

    def prove_passkey(self, ceremony: str, answer: bytes) -> User:
        """Who it is, by a passkey. The device has asked for a finger, a face or a PIN: these are two factors."""
        own = self._own
        try:
            known = own.accounts.passkey(own.passkeys.credential_id(answer))
            login = own.passkeys.finish_login_sync(ceremony, answer, known)
        except PasskeyError as error:
            raise no_passkey() from error
        return shown(own, known, login.passkey)
