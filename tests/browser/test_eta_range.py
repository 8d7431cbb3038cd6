"""An ETA on the map is a range once the position is old, and a time again when one comes."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import World
from tests.support.app import SCHAAN, VADUZ, running
from tests.support.waiting import until

RANGE = re.compile(r"\d\d:\d\d\u2013\d\d:\d\d")
CLOCK_FACTOR = 30
"""A position is old after two minutes."""


@pytest.fixture(scope="module")
def deployment(workspace, tmp_path_factory):
    """A deployment whose clock runs faster; no worker tells ETAs anew."""
    with running(workspace, tmp_path_factory.mktemp("data"), clock_factor=CLOCK_FACTOR) as quick:
        yield quick


def test_an_eta_is_a_range_while_its_position_is_old(visit, deployment):
    world = World(deployment)
    van = world.technician("Van 51", at=VADUZ)
    order = world.order(world.site("Bakery Schaan", SCHAAN))
    assign = {"technician_id": van["id"], "force": True, "reason": "test"}
    world.post(f"/v1/work-orders/{order['id']}/assign", assign)
    page = visit("/map", deployment.token("dispatcher")).page
    page.locator(f'.row[data-key="{order["id"]}"]').click()
    eta = page.locator("#panel dt", has_text="ETA").locator("+ dd")
    expect(eta).to_have_text(RANGE, timeout=15_000)

    def is_a_time():
        world.ping(van, VADUZ)  # again and again: in four seconds it is old
        return not RANGE.search(eta.inner_text())

    until(is_a_time, 20, "the ETA to be a time")
