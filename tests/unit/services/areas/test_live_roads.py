"""The roads of the moment: exchanged as a whole, shared as files, named where they cut off."""

import numpy as np
import pytest
import shapely

from geo_dispatch.adapters.hierarchy_files import open_metric
from geo_dispatch.roads.changes import close_streets, speed_factor
from geo_dispatch.roads.hierarchy.customisation import arc_weights
from geo_dispatch.services.areas import road_changes
from geo_dispatch.services.areas.live_roads import LiveRoads
from geo_dispatch.services.dispatching.driving import drives_on
from tests.support.ascii_map import AsciiMap, Town
from tests.support.records import DISPATCHER
from tests.support.road_works import close, everything_ms, seconds

STREET = """
A----B----C
|         |
D---------E
"""

REBUILT = """
A---------C
|
D---------E
"""


def follow(desk, roads):
    roads.follow(desk.ctx.store, desk.ctx.settings.area, desk.clock.now)
    return roads


def undo(desk, seen):
    return road_changes.undo(desk.ctx, seen.record.id, actor=DISPATCHER)


def test_undoing_the_last_change_brings_the_same_engine_and_answers_back(desk):
    built, before = desk.ctx.roads, everything_ms(desk)
    first, second = close(desk, "AB"), close(desk, "BC")
    assert desk.ctx.roads is not built
    undo(desk, first)
    undo(desk, second)
    assert desk.ctx.roads is built
    assert np.array_equal(everything_ms(desk), before)


def test_undoing_one_of_two_leaves_what_the_other_alone_would_be(desk):
    alone = close(desk, "BC")
    expected = everything_ms(desk)
    second = close(desk, "AB")
    assert not np.array_equal(everything_ms(desk), expected)
    undo(desk, second)
    assert np.array_equal(everything_ms(desk), expected)
    assert [one.id for one in desk.ctx.live_roads.in_force.records] == [alone.record.id]


def test_a_process_begins_where_every_street_is_closed(desk):
    close(desk, "AB", "BC", "AD", "DE", "CE")
    roads = follow(desk, LiveRoads(desk.town.engine))
    a, c = desk.town.at("A"), desk.town.at("C")
    assert roads.in_force.engine.drive_times(a, [c]) == [None]
    assert roads.in_force.engine.fastest_mps > 0


def test_who_has_the_roads_in_hand_goes_on_with_those(desk):
    in_hand, before = desk.ctx.roads, seconds(desk, "A", "C")
    close(desk, "AB")
    assert in_hand.drive_times(desk.town.at("A"), [desk.town.at("C")])[0] == before
    assert seconds(desk, "A", "C") > before


def test_drive_times_that_were_remembered_are_not_those_of_other_roads(desk):
    leg = (desk.town.at("A"), desk.town.at("C"))
    before = drives_on(desk.ctx.roads)(*leg)
    close(desk, "AB")
    assert drives_on(desk.ctx.roads)(*leg) > before


def test_another_process_drives_by_it_when_it_looks(desk):
    other = follow(desk, LiveRoads(desk.town.engine))
    close(desk, "AB")
    assert other.in_force.engine is desk.town.engine
    follow(desk, other)
    assert np.array_equal(other.in_force.engine.graph.drive_ms, desk.ctx.roads.graph.drive_ms)


def test_looking_when_nothing_changed_keeps_the_engine(desk):
    close(desk, "AB")
    before = desk.ctx.live_roads.in_force
    assert follow(desk, desk.ctx.live_roads).in_force is before


def test_the_weights_are_made_once_and_mapped_by_whoever_needs_the_same(desk, tmp_path):
    close(desk, "AB")
    path = tmp_path / "weights"
    first = follow(desk, LiveRoads(desk.town.engine, path)).in_force.engine
    written = path.stat()
    second = follow(desk, LiveRoads(desk.town.engine, path)).in_force.engine
    assert path.stat().st_mtime_ns == written.st_mtime_ns
    assert np.array_equal(first.metric.up.ms, second.metric.up.ms)


def test_weights_of_other_changes_are_not_taken_for_these(desk, tmp_path):
    path = tmp_path / "weights"
    first = close(desk, "AB")
    follow(desk, LiveRoads(desk.town.engine, path))
    undo(desk, first)
    close(desk, "DE")
    other = follow(desk, LiveRoads(desk.town.engine, path)).in_force.engine
    assert np.array_equal(other.metric.weights, arc_weights(other.graph))
    _, written = open_metric(path, other.topology)
    assert np.array_equal(written.weights, other.metric.weights)


def test_a_file_that_is_no_metric_is_made_anew(desk, tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(b"what is this")
    close(desk, "AB")
    engine = follow(desk, LiveRoads(desk.town.engine, path)).in_force.engine
    assert np.array_equal(open_metric(path, engine.topology)[1].weights, engine.metric.weights)


def test_where_nothing_can_be_written_the_weights_stay_in_memory(desk, tmp_path):
    close(desk, "AB")
    (tmp_path / "file").write_text("no folder")
    roads = follow(desk, LiveRoads(desk.town.engine, tmp_path / "file" / "weights"))
    assert [one.change.kind for one in roads.in_force.records] == ["closure"]
    (remark,) = roads.in_force.remarks
    assert "weights stay in memory" in remark
    assert np.array_equal(roads.in_force.engine.graph.drive_ms, desk.ctx.roads.graph.drive_ms)


def test_on_a_rebuilt_area_areas_are_closed_anew_and_lost_ways_are_told(desk, tmp_path):
    close(desk, "DE")
    a, d = desk.town.at("A"), desk.town.at("D")
    between = shapely.box(a.lon - 1e-4, d.lat + 1e-4, a.lon + 1e-4, a.lat - 1e-4)
    note = road_changes.Note("flood")
    road_changes.enter(desk.ctx, close_streets(area=between), note, actor=DISPATCHER)
    rebuilt = Town(AsciiMap(REBUILT), tmp_path)
    roads = follow(desk, LiveRoads(rebuilt.engine))
    lost, found = (roads.on(one) for one in roads.in_force.records)
    assert lost.lacking == (desk.town.map.way_id("DE"),)
    assert f"OSM ways ({lost.lacking[0]},) are no streets" in roads.in_force.remarks[0]
    assert [rebuilt.graph.name_of(street) for street in found.streets] == ["AD"]
    graph = roads.in_force.engine.graph
    assert [graph.name_of(one) for one in np.flatnonzero(~graph.snappable)] == ["AD"]


def test_a_what_if_comes_on_top_of_what_is_in_force(desk):
    close(desk, "AB")
    whole = desk.ctx.live_roads.what_if(speed_factor(shapely.box(9.0, 46.0, 10.0, 48.0), 2.0))
    (slow,) = whole.drive_times(desk.town.at("A"), [desk.town.at("C")])
    assert slow == pytest.approx(2 * seconds(desk, "A", "C"), rel=0.2)


def test_a_way_that_is_closed_names_the_closures_and_one_that_is_open_none(desk):
    first, second = close(desk, "AB"), close(desk, "DE")
    a, c, b = (desk.town.at(place) for place in "ACB")
    found = desk.ctx.live_roads.cutting_off(a, c)
    assert [one.id for one in found] == [first.record.id]
    undo(desk, first)
    assert desk.ctx.live_roads.cutting_off(a, c) == []
    assert desk.ctx.live_roads.cutting_off(a, b) == []
    assert second.in_force
