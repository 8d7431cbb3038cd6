"""QR codes, for links that are opened on a phone: on a terminal, as SVG and as PNG."""

from __future__ import annotations

import io
from typing import Final

import segno

_BORDER: Final = 2
_SCALE: Final = 6


def text_to_terminal(text: str) -> str:
    """The code in block characters, two rows of it in each line."""
    out = io.StringIO()
    _code(text).terminal(out, border=_BORDER, compact=True)
    return out.getvalue()


def text_to_svg(text: str) -> str:
    """The code as an SVG element, black on white."""
    code = _code(text)
    return code.svg_inline(scale=_SCALE, border=_BORDER, light="#fff", omitsize=True)


def text_to_png(text: str) -> bytes:
    """The code as a PNG file, black on white."""
    out = io.BytesIO()
    _code(text).save(out, kind="png", scale=_SCALE, border=_BORDER)
    return out.getvalue()


def _code(text: str) -> segno.QRCode:
    return segno.make_qr(text, error="l", boost_error=False)
