"""Going private, being looked at, and a day played back, in a real browser."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.tracking.fixes import Fix
from tests.browser.conftest import DESK, PHONE
from tests.browser.pages import World
from tests.support.app import VADUZ
from tests.support.waiting import until


@pytest.fixture
def world(deployment):
    return World(deployment)


@pytest.fixture
def van(world):
    return world.technician("Van 07", at=VADUZ)


def drive(deployment, van):
    """An hour of history: a drive, a halt, a gap and another drive."""
    first_ms = datetime_to_ms(deployment.now() - timedelta(hours=1))
    fixes = [
        Fix(
            van["id"],
            first_ms + 5_000 * n + (1_200_000 if n > 400 else 0),
            95_000_000 + 300 * min(n, 250) + (300 * (n - 400) if n > 400 else 0),
            471_300_000 + 150 * min(n, 250),
            8.0,
        )
        for n in range(480)
    ]
    with deployment.context.store.write() as unit:
        unit.tracking.add_fixes(fixes, first_ms)
        unit.commit()


def test_while_nothing_is_kept_the_page_does_not_say_that_the_position_was_sent(
    visit, deployment, van
):
    here = {"longitude": VADUZ["lon"], "latitude": VADUZ["lat"], "accuracy": 7}
    token = deployment.token("technician", van["id"])
    page = visit("/t", token, PHONE, geolocation=here, permissions=["geolocation"]).page
    state = page.locator("#share-state")
    expect(state).to_contain_text("Sent just now")
    page.get_by_role("button", name="Go private").click()
    expect(page.locator("#privacy")).to_contain_text("Private since")

    def says_so():
        here["latitude"] += 1e-6
        page.context.set_geolocation(here)  # for a moment the browser then knows no place at all
        try:
            expect(state).to_contain_text("nothing is kept of it now", timeout=3000)
        except AssertionError:
            return False
        return True

    until(says_so, 20, "the page to say that nothing is kept")
    page.get_by_role("button", name="End private time").click()
    expect(page.get_by_role("button", name="Go private")).to_be_visible()


def test_a_technician_goes_private_and_the_map_says_so_instead_of_an_old_place(
    visit, deployment, van
):
    office = visit("/map", deployment.token("dispatcher"), DESK).page
    marker = office.locator(f'.tech[data-technician="{van["id"]}"]')
    expect(marker).to_be_visible()
    phone = visit("/t", deployment.token("technician", van["id"]), PHONE, is_mobile=True).page
    privacy = phone.get_by_role("region", name="Privacy")
    expect(privacy).to_contain_text("Seen while at work")
    privacy.get_by_role("button", name="Go private").click()
    expect(privacy).to_contain_text("Private since")
    expect(marker).to_have_count(0)
    office.get_by_role("button", name="Technicians").click()
    row = office.locator(f'[data-key="{van["id"]}"]')
    expect(row).to_contain_text("private since")
    row.click()
    panel = office.get_by_role("region", name="Van 07")
    expect(panel).to_contain_text("Private since")
    panel.get_by_text("In an emergency").click()
    panel.get_by_label("What the emergency is").fill("no answer since the gas alarm")
    panel.get_by_role("button", name="Unlock for an hour").click()
    expect(panel.get_by_text("Private since")).to_have_count(0)
    expect(privacy).to_contain_text("Seen in an emergency")
    privacy.get_by_role("button", name="End private time").click()
    expect(privacy.get_by_role("button", name="Go private")).to_be_visible()


def test_nothing_is_played_before_it_is_there(visit, deployment, van):
    drive(deployment, van)
    page, held = visit("/map", deployment.token("dispatcher")).page, []

    def hold(route):
        held.append(route)

    page.route("**/playback?*", hold, times=1)
    page.get_by_role("button", name="Technicians").click()
    page.locator(f'[data-key="{van["id"]}"]').click()
    with page.expect_request("**/playback?*"):
        page.get_by_role("button", name="Play back a day").click()
    bar = page.get_by_role("region", name="Playback")
    expect(bar.get_by_role("button", name="Play")).to_be_disabled()
    expect(bar.get_by_role("slider")).to_be_disabled()
    until(lambda: page.title() and held, 10, "the request to be held")
    held[0].continue_()
    expect(bar.get_by_role("button", name="Play")).to_be_enabled()
    expect(bar.get_by_role("slider")).to_be_enabled()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_day_is_played_back_and_the_technician_reads_who_looked(visit, deployment, van, size):
    drive(deployment, van)
    office = visit("/map", deployment.token("dispatcher"), size).page
    office.get_by_role("button", name="Technicians").click()
    office.locator(f'[data-key="{van["id"]}"]').click()
    office.get_by_role("button", name="Play back a day").click()
    bar = office.get_by_role("region", name="Playback")
    slider = bar.get_by_role("slider")
    expect(slider).to_be_enabled()
    before = float(slider.input_value())
    bar.get_by_role("button", name="Play").click()
    expect(bar.get_by_role("button", name="Pause")).to_be_visible()
    office.wait_for_function(
        "before => Number(document.querySelector('.playback input[type=range]').value) > before",
        arg=before,
    )
    bar.get_by_role("button", name="Pause").click()
    slider.press("End")
    assert float(slider.input_value()) > before
    bar.get_by_role("button", name="Close").click()
    expect(bar).to_be_hidden()
    phone = visit("/t", deployment.token("technician", van["id"]), PHONE, is_mobile=True).page
    phone.get_by_text("Who looked where you were").click()
    expect(phone.locator(".looks")).to_contain_text("dispatcher: your day, played back")
