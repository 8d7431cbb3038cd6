"""The technician's page in a real browser."""

import re
import threading

import pytest
from playwright.sync_api import expect

from geo_dispatch import worker as worker_process
from tests.browser.conftest import PHONE
from tests.browser.pages import World
from tests.support.app import SCHAAN, WORKING_HOURS, running
from tests.support.files import JPEG
from tests.support.waiting import until

RANGE = r"\d\d:\d\d\u2013\d\d:\d\d"

CLOCK_FACTOR = 30
"""An arrival takes minutes at the site."""


@pytest.fixture(scope="module")
def deployment(workspace, tmp_path_factory):
    """A deployment whose clock runs faster."""
    with running(workspace, tmp_path_factory.mktemp("data"), clock_factor=CLOCK_FACTOR) as quick:
        yield quick


@pytest.fixture
def world(deployment):
    return World(deployment)


@pytest.fixture(scope="module")
def worker(deployment):
    """The worker, beside the API."""
    stopping = threading.Event()
    thread = threading.Thread(target=worker_process.run, args=(deployment.settings, stopping))
    thread.start()
    yield
    stopping.set()
    thread.join(10)
    assert not thread.is_alive()


NEXT_DOOR = {"lon": 9.5297, "lat": 47.1402}
"""Thirty metres from `HERE`: nobody jumps."""


@pytest.fixture
def van(world):
    return world.technician("Van 41", at=NEXT_DOOR)


@pytest.fixture
def phone(visit, deployment, van):
    def open_day(**options):
        return visit(
            "/t",
            deployment.token("technician", van["id"]),
            PHONE,
            is_mobile=True,
            has_touch=True,
            **options,
        )

    return open_day


def assigned(world, van, **more):
    site = world.site("Bakery Schaan", SCHAAN, access_notes="Gate code 4711")
    order = world.order(site, notes="Ask for the baker.", **more)
    return world.post(
        f"/v1/work-orders/{order['id']}/assign",
        {"technician_id": van["id"], "force": True, "reason": "test"},
    )


def stand(world, van, site, order):
    """Fixes at the site until they have confirmed the arrival."""

    def is_seen():
        world.ping(van, site, speed_mps=0)
        return world.api.get(f"/v1/work-orders/{order['id']}").json()["status"] == "on_site"

    until(is_seen, 20, "the arrival")


def test_the_visit_shows_its_briefing(phone, world, van):
    assigned(world, van)
    page = phone().page
    expect(page.get_by_role("heading", name="Van 41")).to_be_visible()
    visit = page.locator(".visit.now")
    for text in ("Bakery Schaan", "Gate code 4711", "Ask for the baker."):
        expect(visit).to_contain_text(text)
    link = visit.get_by_role("link", name="Navigate").get_attribute("href")
    assert link.startswith(f"geo:{SCHAAN['lat']},{SCHAAN['lon']}")


def test_one_button_leads_through_the_steps(phone, world, van):
    order = assigned(world, van)
    page = phone().page
    visit = page.locator(f'.visit[data-order="{order["id"]}"]')
    for button, status in (
        ("Set out", "en_route"),
        ("I am on site", "on_site"),
        ("Start work", "on_the_tools"),
    ):
        visit.get_by_role("button", name=button).click()
        expect(visit).to_have_attribute("data-status", status)
    visit.get_by_role("button", name="Complete").click()
    expect(visit.get_by_label("What was done")).to_be_focused()
    expect(visit).to_have_attribute("data-status", "on_the_tools")
    visit.get_by_label("What was done").fill("New gasket.")
    visit.get_by_role("button", name="Complete").click()
    expect(visit).to_have_attribute("data-status", "complete")
    assert world.api.get(f"/v1/work-orders/{order['id']}").json()["status"] == "complete"


def test_help_is_asked_for_with_a_reason_and_work_goes_on(phone, world, van):
    order = assigned(world, van)
    page = phone().page
    visit = page.locator(f'.visit[data-order="{order["id"]}"]')
    visit.get_by_role("button", name="Set out").click()
    visit.get_by_role("button", name="I need help").click()
    visit.get_by_role("button", name="Ask for help").click()
    expect(visit).to_contain_text("A few words are needed")
    visit.get_by_label("What do you need?").fill("Van broke down")
    visit.get_by_role("button", name="Ask for help").click()
    expect(visit).to_have_attribute("data-status", "needs_help")
    visit.get_by_role("button", name="Carry on").click()
    expect(visit).to_have_attribute("data-status", "en_route")


@pytest.mark.capability("FA-066")
def test_a_photo_taken_on_the_job_is_on_its_record(phone, world, van):
    order = assigned(world, van)
    page = phone().page
    visit = page.locator(f'.visit[data-order="{order["id"]}"]')
    button = visit.get_by_label("Add photo")
    expect(button).to_have_attribute("accept", "image/*")
    expect(button).to_have_attribute("capture", "environment")
    for _twice in range(2):
        button.set_input_files({"name": "valve.jpg", "mimeType": "image/jpeg", "buffer": JPEG})
        expect(page.locator("#toast")).to_have_text("The photo is on the record")
        expect(button).to_be_enabled()
    (file,) = world.api.get(f"/v1/work-orders/{order['id']}/files").json()["items"]
    assert (file["kind"], file["name"], file["technician_id"]) == ("photo", "valve.jpg", van["id"])
    assert world.api.get(f"/v1/work-orders/{order['id']}/files/{file['id']}").content == JPEG


def test_a_picture_that_is_none_is_said_to_be_none(visit, deployment, world, van):
    order = assigned(world, van)
    opened = visit("/t", deployment.token("technician", van["id"]), PHONE, is_mobile=True)
    opened.expected = (422,)
    card = opened.page.locator(f'.visit[data-order="{order["id"]}"]')
    rubbish = {"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b"rubbish"}
    card.get_by_label("Add photo").set_input_files(rubbish)
    expect(card.get_by_role("alert")).to_contain_text("begins like nothing that is taken here")


def test_a_job_assigned_meanwhile_appears_by_itself_and_is_told(phone, world, van):
    page = phone().page
    expect(page.locator("#connection")).to_have_text("Live")
    order = assigned(world, van)
    expect(page.locator(f'.visit[data-order="{order["id"]}"]')).to_be_visible()
    expect(page.locator("#toast")).to_contain_text(f"{order['number']} is yours: boiler repair")


@pytest.mark.parametrize(("answer", "review"), [("confirm", "confirmed"), ("contest", "contested")])
@pytest.mark.usefixtures("worker")
def test_an_arrival_seen_by_gps_is_confirmed_or_contested(phone, world, van, answer, review):
    order = assigned(world, van)
    page = phone().page
    visit = page.locator(f'.visit[data-order="{order["id"]}"]')
    visit.get_by_role("button", name="Set out").click()
    stand(world, van, SCHAAN, order)
    expect(visit).to_have_attribute("data-status", "on_site")
    expect(visit).to_contain_text("GPS says that you arrived")
    if answer == "confirm":
        visit.get_by_role("button", name="Yes, confirm").click()
    else:
        visit.get_by_role("button", name="No", exact=True).click()
        visit.get_by_label("What is wrong with it?").fill("I only drove past")
        visit.get_by_role("button", name="Contest it").click()
    expect(visit).not_to_contain_text("GPS says")
    seen = world.api.get(f"/v1/work-orders/{order['id']}/visits").json()["items"]
    assert [one["review"] for one in seen] == [review]


HERE = {"longitude": 9.5301, "latitude": 47.1402, "accuracy": 7}


def test_the_position_is_sent_from_when_the_page_opens_until_switched_off(phone, world, van):
    page = phone(geolocation=HERE, permissions=["geolocation"]).page
    state = page.locator("#share-state")
    switch = page.get_by_role("switch", name="Share my position")
    expect(state).to_contain_text("Sent just now, within 7 m")
    expect(switch).to_be_checked()
    position = world.api.get(f"/v1/technicians/{van['id']}/position").json()
    assert (position["lon"], position["lat"]) == (9.5301, 47.1402)
    switch.uncheck()
    expect(state).to_contain_text("Off.")
    page.reload()
    expect(page.get_by_role("heading", name="Van 41")).to_be_visible()
    expect(state).to_contain_text("Off.")
    expect(switch).not_to_be_checked()
    switch.check()
    expect(state).to_contain_text("Sent just now")
    page.reload()
    expect(state).to_contain_text("Sent just now")


def test_who_denies_the_position_is_told_how_to_allow_it_and_it_begins_by_itself(phone):
    page = phone(geolocation=HERE).page
    state = page.locator("#share-state")
    expect(state).to_contain_text("allow Location")
    expect(page.get_by_role("switch", name="Share my position")).not_to_be_checked()
    page.context.grant_permissions(["geolocation"])
    expect(state).to_contain_text("Sent just now, within 7 m")


@pytest.mark.usefixtures("worker")
def test_a_likely_arrival_is_asked_about_and_settled_with_one_tap(phone, world, van):
    order = assigned(world, van)
    near = {"lon": SCHAAN["lon"], "lat": SCHAAN["lat"] + 0.00043}
    visit = f'.visit[data-order="{order["id"]}"]'

    def is_asked():
        world.ping(van, near, speed_mps=0, accuracy_m=35)
        items = technician.get("/v1/my/day").json()["items"]
        return [one["suggested_arrival_at"] for one in items if one["id"] == order["id"]] != [None]

    technician = world.deployment.client("technician", van["id"])
    until(is_asked, 20, "the suggestion")
    page = phone().page
    expect(page.locator(visit)).to_contain_text("It looks as if you arrived at")
    page.locator(visit).get_by_role("button", name="Yes, I am on site").click()
    expect(page.locator(visit)).to_have_attribute("data-status", "on_site")
    expect(page.locator(visit)).not_to_contain_text("It looks as if")
    (seen,) = world.api.get(f"/v1/work-orders/{order['id']}/visits").json()["items"]
    assert (seen["source"], seen["evidence"]["rule"]) == ("person", "dwell/2")


@pytest.mark.usefixtures("worker")
def test_an_eta_by_a_position_that_grew_old_is_a_range(phone, visit, deployment, world, van):
    order = assigned(world, van)
    own = phone().page.locator(f'.visit[data-order="{order["id"]}"]')
    expect(own).to_contain_text(re.compile(f"ETA {RANGE}"), timeout=20_000)
    technician = world.deployment.client("technician", van["id"])
    (item,) = technician.get("/v1/my/day").json()["items"]
    known = world.api.get(f"/v1/work-orders/{order['id']}/eta").json()
    for told in (item["eta"], known):
        assert told["between"]["start"] < told["between"]["end"]
    office = visit("/map", deployment.token("dispatcher")).page
    office.get_by_role("button", name=order["number"]).first.click()
    expect(office.locator("#panel")).to_contain_text(re.compile(RANGE))


def test_a_step_pressed_offline_says_that_it_was_not_sent(phone, world, van):
    order = assigned(world, van)
    visitor = phone()
    page = visitor.page
    visit = page.locator(f'.visit[data-order="{order["id"]}"]')
    expect(page.locator("#connection")).to_have_text("Live")
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_text("Offline")
    visit.get_by_role("button", name="Set out").click()
    expect(visit).to_contain_text("this was not sent")
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_have_text("Live", timeout=15_000)
    visit.get_by_role("button", name="Set out").click()
    expect(visit).to_have_attribute("data-status", "en_route")


def test_a_break_that_is_due_is_begun_and_ended_with_one_button(phone, world, van):
    lunch = {"earliest": "07:30", "latest": "17:00", "duration_s": 1800}
    shifts = [shift | {"breaks": [lunch]} for shift in WORKING_HOURS]
    changed = world.api.patch(
        f"/v1/technicians/{van['id']}",
        json={"shifts": shifts},
        headers={"If-Match": f'"{van["version"]}"'},
    )
    assert changed.is_success, changed.text
    technician = world.deployment.client("technician", van["id"])
    page = phone().page
    rest = page.locator("#rest")
    expect(rest).to_contain_text("Your break of 30 min is due")
    rest.get_by_role("button", name="Start break").click()
    expect(rest).to_contain_text("On a break since")
    assert technician.get("/v1/my/day").json()["resting_since"]
    page.reload()
    rest.get_by_role("button", name="Back to work").click()
    expect(rest.get_by_role("button", name="Back to work")).to_be_hidden()
    assert technician.get("/v1/my/day").json()["resting_since"] is None


def test_who_has_no_break_is_offered_none(phone, world, van):
    page = phone().page
    expect(page.get_by_role("heading", name="Van 41")).to_be_visible()
    expect(page.locator("#rest")).to_be_hidden()


def test_a_technician_is_sent_from_the_map_to_their_own_day(visit, deployment, van):
    page = visit("/map", deployment.token("technician", van["id"])).page
    page.wait_for_url("**/t")
