"""A call for help on the dispatcher's page can't be missed, and ends when it is dealt with."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.pages import World
from tests.support.app import SCHAAN, VADUZ

REASON = 'The key does not fit <img src=x onerror="document.title=1">'
TITLE = "Live map · geo-dispatch"


@pytest.fixture
def world(deployment):
    return World(deployment)


@pytest.fixture
def begin(world):
    """Puts an order on the tools of a new van: the order, and a way to tell its steps."""
    begun = []

    def order_at_work(call_sign="Van 91", name="Dairy Schaan"):
        van = world.technician(call_sign, at=VADUZ)
        order = world.order(world.site(name, SCHAAN))
        path = f"/v1/work-orders/{order['id']}"
        world.post(f"{path}/assign", {"technician_id": van["id"], "force": True, "reason": "test"})

        def tell(status, **more):
            return world.post(f"{path}/status", {"status": status, **more})

        for status in ("en_route", "on_site", "on_the_tools"):
            tell(status)
        begun.append(tell)
        return order, tell

    yield order_at_work
    for tell in begun:
        tell("cancelled", reason="end of the test")


@pytest.fixture
def at_work(begin):
    return begin()


@pytest.fixture
def open_map(visit, deployment):
    def opened(viewport=DESK):
        visitor = visit("/map", deployment.token("dispatcher"), viewport=viewport)
        expect(visitor.page.locator("#connection")).to_have_text("Live")
        return visitor.page

    return opened


def call_of(page, order):
    return page.get_by_role("alert").locator(f'[data-order="{order["id"]}"]')


@pytest.mark.capability("FA-017")
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_call_for_help_is_an_alert_above_the_queue_until_it_is_dealt_with(
    open_map, at_work, viewport
):
    order, tell = at_work
    page = open_map(viewport)
    expect(page.locator("#calls")).to_be_hidden()
    expect(page).to_have_title(TITLE)
    tell("needs_help", reason=REASON)
    call = call_of(page, order)
    expect(call).to_be_in_viewport(ratio=1)
    expect(call).to_contain_text("Van 91 needs help")
    expect(call).to_contain_text(f"{order['number']} · boiler repair · Dairy Schaan")
    expect(call.locator("q")).to_have_text(REASON)
    expect(call.locator("time")).to_contain_text("since ")
    expect(page).to_have_title(f"(1) Help needed · {TITLE}")
    alert, queue = page.locator("#calls").bounding_box(), page.locator("#side").bounding_box()
    assert alert["y"] + alert["height"] <= queue["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    call.click()
    expect(page.locator("#panel h2")).to_have_text("Dairy Schaan")
    tell("on_the_tools")
    expect(page.locator("#calls")).to_be_hidden()
    expect(page).to_have_title(TITLE)


@pytest.mark.capability("FA-017")
def test_a_state_that_cannot_follow_is_refused_and_raises_no_alert(open_map, at_work, world):
    order, tell = at_work
    tell("needs_help", reason="stuck")
    page = open_map()
    expect(call_of(page, order)).to_be_visible()
    path = f"/v1/work-orders/{order['id']}/status"
    for illegal in ("en_route", "needs_help"):
        answer = world.api.post(path, json={"status": illegal})
        assert (answer.status_code, answer.json()["code"]) == (409, "transition-not-allowed")
    tell("on_the_tools")
    expect(page.locator("#calls")).to_be_hidden()
    assert world.api.post(path, json={"status": "en_route"}).status_code == 409
    expect(page.locator("#calls")).to_be_hidden()


@pytest.mark.capability("FA-017")
def test_a_call_sounds_on_a_page_that_was_touched_and_not_muted(open_map, at_work):
    order, tell = at_work
    page = open_map()
    sound = page.locator("#calls-sound")
    tell("needs_help", reason="first")
    expect(call_of(page, order).locator("q")).to_have_text("first")
    page.locator("#search").click()
    tell("on_the_tools")
    expect(page.locator("#calls")).to_be_hidden()
    tell("needs_help", reason="second")
    expect(sound).to_have_attribute("data-rung", "1")
    sound.click()
    expect(sound).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(call_of(page, order).locator("q")).to_have_text("second")
    expect(sound).to_have_attribute("aria-pressed", "true")
    for said in ("unheard", "heard"):
        page.locator("#search").click()
        tell("on_the_tools")
        expect(page.locator("#calls")).to_be_hidden()
        tell("needs_help", reason=said)
        expect(call_of(page, order).locator("q")).to_have_text(said)
        sound.click()
    expect(sound).to_have_attribute("data-rung", "1")


@pytest.mark.capability("FA-017")
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_second_call_is_seen_beside_the_job_of_the_first(open_map, begin, viewport):
    order, tell = begin()
    other, tell_other = begin("Van 92", "Mill")
    page = open_map(viewport)
    tell("needs_help", reason="first")
    call_of(page, order).click()
    expect(page.locator("#panel h2")).to_have_text("Dairy Schaan")
    tell_other("needs_help", reason="second")
    expect(call_of(page, other)).to_be_in_viewport(ratio=1)
    expect(page).to_have_title(f"(2) Help needed · {TITLE}")
    call_of(page, other).click()
    expect(page.locator("#panel h2")).to_have_text("Mill")
