from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from geo_dispatch.kernel.errors import Unavailable
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.services.areas.preparation import Preparation, preparing
from tests.support.ascii_map import AsciiMap, Town

CORNER = "A----B\n     |\n     C"


@pytest.fixture
def engine(tmp_path):
    return Town(AsciiMap(CORNER), tmp_path).engine


def test_who_waits_finds_it_done(engine):
    with preparing(engine) as preparation:
        preparation.wait(threading.Event())
        preparation.require()


def test_until_then_nothing_is_ready_and_it_says_why():
    with pytest.raises(Unavailable, match="first start"):
        Preparation().require()


def test_who_is_told_to_stop_waits_no_longer():
    stopping = threading.Event()
    stopping.set()
    Preparation().wait(stopping)


def test_roads_that_cannot_be_asked_do_not_keep_the_process_from_its_other_work(engine):
    graph = engine.graph
    broken = replace(graph, drive_ms=np.zeros(0, np.int32))
    with preparing(RoadEngine(broken, engine.topology, engine.metric)) as preparation:
        preparation.wait(threading.Event())
        preparation.require()
