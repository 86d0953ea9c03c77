"""An authenticator in software: what a browser and a security key do between them, with knobs to do it wrong."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def text_of(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def octets_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value: Any) -> bytes:
    """The few kinds that are needed (RFC 8949)."""
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    assert isinstance(value, dict)
    return _head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    return bytes([kind << 5 | 24, number]) if number < 256 else bytes([kind << 5 | 25]) + number.to_bytes(2, "big")


@dataclass
class Authenticator:
    """One device with one passkey. `flags` are those of authenticator data (WebAuthn, section 6.1)."""

    origin: str = "https://shop.example"
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    counts: bool = True
    rp_id: str | None = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: token_bytes(32))
    user: bytes = b""
    client: dict[str, Any] = field(default_factory=dict)

    def create(self, options: str) -> dict[str, Any]:
        """As `navigator.credentials.create`."""
        asked = json.loads(options)
        assert any(kind["alg"] == -7 for kind in asked["pubKeyCredParams"])
        self.user = octets_of(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        public = cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(asked["rp"]["id"], ATTESTED) + attested
        answer = {
            "clientDataJSON": text_of(self._client("webauthn.create", asked["challenge"])),
            "attestationObject": text_of(cbor({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal", "made-up"],
        }
        return self._credential(answer)

    def get(self, options: str) -> dict[str, Any]:
        """As `navigator.credentials.get`."""
        asked = json.loads(options)
        data, client = self._data(asked["rpId"], 0), self._client("webauthn.get", asked["challenge"])
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        answer = {
            "clientDataJSON": text_of(client),
            "authenticatorData": text_of(data),
            "signature": text_of(signature),
            "userHandle": text_of(self.user),
        }
        return self._credential(answer)

    def _credential(self, answer: dict[str, Any]) -> dict[str, Any]:
        id = text_of(self.id)
        return {"id": id, "rawId": id, "type": "public-key", "response": answer, "clientExtensionResults": {}}

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | self.client).encode()

    def _data(self, rp_id: str, more: int) -> bytes:
        self.counter += self.counts
        hashed = sha256((self.rp_id or rp_id).encode()).digest()
        return hashed + bytes([self.flags | more]) + self.counter.to_bytes(4, "big")
