"""What a browser sends at the end of a ceremony, checked for its form before anything else looks at it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hauberk.auth.passkeys.passkey import PasskeyError, decoded

LONGEST: Final = 65_536
"""Characters. The longest attestations have some ten thousand."""
REGISTRATION: Final = ("clientDataJSON", "attestationObject")
AUTHENTICATION: Final = ("clientDataJSON", "authenticatorData", "signature")
TRANSPORTS: Final = frozenset({"ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"})


@dataclass(frozen=True, slots=True)
class Response:
    """A PublicKeyCredential in JSON (WebAuthn, section 5.1), with the members that are looked at."""

    id: str
    members: Mapping[str, Any]
    user_handle: bytes | None
    transports: tuple[str, ...]

    @classmethod
    def of(cls, given: str | bytes | Mapping[str, Any], needed: tuple[str, ...]) -> Response:
        """Read one. Raises PasskeyError, and nothing else."""
        try:
            return cls._of(given, needed)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise PasskeyError("malformed", f"no response of a browser: {str(error)[:100]!r}") from None

    @classmethod
    def _of(cls, given: str | bytes | Mapping[str, Any], needed: tuple[str, ...]) -> Response:
        found = given if isinstance(given, Mapping) else json.loads(given[: LONGEST + 1])
        inner = found["response"]
        if found["type"] != "public-key" or found["id"] != found["rawId"] or not decoded(found["id"]):
            raise ValueError("id, rawId or type")
        if sum(len(inner[name]) for name in needed) > LONGEST:
            raise ValueError("too long")
        plain = {name: inner[name] for name in needed if decoded(inner[name])}
        if len(plain) < len(needed):
            raise ValueError("a member is empty")
        client = json.loads(decoded(inner["clientDataJSON"]))
        if client.get("crossOrigin", False) is not False or "topOrigin" in client:
            raise PasskeyError("cross-origin", "a frame of another site made it")
        handle = inner.get("userHandle")
        told = inner.get("transports")
        transports = tuple(t for t in told if t in TRANSPORTS)[:8] if isinstance(told, list) else ()
        members = {"id": found["id"], "rawId": found["id"], "type": "public-key", "response": plain}
        return cls(found["id"], members, decoded(handle) if handle else None, transports)
