"""Real pictures, tiny, for inputs that take nothing else: they pass whoever reads them, and hold a text besides.

PNG (W3C, third edition, sections 5 and 11) and GIF (89a, sections 18 to 24).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable
from functools import lru_cache

from hauberk.scan.surface import Parameter

SIDE = 64
"""Pixels: below that, some applications find a picture too small."""
MAGIC = (b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"\xff\xd8\xff", b"RIFF", b"BM")
"""How pictures begin; what begins so is no page where no media type is given (MIME Sniffing, section 7.1)."""
ENDINGS = (".png", ".gif", ".jpg", ".jpeg", ".webp", ".bmp", ".svg", ".ico", ".tif", ".tiff", ".avif")
_NAMED = re.compile(
    r"(?:^|[^a-z])(?:profile)?(?:images?|imgs?|photos?|pics?|pictures?|avatars?|logos?|icons?|banners?|thumb(?:nail)?s?|"
    r"portraits?|gallery|screenshots?)(?:$|[^a-z]|file|upload)"
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
Maker = Callable[[bytes], bytes]


def wants_picture(parameter: Parameter) -> bool:
    """Whether an upload asks for a picture: by its `accept` (HTML, section 4.10.5.1.17), its schema, or its name."""
    schema = parameter.schema
    asked = f"{schema.get('accept', '')},{schema.get('contentMediaType', '')}".lower()
    kinds = [kind.strip() for kind in asked.split(",") if kind.strip() not in {"", "*/*", "application/octet-stream"}]
    if kinds:
        return any(kind.startswith("image/") or kind in ENDINGS for kind in kinds)
    return _NAMED.search(_HUMP.sub("_", parameter.name).lower()) is not None


def kind_of(parameter: Parameter) -> tuple[str, str, Maker]:
    """The ending, the media type and the maker of a picture that it takes: PNG, unless it takes GIF and not PNG."""
    accepted = str(parameter.schema.get("accept", "")).lower()
    if "gif" in accepted and "png" not in accepted and "image/*" not in accepted:
        return ".gif", "image/gif", gif
    return ".png", "image/png", png


def png(text: bytes = b"") -> bytes:
    """A grey square with that text in a comment."""
    head, pixels = _png_parts()
    comment = _chunk(b"tEXt", b"Comment\0" + text) if text else b""
    return head + comment + pixels


@lru_cache(maxsize=1)
def _png_parts() -> tuple[bytes, bytes]:
    begin = _chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0))
    rows = zlib.compress((b"\0" + b"\x80\x80\x80" * SIDE) * SIDE, 9)
    return MAGIC[0] + begin, _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def gif(text: bytes = b"") -> bytes:
    """One pixel with that text in a comment."""
    screen = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\x80\x80\x80\0\0\0"
    blocks = b"".join(bytes([len(text[at : at + 255])]) + text[at : at + 255] for at in range(0, len(text), 255))
    comment = b"\x21\xfe" + blocks + b"\0" if text else b""
    pixel = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return screen + comment + pixel + b"\x3b"


def named(name: str, ending: str) -> str:
    """The name as that of a picture."""
    return name if name.lower().endswith(ENDINGS) else name + ending
