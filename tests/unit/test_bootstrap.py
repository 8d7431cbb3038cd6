"""A deployment put together: opened whole, closed, or refused with a reason."""

import shutil
from dataclasses import replace

import pytest
import shapely

from geo_dispatch.adapters.graph_files import open_graph, write_graph
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.bootstrap import open_back_office, open_context
from geo_dispatch.config import Settings
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.kernel.errors import (
    DatabaseUnavailable,
    GraphUnavailable,
    InvalidInput,
    RedisUnavailable,
)
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.roads.changes import close_streets
from geo_dispatch.services.areas import road_changes
from geo_dispatch.services.records import keeping as records
from tests.support.app import AREA


@pytest.fixture
def settings(workspace, tmp_path):
    settings = Settings(workspace=workspace, data=tmp_path, area=AREA)
    store = Store(settings.sql_url)
    store.migrate()
    store.close()
    return settings


def test_a_context_opens_without_redis_which_says_that_it_is_away_when_asked(settings):
    with open_context(settings) as context:
        west, south, east, north = context.roads.bounds
        assert west < 9.52 < east
        assert south < 47.14 < north
        assert context.clock().tzinfo is not None
        assert context.new_id("wo").startswith("wo_")
        with pytest.raises(RedisUnavailable):
            context.live.ping()


def test_an_area_that_is_not_built_is_refused_with_the_command(settings):
    with (
        pytest.raises(GraphUnavailable, match="geo-dispatch roads build"),
        open_context(settings.model_copy(update={"area": "atlantis"})),
    ):
        pass


@pytest.mark.parametrize("name", ["roads.graph", "roads.hierarchy", "roads.metric"])
def test_road_files_cut_short_are_refused_with_the_command(settings, tmp_path, name):
    copied = shutil.copytree(settings.graph_path.parent, tmp_path / "road_graphs/compiled" / AREA)
    (copied / name).write_bytes((copied / name).read_bytes()[:-1])
    with (
        pytest.raises(GraphUnavailable, match=rf"{name} has .* was cut short.*roads build"),
        open_context(settings.model_copy(update={"workspace": tmp_path})),
    ):
        pass


def test_a_metric_of_an_older_build_is_refused_with_the_command(settings, tmp_path):
    copied = shutil.copytree(settings.graph_path.parent, tmp_path / "road_graphs/compiled" / AREA)
    graph = open_graph(copied / "roads.graph")
    write_graph(copied / "roads.graph", replace(graph, drive_ms=graph.drive_ms + 1))
    with (
        pytest.raises(GraphUnavailable, match=r"roads.metric is of other drive times.*roads build"),
        open_context(settings.model_copy(update={"workspace": tmp_path})),
    ):
        pass


def test_a_database_without_tables_is_refused_with_the_command(workspace, tmp_path):
    settings = Settings(workspace=workspace, data=tmp_path, area=AREA)
    with pytest.raises(DatabaseUnavailable, match="geo-dispatch db"), open_context(settings):
        pass


def test_fewer_shards_than_technicians_live_in_are_refused(settings):
    spread = settings.model_copy(update={"shards": 4})
    with open_back_office(spread) as desk:
        for n in range(20):
            records.create(desk, records.TECHNICIANS, {"call_sign": f"Van {n}"}, actor=CLI)
    with open_context(spread):
        pass
    with pytest.raises(InvalidInput, match="set GEO_DISPATCH_SHARDS to 4"), open_context(settings):
        pass


def test_a_closure_holds_before_the_first_answer_of_a_context(settings):
    places = [LonLat(9.5209, 47.1410), LonLat(9.5086, 47.1650)]
    with open_context(settings) as context:
        (before,) = context.roads.drive_times(places[0], places[1:])
        closed = close_streets(area=shapely.Point(9.5130, 47.1530).buffer(0.004))
        change = road_changes.enter(context, closed, road_changes.Note("works"), actor=CLI)
    with open_context(settings) as context:
        assert context.roads.drive_times(places[0], places[1:])[0] > before
        road_changes.undo(context, change.record.id, actor=CLI)
    with open_context(settings) as context:
        assert context.roads.drive_times(places[0], places[1:]) == [before]
