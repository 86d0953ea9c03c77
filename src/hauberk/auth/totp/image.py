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
    symbol = segno.make(text, error="m", micro=False)
    symbol.save(
        out, kind="svg", xmldecl=False, svgns=True, scale=4, light="#fff", nl=False, title="QR code", omitsize=True
    )
    # Size and viewBox both: it has its own size, and any other that a page gives it.
    width, height = symbol.symbol_size(scale=4)
    return out.getvalue().decode().replace("<svg ", f'<svg width="{width}" height="{height}" ', 1)
