"""After a start the ways between open visits are known before anybody asks."""

import itertools
import threading

import pytest

from geo_dispatch.services.areas.live_roads import LiveRoads
from geo_dispatch.services.dispatching.driving import recalled
from geo_dispatch.services.dispatching.warming import warm, warming
from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import open_dispatch_office
from tests.support.waiting import until

STREET = "A----B----C----D----E"


@pytest.fixture
def desk(tmp_path):
    """On roads of its own: what other tests asked for is not known."""
    with open_dispatch_office(tmp_path / "office", Town(AsciiMap(STREET), tmp_path)) as desk:
        yield desk


def a_day(desk, *places, home=None):
    van = desk.technician(f"Van {''.join(places)}", "A", home=home and desk.town.at(home))
    for place in places:
        desk.assign(desk.order(place), van, force=True, reason="for the test")
    return van


def known(desk, text):
    """Of ways such as ``"AB BC"``, those that are known."""
    ways = {way: tuple(desk.town.at(name) for name in way) for way in text.split()}
    found = recalled(desk.ctx.roads, ways.values())
    return {way for way, leg in ways.items() if leg in found}


def all_ways():
    return " ".join(start + end for start, end in itertools.permutations("ABCDE", 2))


def forget(desk, tmp_path):
    """The same records on roads that nobody has asked yet, as after a start."""
    desk.ctx = type(desk.ctx)(
        settings=desk.ctx.settings,
        store=desk.ctx.store,
        live=desk.ctx.live,
        live_roads=LiveRoads(Town(AsciiMap(STREET), tmp_path).engine),
        clock=desk.ctx.clock,
        new_id=desk.ctx.new_id,
    )


def test_the_ways_between_open_visits_and_from_home_are_learned(desk, tmp_path):
    a_day(desk, "B", "C", home="E")
    a_day(desk, "B", "D")
    forget(desk, tmp_path)
    assert known(desk, all_ways()) == set()
    assert warm(desk.ctx, threading.Event()) == 4
    assert known(desk, all_ways()) == {"BC", "BD", "EB", "EC"}


def test_nothing_is_asked_once_it_is_told_to_stop(desk, tmp_path):
    a_day(desk, "B", "C")
    forget(desk, tmp_path)
    stopping = threading.Event()
    stopping.set()
    assert warm(desk.ctx, stopping) == 0
    assert known(desk, all_ways()) == set()


def test_it_warms_beside_the_work_and_ends_with_it(desk, tmp_path):
    a_day(desk, "B", "C")
    forget(desk, tmp_path)
    with warming(desk.ctx):
        until(lambda: known(desk, "BC") == {"BC"}, 10, "the way to be known")
    assert not any(one.name == "warm" for one in threading.enumerate())


def test_records_that_cannot_be_read_stop_nobody(desk):
    desk.ctx.store.close()
    with warming(desk.ctx):
        pass
    assert not any(one.name == "warm" for one in threading.enumerate())
