"""The technician's alarm: sent on purpose only, tried until it is heard, and said when it was."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.browser.pages import World
from tests.support.app import VADUZ

LEAST_PX = 44
"""What a thumb finds, WCAG 2.5.5."""


@pytest.fixture
def world(deployment):
    return World(deployment)


@pytest.fixture
def van(world, request):
    return world.technician(f"Van {request.node.name}"[:60], at=VADUZ)


@pytest.fixture
def page(visit, deployment, van):
    token = deployment.token("technician", van["id"])
    opened = visit("/t", token, PHONE, is_mobile=True, has_touch=True).page
    expect(opened.locator("#connection")).to_have_text("Live")
    return opened


@pytest.fixture
def button(page):
    return page.get_by_role("button", name="SOS")


@pytest.fixture
def thumb(page, button):
    """Puts a finger on the button, or takes it off: ``thumb("touchStart")``."""
    box = button.bounding_box()
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    devtools = page.context.new_cdp_session(page)

    def move(kind):
        points = [] if kind == "touchEnd" else [place]
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    return move


def calls(world, van):
    items = world.api.get("/v1/sos").json()["items"]
    return [one for one in items if one["technician_id"] == van["id"]]


def test_held_down_it_is_sent_and_says_who_heard_until_it_is_answered(page, thumb, world, van):
    state = page.locator("#alarm")
    thumb("touchStart")
    expect(state).to_contain_text("The office has your alarm")
    thumb("touchEnd")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert len(calls(world, van)) == 1
    page.reload()
    expect(state).to_contain_text("The office has your alarm")
    expect(page.locator("#connection")).to_have_text("Live")
    world.post(f"/v1/technicians/{van['id']}/sos/answer", {"note": "Help is on its way"})
    expect(state).to_contain_text("The office answered your alarm")
    expect(state).to_contain_text("Help is on its way")
    state.get_by_role("button", name="Good").click()
    expect(state).to_be_empty()


def test_a_short_press_sends_nothing_before_it_is_confirmed(page, button, world, van):
    button.tap()
    asked = page.get_by_role("dialog", name="Send an alarm to the office?")
    asked.get_by_role("button", name="No").tap()
    expect(asked).to_be_hidden()
    assert calls(world, van) == []
    button.tap()
    asked.get_by_role("button", name="Send the alarm").tap()
    expect(page.locator("#alarm")).to_contain_text("The office has your alarm")
    assert len(calls(world, van)) == 1


def test_keys_alone_can_send_it_and_escape_sends_nothing(page, button, world, van):
    button.focus()
    page.keyboard.press("Enter")
    asked = page.get_by_role("dialog")
    expect(asked.get_by_role("button", name="No")).to_be_focused()
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    assert calls(world, van) == []
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#alarm")).to_contain_text("The office has your alarm")


def test_without_a_connection_it_says_so_and_is_sent_once_when_there_is_one(
    page, thumb, world, van, deployment
):
    state = page.locator("#alarm")
    page.context.set_offline(True)
    thumb("touchStart")
    expect(state).to_contain_text("The office has not heard you yet")
    thumb("touchEnd")
    assert calls(world, van) == []
    page.context.set_offline(False)
    expect(state).to_contain_text("The office has your alarm")
    with deployment.context.store.read() as unit:
        stream = f"technician:{van['id']}"
        logged = unit.events(streams=[stream], types=["technician.sos"])
    assert len(list(logged)) == 1


def test_who_pressed_it_by_mistake_offline_can_stop_it(page, thumb, world, van):
    state = page.locator("#alarm")
    page.context.set_offline(True)
    thumb("touchStart")
    state.get_by_role("button", name="Stop trying").tap()
    thumb("touchEnd")
    expect(state).to_be_empty()
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_have_text("Live", timeout=15_000)
    assert calls(world, van) == []


def test_it_stays_in_reach_of_a_thumb_and_widens_no_phone(page, button):
    page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    expect(button).to_be_in_viewport()
    box = button.bounding_box()
    assert min(box["width"], box["height"]) >= LEAST_PX
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
