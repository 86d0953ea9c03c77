"""Which domain passkeys are for, and on which pages they may be used: checked when it is written, not when it fails."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from hauberk.core.errors import ConfigurationError
from hauberk.core.options import word, words

_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
LOCAL: Final = "localhost"
"""The one host that browsers take passkeys for without https."""


def check_rp_id(rp_id: object) -> None:
    """Raise ConfigurationError for what no browser takes as the id of a relying party (WebAuthn, section 5.1.2)."""
    field = "Passkeys.rp_id"
    text = word(field, rp_id)
    if "://" in text or "/" in text or ":" in text:
        host = urlsplit(text if "://" in text else f"//{text}").hostname
        raise ConfigurationError(field, text, "is no domain", f"write {host!r}" if host else "write 'shop.example'")
    if text != text.lower():
        raise ConfigurationError(field, text, "has capital letters", f"write {text.lower()!r}")
    if _is_address(text):
        raise ConfigurationError(field, text, "is an address: passkeys are for domains", "write 'localhost' to try")
    labels = text.split(".")
    if len(text) > 253 or not all(map(_LABEL.match, labels)):
        raise ConfigurationError(field, text, "is no domain", "write 'shop.example', and xn-- for other letters")
    if len(labels) == 1 and text != LOCAL:
        raise ConfigurationError(field, text, "is a whole top-level domain", "write 'shop.example'")


def check_origins(origins: object, rp_id: str) -> tuple[str, ...]:
    """The origins as browsers write them; raise ConfigurationError for one where the rp_id cannot be used."""
    field = "Passkeys.origins"
    texts = words(field, origins)
    if not texts:
        raise ConfigurationError(field, origins, "is empty", f"write ('https://{rp_id}',)")
    for text in texts:
        _check(field, text, rp_id)
    return texts


def _check(field: str, text: str, rp_id: str) -> None:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigurationError(field, text, f"is no origin: {error}", f"write 'https://{rp_id}'") from None
    # Browsers write no default port, no path, and small letters: anything else would never be equal.
    default = {"https": 443, "http": 80}.get(parts.scheme)
    tail = "" if port is None or port == default else f":{port}"
    proper = f"{parts.scheme}://{host}{tail}"
    if not host or text != proper:
        raise ConfigurationError(field, text, "is not how a browser writes an origin", f"write {proper!r}")
    local = host == LOCAL or host.endswith(f".{LOCAL}")
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ConfigurationError(field, text, "is not https", f"write 'https://{host}{tail}'")
    if host != rp_id and not host.endswith(f".{rp_id}"):
        raise ConfigurationError(field, text, f"is not below the rp_id {rp_id!r}", f"write 'https://{rp_id}'")


def _is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
