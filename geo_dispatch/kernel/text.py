"""Text that people type, or that their programs send for them."""

from __future__ import annotations

import re
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Everything that moves a terminal or ends a string; tabs and ends of lines are text."""


def checked_text(text: str) -> str:
    """The text as it came.

    Raises
    ------
    ValueError
        It holds a control character: no database keeps a NUL, and none can be seen or typed.
    """
    found = _CONTROL.search(text)
    if found:
        raise ValueError(
            f"control character U+{ord(found[0]):04X} at character {found.start()}; remove it"
        )
    return text
