"""Passkeys (WebAuthn): logins that no page in between can take, without a password or beside it."""

from hauberk.auth.passkeys.passkey import Passkey, PasskeyError
from hauberk.auth.passkeys.passkeys import Ceremony, Login, Passkeys

__all__ = ["Ceremony", "Login", "Passkey", "PasskeyError", "Passkeys"]
