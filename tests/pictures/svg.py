"""Small pictures in SVG, by hand: the fewest shapes, each rounded to a tenth of a pixel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

INK, GREY, PALE = "#222222", "#8a8a8a", "#dddddd"
BLUE, RED, GREEN = "#1f5fa8", "#b3402a", "#2c7a3f"

Points = Iterable[Sequence[float]]


def picture(width: float, height: float, shapes: Iterable[str], what: str) -> str:
    """The file; ``what`` is for whoever can't see it."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" font-family="sans-serif" font-size="12">'
    )
    paper = f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>'
    return "\n".join([head, f"<title>{escape(what)}</title>", paper, *shapes, "</svg>", ""])


def line(points: Points, colour: str = INK, width: float = 1.0, dash: str = "") -> str:
    """A line through the points."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{_joined(points)}" fill="none" stroke="{colour}" '
        f'stroke-width="{width:g}"{dashed}/>'
    )


def polygon(points: Points, colour: str = INK, dash: str = "") -> str:
    """An outline."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polygon points="{_joined(points)}" fill="none" stroke="{colour}"{dashed}/>'


def box(left: float, top: float, right: float, bottom: float, colour: str) -> str:
    """A filled rectangle."""
    size = f'width="{right - left:.1f}" height="{bottom - top:.1f}"'
    return f'<rect x="{left:.1f}" y="{top:.1f}" {size} fill="{colour}"/>'


def ring(x: float, y: float, radius: float, colour: str = INK, dash: str = "") -> str:
    """A circle, drawn."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    at = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
    return f'<circle {at} fill="none" stroke="{colour}"{dashed}/>'


def dots(points: Points, colour: str, radius: float = 1.6) -> list[str]:
    """Filled circles."""
    return [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}"/>' for x, y in points
    ]


def text(x: float, y: float, said: str, colour: str = INK, anchor: str = "start") -> str:
    """One line of text."""
    at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {at} fill="{colour}">{escape(said)}</text>'


def _joined(points: Points) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
