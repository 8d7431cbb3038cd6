"""All machine code that answers need, made or loaded before anybody asks.

Every kind of question is asked once about one turn of the graph. The first process on a machine
compiles for half a minute; others that prepare meanwhile wait for it, and load what it kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.progress import Progress, silent
from geo_dispatch.roads.hierarchy.customisation import customised
from geo_dispatch.roads.kept_code import preparing

if TYPE_CHECKING:
    from geo_dispatch.roads.engine import RoadEngine

STEP: Final = "compiling drive-time kernels"

_MANY: Final = 50
"""Places often enough that a matrix of them is worth labels; see `Planner`."""


def prepare(engine: RoadEngine, progress: Progress = silent) -> None:
    """Ask everything once; of a graph without turns nothing."""
    if not engine.graph.n_arcs:
        return
    with preparing():
        questions = _questions(engine, _along_a_turn(engine))
        for done, ask in enumerate(questions):
            progress(STEP, done, len(questions))
            ask()
        progress(STEP, len(questions), len(questions))


def _questions(engine: RoadEngine, places: NDArray[np.float64]) -> list[Callable[[], object]]:
    start, ahead, goal = (LonLat(*place) for place in places.tolist())
    few, many = places[:1], np.repeat(places, _MANY, axis=0)
    seconds = np.linspace(0.0, 120.0, len(places))
    return [
        lambda: engine.snap(places),
        lambda: engine.matrix(engine.snap(few), engine.snap(many)),
        lambda: engine.matrix(engine.snap(many), engine.snap(few)),
        lambda: engine.matrix(engine.snap(many), engine.snap(many)),
        lambda: engine.route(start, goal),
        lambda: [engine.route(start, ahead), engine.route(ahead, start)],  # one has to come round
        lambda: engine.reach(start, 0.0),
        lambda: customised(engine.topology, engine.metric.weights),
        lambda: engine.match(places, seconds, np.full(len(places), 20.0)),
    ]


def _along_a_turn(engine: RoadEngine) -> NDArray[np.float64]:
    """Places on two streets that follow each other; on the first two, so that one is behind."""
    graph = engine.graph
    tail = np.repeat(graph.vertex_directed, np.diff(graph.arc_start)) >> 1
    head = graph.vertex_directed[graph.arc_head] >> 1
    turn = int(np.argmax((tail != head) & graph.snappable[tail] & graph.snappable[head]))
    (a, b), (c, d) = (graph.shape_of(int(street))[:2] for street in (tail[turn], head[turn]))
    return np.array([0.7 * a + 0.3 * b, 0.3 * a + 0.7 * b, (c + d) / 2])
