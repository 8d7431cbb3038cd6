"""Arrays that nobody may write to."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


def read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """The array, not to be written to, like a mapped one: kernels compile once for both."""
    view = array.view()
    view.flags.writeable = False
    return view
