"""Changes on the road, drawn on the dispatcher's map in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.pages import World
from tests.support.app import SCHAAN, VADUZ
from tests.support.waiting import until

MARKUP = "<img src=x onerror=\"document.title='broken'\"> & Söhne"
LANDSTRASSE = (9.511404, 47.150787)
"""Halfway from Vaduz to Schaan, on the way."""


@pytest.fixture
def world(deployment):
    world = World(deployment)
    yield world
    for change in world.api.get("/v1/roads/changes").json()["changes"]:
        assert world.api.delete(f"/v1/roads/changes/{change['id']}").is_success


@pytest.fixture
def open_map(visit, deployment, world):
    def open_page(role="dispatcher", **options):
        visitor = visit("/map", deployment.token(role), **options)
        expect(visitor.page.locator("#connection")).to_have_text("Live")
        return visitor

    return open_page


def square(lon, lat, aside_deg=0.002):
    ring = [(lon - aside_deg, lat - aside_deg), (lon + aside_deg, lat - aside_deg)]
    ring += [(lon + aside_deg, lat + aside_deg), (lon - aside_deg, lat + aside_deg)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def look_at(page, place, zoom=15):
    page.evaluate(
        "([lon, lat, zoom]) => window.geoDispatch.map.setView([lat, lon], zoom, {animate: false})",
        [*place, zoom],
    )


def on_screen(page, lon, lat):
    return page.evaluate(
        """([lon, lat]) => {
            const { map } = window.geoDispatch;
            const box = map.getContainer().getBoundingClientRect();
            const at = map.latLngToContainerPoint([lat, lon]);
            return [box.x + at.x, box.y + at.y];
        }""",
        [lon, lat],
    )


def move_by_key(page, key):
    """Move the map to the end: while it still moves, it takes no other arrow."""
    page.evaluate(
        """() => {
            window.moved = new Promise((end) => window.geoDispatch.map.once("moveend", end));
        }"""
    )
    page.keyboard.press(key)
    page.evaluate("() => window.moved.then(() => true)")


def draw(page, area, press):
    """Set all corners of an area, and close it by the first one."""
    page.get_by_role("button", name="Road closed…").click()
    for lon, lat in area["coordinates"][0]:
        press(*on_screen(page, lon, lat))


def signs(page):
    return page.locator(".road-sign")


def form(page):
    return page.get_by_role("dialog", name="On these streets")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_streets_are_closed_by_drawing_round_them_and_opened_again(open_map, world, viewport):
    page = open_map(viewport=viewport, has_touch=True).page
    look_at(page, LANDSTRASSE)
    touch = page.touchscreen.tap if viewport is PHONE else page.mouse.click
    draw(page, square(*LANDSTRASSE), touch)
    expect(form(page).locator("#road-meets")).to_have_text(re.compile(r"Meets \d+ streets, .+m"))
    form(page).get_by_label("Why").fill("Burst water main")
    form(page).get_by_role("button", name="Close streets").click()
    card = page.get_by_role("dialog", name="Road closed")
    expect(card).to_contain_text("Burst water main")
    expect(card).to_contain_text("a dispatcher")
    [change] = world.api.get("/v1/roads/changes").json()["changes"]
    assert change["kind"] == "closure"
    assert change["in_force"]
    expect(signs(page)).to_have_count(1)
    card.get_by_role("button", name="Undo").click()
    expect(signs(page)).to_have_count(0)
    expect(page.locator("path.road-change")).to_have_count(0)
    assert world.api.get("/v1/roads/changes").json()["changes"] == []


def test_another_map_that_is_open_shows_the_closure_and_its_end(open_map, world):
    page = open_map(role="planner").page
    body = {"area": square(*LANDSTRASSE), "reason": "Market"}
    made = world.post("/v1/roads/closures", body)
    look_at(page, LANDSTRASSE)
    expect(signs(page)).to_have_attribute("aria-label", "Road closed: Market")
    expect(page.locator("path.road-change.closure").first).to_be_visible()
    world.api.delete(f"/v1/roads/changes/{made['id']}")
    expect(signs(page)).to_have_count(0)


def test_an_area_is_made_slower_by_a_factor_until_a_time(open_map, world):
    page = open_map().page
    look_at(page, LANDSTRASSE)
    draw(page, square(*LANDSTRASSE), page.mouse.click)
    form(page).get_by_text("Slower").click()
    form(page).get_by_role("radio", name="3", exact=False).click()
    form(page).get_by_label("Why").fill("Roadworks")
    form(page).get_by_label("Until").fill("2026-03-02T18:30")
    form(page).get_by_role("button", name="Slow down").click()
    card = page.get_by_role("dialog", name="Driving takes 3 times as long")
    expect(card).to_contain_text("18:30")
    [change] = world.api.get("/v1/roads/changes").json()["changes"]
    assert (change["factor"], change["until"]) == (3.0, "2026-03-02T17:30:00Z")


def test_kinds_are_told_apart_by_their_signs_and_lines(open_map, world):
    world.post("/v1/roads/closures", {"area": square(*LANDSTRASSE), "reason": "Market"})
    north = square(LANDSTRASSE[0], LANDSTRASSE[1] + 0.006)
    slow = world.post("/v1/roads/speed-factors", {"area": north, "factor": 1.5, "reason": "Queue"})
    assert slow["streets"] > 0
    page = open_map().page
    look_at(page, LANDSTRASSE)
    expect(page.locator(".road-sign.factor")).to_contain_text("1.5")
    expect(page.locator(".road-sign.closure")).to_have_text("")
    dashes = {
        kind: page.locator(f"path.road-change.{kind}[stroke-dasharray]").first.get_attribute(
            "stroke-dasharray"
        )
        for kind in ("closure", "factor")
    }
    assert len(set(dashes.values())) == 2
    page.locator("#legend summary").click() if not page.locator("#show-roads").is_visible() else 0
    page.get_by_label("Road changes").uncheck()
    expect(signs(page)).to_have_count(0)
    page.get_by_label("Road changes").check()
    expect(signs(page)).to_have_count(2)


def test_what_people_type_about_a_closure_is_shown_as_text(open_map, world):
    body = {"area": square(*LANDSTRASSE), "reason": MARKUP, "name": MARKUP}
    world.post("/v1/roads/closures", body)
    page = open_map().page
    look_at(page, LANDSTRASSE)
    signs(page).click()
    card = page.get_by_role("dialog", name="Road closed")
    expect(card.locator(".reason")).to_have_text(MARKUP)
    expect(card.locator("dd").first).to_have_text(MARKUP)
    assert page.locator(".road-card img").count() == 0
    assert page.title() != "broken"


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_however_much_there_is_to_read_undo_is_in_sight(open_map, world, viewport):
    body = {"area": square(*LANDSTRASSE), "reason": "Do not pass. " * 70, "name": "Road " * 20}
    world.post("/v1/roads/closures", body)
    page = open_map(viewport=viewport).page
    beside_the_legend = (0.018, 0.006) if viewport is DESK else (0, 0)
    look_at(page, [at + by for at, by in zip(LANDSTRASSE, beside_the_legend, strict=True)])
    signs(page).focus()
    page.keyboard.press("Enter")
    undo = page.get_by_role("dialog", name="Road closed").get_by_role("button", name="Undo")
    expect(undo).to_be_in_viewport(ratio=1)
    until(
        lambda: undo.evaluate(
            """(node) => {
                const { left, top, height } = node.getBoundingClientRect();
                return node.contains(document.elementFromPoint(left + 4, top + height / 2));
            }"""
        ),
        10,
        "nothing to lie over the button",
    )
    undo.click()
    expect(signs(page)).to_have_count(0)


def test_a_plate_holds_any_factor(open_map, world):
    factor = {"area": square(*LANDSTRASSE), "factor": 12.345678, "reason": "Queue"}
    world.post("/v1/roads/speed-factors", factor)
    page = open_map().page
    look_at(page, LANDSTRASSE)
    face = signs(page).locator(".face")
    expect(face).to_have_text("\N{MULTIPLICATION SIGN}12.35")
    assert face.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_a_card_tells_the_speeds_of_a_table(open_map, world, deployment):
    roads = deployment.context.roads
    streets = roads.streets_between(tuple(VADUZ.values()), tuple(SCHAAN.values()))
    ways = sorted({way for street in streets for way in roads.graph.ways_of(int(street))})[:2]
    table = [{"way_id": way, "kmh": kmh} for way, kmh in zip(ways, (40, 27.5), strict=True)]
    world.post("/v1/roads/speeds", {"speeds": table, "reason": "Ice"})
    page = open_map().page
    signs(page).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Other speeds")).to_contain_text("27.5 to 40 km/h")


def test_what_could_not_be_looked_up_can_be_closed_once_the_server_answers(open_map, world):
    page = open_map().page
    page.route("**/v1/roads/closures?dry_run=true", lambda route: route.abort(), times=1)
    look_at(page, LANDSTRASSE)
    draw(page, square(*LANDSTRASSE), page.mouse.click)
    expect(form(page).locator("#fault-road-form")).to_contain_text("does not answer")
    form(page).get_by_label("Why").fill("Market")
    form(page).get_by_role("button", name="Close streets").click()
    expect(page.get_by_role("dialog", name="Road closed")).to_contain_text("Market")


def test_a_closure_is_drawn_and_undone_by_keys_alone(open_map, world):
    page = open_map().page
    look_at(page, VADUZ.values(), zoom=16)
    page.get_by_role("button", name="Road closed…").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#banner")).to_contain_text("Click the corners of the area")
    for step in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(" ")
        move_by_key(page, step)
    page.keyboard.press(" ")
    expect(page.locator("#banner")).to_contain_text("4 corners")
    page.keyboard.press("Backspace")
    expect(page.locator("#banner")).to_contain_text("3 corners")
    page.keyboard.press("Enter")
    expect(form(page).get_by_label("Why")).to_be_focused()
    page.keyboard.type("Fallen tree")
    expect(form(page).get_by_role("button", name="Close streets")).to_be_enabled()
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog", name="Road closed")
    expect(card).to_be_focused()
    page.keyboard.press("Tab")
    expect(card.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(signs(page)).to_have_count(0)


def test_escape_gives_up_and_nothing_is_changed(open_map, world):
    page = open_map().page
    look_at(page, LANDSTRASSE)
    tool = page.get_by_role("button", name="Road closed…")
    tool.click()
    page.mouse.click(*on_screen(page, *LANDSTRASSE))
    page.keyboard.press("Escape")
    expect(page.locator("#banner")).to_be_hidden()
    expect(tool).to_be_focused()
    draw(page, square(*LANDSTRASSE), page.mouse.click)
    expect(form(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(form(page)).to_be_hidden()
    expect(tool).to_be_focused()
    assert world.api.get("/v1/roads/changes").json()["changes"] == []


def test_an_area_without_streets_and_a_missing_reason_are_told_in_the_form(open_map):
    visitor = open_map()
    page = visitor.page
    rhine = (9.4930, 47.1500)
    look_at(page, rhine, zoom=18)
    visitor.expected = (422,)
    draw(page, square(*rhine, aside_deg=0.0002), page.mouse.click)
    expect(form(page).locator("#fault-road-form")).to_contain_text("street")
    expect(form(page).get_by_role("button", name="Close streets")).to_be_disabled()
    form(page).get_by_role("button", name="Cancel").click()
    look_at(page, LANDSTRASSE)
    draw(page, square(*LANDSTRASSE), page.mouse.click)
    form(page).get_by_role("button", name="Close streets").click()
    expect(form(page).get_by_label("Why")).to_have_attribute("aria-invalid", "true")
    expect(form(page).get_by_label("Why")).to_be_focused()


def test_the_way_of_who_is_en_route_follows_a_closure(open_map, world):
    van = world.technician("Van 91", at=VADUZ)
    order = world.order(world.site("Dairy", SCHAAN))
    world.post(
        f"/v1/work-orders/{order['id']}/assign",
        {"technician_id": van["id"], "force": True, "reason": "test"},
    )
    world.post(f"/v1/work-orders/{order['id']}/status", {"status": "en_route"})
    page = open_map().page
    way = page.locator("path.route")
    expect(way).to_have_count(1)
    before = way.get_attribute("d")
    world.post("/v1/roads/closures", {"area": square(*LANDSTRASSE), "reason": "Market"})
    until(lambda: way.get_attribute("d") != before, 5, "the way to lead round the closure")
