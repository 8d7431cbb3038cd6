"""Lines of the table: ours, a peer, their ratio, what is to be reached and whether it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HEAD = f"{'':44}{'ours':>9} {'peer':>9} {'unit':5} {'against':15} {'ratio':>7}  reach"


@dataclass(frozen=True, slots=True)
class Reach:
    """What a figure is to be, at least and at most: the ratio to the peer's, or ours itself."""

    least: float = -np.inf
    most: float = np.inf
    of_ratio: bool = False

    def __str__(self) -> str:
        """As the table says it."""
        if self.least == -np.inf:
            return f"<= {self.most:g}"
        return f">= {self.least:g}" if self.most == np.inf else f"{self.least:g} to {self.most:g}"


def ratio(most: float) -> Reach:
    """Ours is at most so many times the peer's."""
    return Reach(most=most, of_ratio=True)


@dataclass(frozen=True, slots=True)
class Row:
    """One measure of both; ``unit`` has the number, ``against`` names the peer."""

    measure: str
    unit: str
    ours: float
    against: str = ""
    peer: float | None = None
    reach: Reach | None = None

    @property
    def ratio(self) -> float | None:
        """Ours to the peer's."""
        return None if self.peer is None else self.ours / self.peer

    @property
    def met(self) -> bool | None:
        """Whether it is reached; None where nothing is to be, or where there is no peer."""
        if self.reach is None:
            return None
        judged = self.ratio if self.reach.of_ratio else self.ours
        return None if judged is None else self.reach.least <= judged <= self.reach.most

    @property
    def name(self) -> str:
        """Measure and peer."""
        return f"{self.measure}, {self.against}" if self.against else self.measure

    @property
    def line(self) -> str:
        """In the table below `HEAD`."""
        numbers = [f"{'-' if n is None else f'{n:.5g}':>9}" for n in (self.ours, self.peer)]
        share = "-" if self.ratio is None else f"{self.ratio:.3f}"
        line = f"{self.measure:44}{' '.join(numbers)} {self.unit:5} {self.against:15} {share:>7}"
        if self.reach is None:
            return line
        said = {True: "met", False: "MISSED", None: "no peer to tell"}[self.met]
        return f"{line}  {'ratio ' if self.reach.of_ratio else ''}{self.reach}: {said}"

    @property
    def figures(self) -> dict[str, object]:
        """As the last line of a benchmark has them."""
        return {
            "ours": _short(self.ours),
            "peer": _short(self.peer),
            "ratio": _short(self.ratio),
            "unit": self.unit,
            "reach": None if self.reach is None else str(self.reach),
            "met": self.met,
        }


def _short(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.5g}")
