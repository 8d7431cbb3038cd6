from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo_dispatch.roads.graph import FORBIDDEN_MS, graph_faults

DRAWING = "     N\n     |\nW----X----E"


def test_a_built_graph_has_no_faults(town) -> None:
    assert graph_faults(town(DRAWING).graph) == []


@pytest.mark.parametrize(
    ("array", "change", "fault"),
    [
        ("street_name", lambda a: a[:-1], "differ in length"),
        ("ways", lambda a: a[:-1], "way offsets"),
        ("way_start", lambda a: np.append(a[:-2], a[-1:].repeat(2)), "of no way"),
        ("drive_ms", lambda a: a[:-1], "not two for each street"),
        ("drive_ms", lambda a: a * 0, "not positive"),
        ("vertex_directed", lambda a: a[::-1], "not its own vertex"),
        ("vertex_directed", lambda a: a[:-1], "not its own vertex"),
        ("vertex_directed", lambda a: np.append(a, 99).astype(np.int32), "no directed street"),
        ("arc_head", lambda a: a + 100, "leads to no street"),
        ("arc_ms", lambda a: a - 1, "less than no time"),
        ("arc_start", lambda a: a[::-1], "turn offsets"),
        ("shape_start", lambda a: a * 0, "shape offsets"),
        ("street_to", lambda a: a + 100, "ends at no junction"),
        ("street_name", lambda a: a + 100, "not among the names"),
        ("name_start", lambda a: a + 1, "name offsets"),
        ("street_highway", lambda a: a + 100, "highway class"),
        ("shape_lonlats", lambda a: a * np.nan, "not finite"),
        ("arc_head", lambda a: (a + 1) % 6, "do not meet"),
        ("drive_ms", lambda a: np.full_like(a, FORBIDDEN_MS), "may not be driven"),
    ],
)
def test_what_contradicts_itself_is_named(array, change, fault, town) -> None:
    graph = town(DRAWING).graph
    broken = replace(graph, **{array: change(getattr(graph, array))})
    assert any(fault in found for found in graph_faults(broken))
