"""The technician's page tells the office how the phone is."""

import pytest
from playwright.sync_api import expect

from tests.browser.pages import World
from tests.support.app import VADUZ
from tests.support.waiting import until


@pytest.fixture
def world(deployment):
    return World(deployment)


def test_who_may_not_share_the_position_is_told_to_the_office_as_such(visit, deployment, world):
    van = world.technician("Van 91", at=VADUZ)
    page = visit("/t", deployment.token("technician", van["id"])).page
    expect(page.locator("#share-state")).to_contain_text("Not sent")

    def outages():
        shown = world.api.get(f"/v1/technicians/{van['id']}/position").json()["outages"]
        return [one["code"] for one in shown]

    until(lambda: outages() == ["no_permission"], 20, "the office to know why")


def test_who_switches_sharing_off_is_paused(visit, deployment, world):
    van = world.technician("Van 92", at=VADUZ)
    here = {"longitude": VADUZ["lon"], "latitude": VADUZ["lat"], "accuracy": 7}
    page = visit(
        "/t",
        deployment.token("technician", van["id"]),
        geolocation=here,
        permissions=["geolocation"],
    ).page
    expect(page.locator("#share-state")).to_contain_text("Sent just now")
    page.get_by_role("switch", name="Share my position").uncheck()

    def outages():
        shown = world.api.get(f"/v1/technicians/{van['id']}/position").json()["outages"]
        return [one["code"] for one in shown]

    until(lambda: outages() == ["paused"], 20, "the office to know why")
