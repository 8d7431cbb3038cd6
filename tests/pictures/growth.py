"""The picture of docs/benchmarks.md: `python -m tests.pictures.growth` draws it anew.

Its figures are those that `python -m tests.bench.tiled` printed when they were last measured.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from tests.pictures.svg import BLUE, GREY, INK, PALE, dots, line, picture, text

DOCS: Final = Path(__file__).parents[2] / "docs"
NAME: Final = "roads-growth.svg"


class Size(NamedTuple):
    """One size of the tiled network."""

    streets: int
    matrix_ms: float
    build_s: float
    build_mb: float
    answer_mb: float


MEASURED: Final = (
    Size(82_414, 36.0, 3.0, 684, 351),
    Size(329_722, 52.6, 13.0, 714, 637),
    Size(741_924, 94.9, 30.5, 1299, 1125),
    Size(1_319_020, 115.5, 61.2, 2074, 1807),
)
TITLES: Final = {
    "matrix_ms": "1000 x 1000, ms",
    "build_s": "build, s",
    "build_mb": "memory to build, MB",
    "answer_mb": "memory to answer, MB",
}
WIDTH, HEIGHT, LEFT, TOP, STEP = 130.0, 120.0, 50.0, 50.0, 195.0


def drawn() -> str:
    """Each cost over the number of streets, and what it would be if it grew with them."""
    shapes = []
    for number, (name, title) in enumerate(TITLES.items()):
        shapes += _panel(LEFT + STEP * number, title, [getattr(size, name) for size in MEASURED])
    shapes.append(text(LEFT, TOP + HEIGHT + 44, "millions of streets", GREY))
    shapes.append(text(LEFT + STEP, TOP + HEIGHT + 44, "dashed: in proportion to them", GREY))
    return picture(820, 230, shapes, "Drive times of 1000 x 1000, build and memory by network size")


def _panel(left: float, title: str, values: list[float]) -> list[str]:
    most = max(values) * 1.1
    streets = [size.streets for size in MEASURED]
    widest = max(streets) * 1.05
    low = TOP + HEIGHT

    def at(n: float, value: float) -> tuple[float, float]:
        return left + WIDTH * n / widest, low - HEIGHT * value / most

    shown = [at(n, value) for n, value in zip(streets, values, strict=True)]
    steep = values[0] / streets[0]
    end = min(widest, most / steep)
    shapes = [text(left, TOP - 14, title, INK)]
    for share in (0.5, 1.0):
        value = max(values) * share
        shapes.append(line([at(0, value), at(widest, value)], PALE))
        shapes.append(text(left - 6, at(0, value)[1] + 4, f"{value:,.0f}", GREY, "end"))
    shapes.append(line([at(0, most), at(0, 0), at(widest, 0)], GREY))
    shapes.append(line([at(0, 0), at(end, steep * end)], GREY, 1, "4 4"))
    shapes += [line(shown, BLUE, 2), *dots(shown, BLUE, 3)]
    shapes += [text(at(n, 0)[0], low + 18, f"{n / 1e6:.1f}", GREY, "middle") for n in streets[1:]]
    return shapes


if __name__ == "__main__":
    (DOCS / NAME).write_text(drawn(), encoding="utf-8")
