"""The map of many: counted by cell from afar, one by one from near; alarms and old positions."""

import random
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services.tracking import devices
from geo_dispatch.tracking.devices import DeviceStatus
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from tests.browser.conftest import DESK, PHONE
from tests.browser.pages import World
from tests.support.app import BALZERS, VADUZ
from tests.support.waiting import until

COUNT = 2000


@pytest.fixture
def world(deployment):
    return World(deployment)


@pytest.fixture
def open_map(visit, deployment):
    def opened(viewport=DESK):
        visitor = visit("/map", deployment.token("dispatcher"), viewport=viewport)
        expect(visitor.page.locator("#connection")).to_have_text("Live")
        return visitor.page

    return opened


def marker(page, technician):
    return page.locator(f'.tech[data-technician="{technician["id"]}"]')


def test_an_old_position_is_grey_and_says_how_old_it_is(open_map, world, deployment):
    van = world.technician("Van 81")
    at = deployment.now() - timedelta(minutes=7)
    world.ping(van, VADUZ, at=at.isoformat())
    page = open_map()
    expect(marker(page, van)).to_have_attribute("data-stale", "true")
    expect(marker(page, van)).to_contain_text("7 min old")
    grey = marker(page, van).locator(".disc").evaluate("node => getComputedStyle(node).color")
    red, green, blue = (int(part) for part in grey[4:-1].split(","))
    assert max(red, green, blue) - min(red, green, blue) < 40


def test_an_alarm_stands_on_top_until_it_is_dealt_with(open_map, world, deployment):
    van = world.technician("Van 82", at=VADUZ)
    page = open_map()
    phone = deployment.client("technician", van["id"])
    assert phone.post("/v1/my/device", json={"sos": True}).is_success
    alarm = page.locator(".call.alarm")
    expect(alarm).to_contain_text("SOS: Van 82")
    expect(page).to_have_title("(1) Help needed · Live map · geo-dispatch")
    page.reload()
    expect(alarm).to_contain_text("SOS: Van 82")
    alarm.get_by_role("button", name="Dealt with").click()
    expect(alarm).to_have_count(0)


def test_the_panel_tells_why_no_position_comes(open_map, world, deployment):
    van = world.technician("Van 83", at=BALZERS)
    at_ms = datetime_to_ms(deployment.now())
    told = DeviceStatus("owntracks", at_ms + 1, battery=0.08, outage="location_off")
    devices.note(deployment.context, {van["id"]: told})
    page = open_map()
    marker(page, van).locator(".disc").click()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("location is switched off on the phone", timeout=15_000)
    expect(panel).to_contain_text("8 %")


@pytest.mark.capability("BO-036")
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_density_is_drawn_when_asked_for(open_map, world, viewport):
    van = world.technician(f"Van 84 {viewport['width']}", at=VADUZ)
    page = open_map(viewport)
    expect(marker(page, van)).to_be_visible()
    page.locator("#legend").evaluate("node => { node.open = true; }")
    page.locator("#show-density").check()
    expect(page.locator(".density-cell").first).to_be_visible()
    page.locator("#show-density").uncheck()
    expect(page.locator(".density-cell")).to_have_count(0)


@pytest.mark.capability("BO-036")
def test_of_two_thousand_the_map_shows_cells_and_from_near_markers(open_map, deployment):
    draw = random.Random(3)
    rows = "".join(f"v{number},Car {number:04}\n" for number in range(COUNT))
    office = deployment.client("dispatcher")
    office.timeout = 60
    answer = office.post("/v1/imports/technicians", json={"csv": f"external_id,call_sign\n{rows}"})
    assert answer.is_success, answer.text
    with deployment.context.store.read() as unit:
        vans = [one for one in unit.technicians.list() if one.call_sign.startswith("Car")]
    at_ms = datetime_to_ms(deployment.now())
    fixes = [
        Fix(
            van.id,
            at_ms,
            round(draw.uniform(9.48, 9.62) * DEGREE_SCALE),
            round(draw.uniform(47.05, 47.26) * DEGREE_SCALE),
            accuracy_m=8.0,
            speed_mps=10.0,
        )
        for van in vans
    ]
    deployment.context.live.append(0, fixes, at_ms)

    def counted():
        return sum(one["count"] for one in office.get("/v1/density").json()["cells"])

    until(lambda: counted() >= COUNT, 20, "the mirror to hear of everybody")
    page = open_map()
    expect(page.locator(".density-cell").first).to_be_visible()
    expect(page.locator(".tech")).to_have_count(0)
    page.evaluate("() => window.geoDispatch.map.setView([47.141, 9.5209], 15)")
    expect(page.locator(".tech").first).to_be_visible()
    expect(page.locator(".density-cell")).to_have_count(0)
    assert 0 < page.locator(".tech").count() <= 300
    page.evaluate("() => window.geoDispatch.map.setZoom(11)")
    expect(page.locator(".density-cell").first).to_be_visible()
    expect(page.locator(".tech")).to_have_count(0)
