"""A text as a QR image."""

from __future__ import annotations

from io import BytesIO

from hauberk.core.errors import MissingExtraError


def svg_of(text: str) -> str:
    """An SVG element, to be put into a page as it is. Raises MissingExtraError without the extra `totp`."""
    try:
        import segno
    except ImportError:
        raise MissingExtraError("segno", "totp", "a QR image") from None
    # White paper is part of the image: black alone cannot be scanned from a dark page.
    out = BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, scale=4, light="#fff", nl=False, title="QR code"
    )
    return out.getvalue().decode()
