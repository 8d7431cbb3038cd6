"""The dispatcher's page in a real browser."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from geo_dispatch.dispatch.work.events import EtaPublished
from geo_dispatch.kernel.actors import WORKER
from tests.browser.conftest import DESK, PHONE, sign_in
from tests.browser.pages import World
from tests.support.app import BALZERS, SCHAAN, VADUZ
from tests.support.waiting import until

MARKUP = "<img src=x onerror=\"document.title='broken'\"> & Söhne"


@pytest.fixture
def world(deployment):
    return World(deployment)


@pytest.fixture
def dispatcher(visit, deployment, world):
    def open_map(**options):
        visitor = visit("/map", deployment.token("dispatcher"), **options)
        expect(visitor.page.locator("#connection")).to_have_text("Live")
        return visitor

    return open_map


def marker(page, technician):
    return page.locator(f'.tech[data-technician="{technician["id"]}"]')


def centre(locator):
    box = locator.locator(".disc").bounding_box()
    return round(box["x"]), round(box["y"])


def test_a_marker_moves_after_a_ping(dispatcher, world):
    van = world.technician("Van 11", at=VADUZ)
    page = dispatcher().page
    expect(marker(page, van)).to_be_visible()
    before = centre(marker(page, van))
    world.ping(van, {"lon": 9.5250, "lat": 47.1600}, accuracy_m=3000)
    until(lambda: centre(marker(page, van)) != before, 5, "the marker to move")


def test_every_marker_stands_where_its_technician_is(dispatcher, world):
    vans = [
        (world.technician(f"Van 6{i}", at=place), place)
        for i, place in enumerate((VADUZ, SCHAAN, BALZERS))
    ]
    page = dispatcher().page
    for van, place in vans:
        expect(marker(page, van)).to_be_visible()
        wanted = page.evaluate(
            """({lat, lon}) => {
                const { map } = window.geoDispatch;
                const box = map.getContainer().getBoundingClientRect();
                const at = map.latLngToContainerPoint([lat, lon]);
                return [box.x + at.x, box.y + at.y];
            }""",
            place,
        )
        box = marker(page, van).locator(".disc").bounding_box()
        drawn = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        assert drawn == pytest.approx(wanted, abs=2)


def test_a_new_technician_appears_without_reloading(dispatcher, world):
    page = dispatcher().page
    van = world.technician("Van 12", at=VADUZ)
    expect(marker(page, van)).to_have_attribute("data-status", "available")
    expect(marker(page, van)).to_contain_text("Van 12")


def test_what_comes_in_while_the_page_loads_is_on_it(visit, deployment, world):
    site, placed = world.site("Ferry", VADUZ), []

    def place(route):
        placed.append(world.order(site))
        route.continue_()

    page = visit("/sign-in").page
    page.route("**/v1/stream?*", place, times=1)
    sign_in(page, deployment.token("dispatcher"), "/map")
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator(f'.row[data-key="{placed[0]["id"]}"]')).to_be_visible()


def test_what_changes_while_all_is_read_anew_is_not_put_back(dispatcher, world):
    page, order = dispatcher().page, world.order(world.site("Ferry", VADUZ))

    def answer_late(route):
        old = route.fetch()
        called_off = {"status": "cancelled", "reason": "no ferry today"}
        world.post(f"/v1/work-orders/{order['id']}/status", called_off)
        page.wait_for_timeout(500)
        route.fulfill(response=old)

    page.route("**/v1/work-orders?*", answer_late, times=1)
    status = page.evaluate(
        """async (id) => {
            const { Store } = await import("/static/js/map/store.js");
            const store = new Store({ age: () => 0 });
            const read = new Promise((done) =>
                store.addEventListener("change", () => {
                    if (store.orders.get(id)?.status === "cancelled") done();
                }));
            const loading = store.load();
            store.apply({ type: "order.cancelled", stream: `order:${id}`, body: {} });
            await loading;
            await Promise.race([read, new Promise((late) => setTimeout(late, 5000))]);
            return store.orders.get(id).status;
        }""",
        order["id"],
    )
    assert status == "cancelled"


def test_live_is_said_once_everybody_is_shown(visit, deployment, world):
    van = world.technician("Van 14", at=VADUZ)
    position = f"/v1/technicians/{van['id']}/position"
    until(lambda: world.api.get(position).is_success, 10, "the mirror to hear of the van")
    page = visit("/sign-in").page
    page.add_init_script(
        """addEventListener("DOMContentLoaded", () => {
            const node = document.querySelector("#connection");
            const look = () => {
                if (node.dataset.state !== "live") return;
                window.shown ??= document.querySelectorAll(".tech").length;
            };
            if (node) new MutationObserver(look).observe(node, { attributes: true });
        });"""
    )
    sign_in(page, deployment.token("dispatcher"), "/map")
    expect(page.locator("#connection")).to_have_text("Live")
    assert page.evaluate("() => window.shown") > 0


def test_names_of_vans_that_stand_together_do_not_cover_each_other(dispatcher, world):
    vans = [
        world.technician(f"Van 7{i}", at={"lon": 9.5209 + i * 0.0004, "lat": 47.1410})
        for i in range(3)
    ]
    page = dispatcher().page
    for van in vans:
        expect(marker(page, van)).to_have_attribute("data-side", re.compile("."))
    boxes = [tag.bounding_box() for tag in page.locator(".tech:not([data-side=none]) .tag").all()]
    covered = [
        (a, b)
        for i, a in enumerate(boxes)
        for b in boxes[:i]
        if a["x"] < b["x"] + b["width"]
        and b["x"] < a["x"] + a["width"]
        and a["y"] < b["y"] + b["height"]
        and b["y"] < a["y"] + a["height"]
    ]
    assert len(boxes) >= len(vans)
    assert covered == []


def test_the_name_of_a_van_on_site_does_not_cover_the_pin_of_its_job(dispatcher, world):
    site = world.site("Dairy", SCHAAN)
    order, van = world.order(site), world.technician("Van 79", at=SCHAAN)
    page = dispatcher().page
    page.locator(f'.row[data-key="{order["id"]}"]').click()
    pin = page.locator(f'.job[data-order="{order["id"]}"] .mark')
    tag = marker(page, van).locator(".tag")

    def apart():
        a, b = pin.bounding_box(), tag.bounding_box()
        return a["y"] + a["height"] <= b["y"] or a["x"] + a["width"] <= b["x"]

    until(apart, 5, "the name to give way")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_map_opens_on_all_there_is(dispatcher, world, viewport):
    world.site("The northernmost", {"lon": 9.5300, "lat": 47.2680})
    world.site("The southernmost", {"lon": 9.5000, "lat": 47.0500})
    van = world.technician("Van 78", at={"lon": 9.6300, "lat": 47.1000})
    page = dispatcher(viewport=viewport).page
    expect(marker(page, van)).to_be_visible()
    west, south, east, north = page.evaluate(
        """() => {
            const { map } = window.geoDispatch;
            const { width, height } = map.getContainer().getBoundingClientRect();
            const { lng, lat } = map.containerPointToLatLng([0, height]);
            const corner = map.containerPointToLatLng([width, 0]);
            return [lng, lat, corner.lng, corner.lat];
        }"""
    )
    assert west < 9.5000
    assert south < 47.0500
    assert east > 9.6300
    assert north > 47.2680


@pytest.mark.capability("BO-036")
def test_a_stale_technician_shows_the_age_and_fades(dispatcher, world, deployment):
    van = world.technician("Van 13")
    page = dispatcher().page
    world.ping(van, VADUZ, at=(deployment.now() - timedelta(minutes=9)).isoformat())
    expect(marker(page, van)).to_have_attribute("data-stale", "true")
    expect(marker(page, van)).to_contain_text("9 min old")
    opacity = float(marker(page, van).evaluate("(node) => node.style.opacity"))
    assert opacity < 0.8


def test_a_job_is_made_and_assigned_from_the_map(dispatcher, world):
    van = world.technician("Van 21", at=VADUZ)
    page = dispatcher().page
    page.get_by_role("button", name="New job").click()
    page.get_by_role("combobox", name="Where").fill("Städtle")
    page.get_by_role("option").first.click()
    page.get_by_label("Work", exact=True).fill("cooling fault")
    page.get_by_label("Customer").fill("Alpine Dairy")
    page.get_by_text("High", exact=True).click()
    page.locator("#skills label", has_text="hvac").click()
    page.get_by_role("button", name="Make job").click()

    panel = page.locator("#panel")
    expect(panel).to_contain_text("cooling fault")
    expect(panel).to_contain_text("Alpine Dairy")
    candidate = panel.locator(f'.candidate[data-technician="{van["id"]}"]')
    expect(candidate).to_contain_text("drive")
    candidate.get_by_role("button", name="Assign to Van 21").click()
    expect(panel.locator(".chip").first).to_have_text("Assigned")
    expect(panel.locator(".timeline")).to_contain_text("Van 21")

    number = panel.locator(".panel-head b").inner_text()
    order = world.api.get(f"/v1/work-orders/{number}").json()
    assert order["technician_id"] == van["id"]
    assert order["priority"] == 2
    assert order["required_skills"] == [{"name": "hvac", "level": 1}]


@pytest.mark.capability("BO-044")
def test_a_click_on_a_job_shows_its_candidates_and_one_is_assigned(dispatcher, world):
    van = world.technician("Van 22", at=SCHAAN)
    order = world.order(world.site("Saw mill", {"lon": 9.5165, "lat": 47.1702}))
    page = dispatcher().page
    page.locator(f'.job[data-order="{order["id"]}"] .head').click()
    expect(page.locator("#panel h2")).to_have_text("Saw mill")
    expect(page.locator("path.fence")).not_to_have_count(0)
    page.get_by_role("button", name="Assign to Van 22").click()
    pin = page.locator(f'.job[data-order="{order["id"]}"]')
    expect(pin).to_have_attribute("data-status", "assigned")
    expect(marker(page, van)).to_have_attribute("data-status", "assigned")


def test_a_job_is_made_at_a_click_on_the_map(dispatcher, world):
    page = dispatcher().page
    page.get_by_role("button", name="New job").click()
    page.get_by_role("button", name="Pick on map").click()
    expect(page.locator("#banner")).to_contain_text("Click the place")
    area = page.locator(".folium-map").bounding_box()
    page.mouse.click(area["x"] + area["width"] * 0.75, area["y"] + area["height"] * 0.5)
    expect(page.locator(".picked")).to_contain_text("new site")
    page.get_by_label("Work", exact=True).fill("leak")
    page.get_by_role("button", name="Make job").click()
    expect(page.locator("#panel")).to_contain_text("Point 47.")


def test_missing_fields_are_named_beside_them(dispatcher):
    page = dispatcher().page
    page.get_by_role("button", name="New job").click()
    page.get_by_role("button", name="Make job").click()
    expect(page.locator("#fault-where")).to_contain_text("Where is missing")
    expect(page.locator("#fault-type")).to_contain_text("type of work is missing")
    expect(page.get_by_role("combobox", name="Where")).to_be_focused()


def test_a_conflict_is_shown_and_overridden_with_a_reason(dispatcher, world):
    van = world.technician("Van 31")
    order = world.order(
        world.site("Workshop", SCHAAN), required_skills=[{"name": "gas licence", "level": 2}]
    )
    visitor = dispatcher()
    visitor.expected = (409,)
    page = visitor.page
    page.get_by_label("Search jobs").fill(order["number"])
    page.locator(f'.row[data-key="{order["id"]}"]').click()
    page.get_by_role("button", name="Assign to Van 31 all the same").click()
    conflict = page.locator("form.notice")
    expect(conflict).to_contain_text("gas licence")
    conflict.get_by_role("button", name="Assign with this reason").click()
    expect(conflict).to_contain_text("Give a reason")
    conflict.get_by_label("Why all the same").fill("trained last week")
    conflict.get_by_role("button", name="Assign with this reason").click()
    expect(page.locator("#panel .timeline")).to_contain_text("trained last week")
    assert world.api.get(f"/v1/work-orders/{order['id']}").json()["technician_id"] == van["id"]


def tell_etas(deployment, order, minutes):
    """What the worker would tell, an ETA after another."""
    now = deployment.now()
    told = [
        EtaPublished(
            order_id=order["id"],
            technician_id=order["technician_id"],
            eta=now + timedelta(minutes=ahead),
            drive_s=60.0 * ahead,
            position_at=now,
            basis="position",
        )
        for ahead in minutes
    ]
    with deployment.context.store.write() as unit:
        unit.append(f"order:{order['id']}", told, actor=WORKER, at=now)
        unit.commit()


def test_who_is_overtaken_by_another_dispatcher_is_told(dispatcher, world):
    mine, theirs = world.technician("Van 81", at=VADUZ), world.technician("Van 82", at=SCHAAN)
    order = world.order(world.site("Mill"))
    visitor = dispatcher()
    visitor.expected = (412,)
    page = visitor.page
    page.locator(f'.row[data-key="{order["id"]}"]').click()

    def overtake(route):
        world.post(f"/v1/work-orders/{order['id']}/assign", {"technician_id": theirs["id"]})
        route.continue_()

    page.route("**/assign", overtake, times=1)
    page.get_by_role("button", name="Assign to Van 81").click()
    expect(page.locator("#toast")).to_contain_text("changed meanwhile")
    expect(page.locator("#toast")).to_contain_text(mine["call_sign"])
    expect(page.locator("#panel")).to_contain_text("Van 82")


def test_a_planner_sees_candidates_and_changes_nothing(visit, deployment, world):
    world.technician("Van 83", at=VADUZ)
    order = world.order(world.site("Forge"))
    page = visit("/map", deployment.token("planner")).page
    page.locator(f'.row[data-key="{order["id"]}"]').click()
    expect(page.locator(".candidate").first).to_contain_text("drive")
    expect(page.locator("#panel").get_by_role("button", name="Assign")).to_have_count(0)
    expect(page.get_by_role("button", name="New job")).to_be_disabled()


def test_an_emergency_without_a_deadline_comes_first(dispatcher, world, deployment):
    soon = (deployment.now() + timedelta(minutes=30)).isoformat()
    world.order(world.site("Due soon"), priority=2, due_at=soon)
    emergency = world.order(world.site("Water in the cellar"), priority=1)
    page = dispatcher().page
    expect(page.locator("#list .row").first).to_have_attribute("data-key", emergency["id"])


def test_etas_that_follow_each_other_are_one_line_that_opens(dispatcher, world, deployment):
    van = world.technician("Van 32", at=VADUZ)
    order = world.order(world.site("Print shop", SCHAAN))
    path = f"/v1/work-orders/{order['id']}"
    forced = {"technician_id": van["id"], "force": True, "reason": "test"}
    order = world.post(f"{path}/assign", forced)
    tell_etas(deployment, order, [10, 14, 12])
    world.post(f"{path}/status", {"status": "en_route"})
    tell_etas(deployment, order, [9])
    page = dispatcher().page
    page.get_by_label("Search jobs").fill(order["number"])
    page.locator(f'.row[data-key="{order["id"]}"]').click()
    lines = page.locator("#panel .timeline > li")
    expect(lines).to_have_count(6)
    entries = world.api.get(f"{path}/timeline").json()["items"]
    texts = [entry["text"] for entry in entries if entry["type"] == "order.eta"]
    folded = page.locator("#panel .timeline > li.etas")
    expect(folded).to_have_count(1)
    expect(folded).to_contain_text(texts[2])
    expect(folded.locator(".updates li").first).to_be_hidden()
    folded.get_by_text("3 updates").click()
    expect(folded.locator(".updates li")).to_contain_text(texts[:2])
    expect(lines.last).to_contain_text(texts[3])
    world.post(f"{path}/status", {"status": "on_site"})
    expect(lines).to_have_count(7)
    expect(folded.locator(".updates li").first).to_be_visible()


def test_markup_in_names_and_notes_stays_text(dispatcher, world):
    van = world.technician(f"Van {MARKUP}", at=BALZERS)
    order = world.order(
        world.site(MARKUP, BALZERS, access_notes=MARKUP), type=f"repair {MARKUP}", notes=MARKUP
    )
    page = dispatcher().page
    expect(marker(page, van)).to_contain_text(MARKUP)
    page.get_by_label("Search jobs").fill(order["number"])
    page.locator(f'.row[data-key="{order["id"]}"]').click()
    expect(page.locator("#panel h2")).to_have_text(MARKUP)
    expect(page.locator("#panel .facts")).to_contain_text(f"repair {MARKUP}")
    assert page.title() == "Live map · geo-dispatch"
    assert page.locator("img[src='x']").count() == 0


def test_nothing_is_asked_of_another_host_and_the_base_map_is_drawn(dispatcher, deployment):
    visitor = dispatcher()
    page = visitor.page
    expect(page.locator("canvas.leaflet-tile-loaded").first).to_be_visible()
    assert any(".pmtiles" in url for url in visitor.requests)
    assert {url.split("/")[2] for url in visitor.requests if url.startswith("http")} == {
        deployment.url.removeprefix("http://")
    }


def test_the_way_of_whoever_is_en_route_is_drawn(dispatcher, world):
    van = world.technician("Van 51", at=BALZERS)
    order = world.order(world.site("Castle", VADUZ))
    path = f"/v1/work-orders/{order['id']}"
    world.post(f"{path}/assign", {"technician_id": van["id"], "force": True, "reason": "test"})
    page = dispatcher().page
    way = page.locator("path.route")
    drawn_before = way.count()
    world.post(f"{path}/status", {"status": "en_route"})
    expect(marker(page, van)).to_have_attribute("data-status", "en_route")
    expect(way).to_have_count(drawn_before + 1)
    page.locator("[data-name=underway]").click()
    row = page.locator(f'.row[data-key="{order["id"]}"]')
    expect(row).to_contain_text("En route · Van 51")


def test_a_job_past_its_time_is_a_late_risk(dispatcher, world, deployment):
    end = deployment.now() - timedelta(minutes=12)
    window = {"start": (end - timedelta(hours=1)).isoformat(), "end": end.isoformat()}
    order = world.order(world.site("Mill", VADUZ), window=window)
    page = dispatcher().page
    page.locator("[data-name=late]").click()
    expect(page.locator(f'.row[data-key="{order["id"]}"]')).to_contain_text("late 12 min")


def test_fences_of_open_jobs_are_drawn_as_circle_or_polygon(dispatcher, world):
    lon, lat = BALZERS["lon"], BALZERS["lat"]
    ring = [[lon, lat], [lon + 0.001, lat], [lon + 0.001, lat + 0.001], [lon, lat]]
    fence = {"type": "Polygon", "coordinates": [ring]}
    world.order(world.site("Parcel", BALZERS, fence=fence))
    world.order(world.site("Circle", BALZERS, fence_radius_m=80))
    page = dispatcher().page
    shapes = page.locator("path.fence")
    expect(shapes).not_to_have_count(0)
    drawn = [shape.get_attribute("d") for shape in shapes.all()]
    assert any("a" in path for path in drawn)
    assert any("a" not in path for path in drawn)


def test_a_retired_technician_leaves_the_map(dispatcher, world):
    van = world.technician("Van 52", at=SCHAAN)
    page = dispatcher().page
    expect(marker(page, van)).to_be_visible()
    current = world.api.get(f"/v1/technicians/{van['id']}")
    path = f"/v1/technicians/{van['id']}"
    assert world.api.delete(path, headers={"If-Match": current.headers["ETag"]}).is_success
    expect(marker(page, van)).to_have_count(0)


def test_the_list_is_worked_by_keyboard(dispatcher, world):
    order = world.order(world.site("Keyboard Ltd", VADUZ))
    page = dispatcher().page
    row = page.locator(f'.row[data-key="{order["id"]}"]')
    expect(row).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_label("Search jobs")).to_be_focused()
    page.keyboard.type("keyboard ltd")
    expect(page.locator(".row")).to_have_count(1)
    row.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Close", exact=True)).to_be_focused()
    expect(row).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(row).to_be_focused()


def test_territories_are_shown_and_can_be_switched_off(dispatcher):
    page = dispatcher().page
    expect(page.locator(".territory-label")).to_have_count(11)
    page.get_by_label("Territories").uncheck()
    expect(page.locator(".territory-label")).to_have_count(0)


def test_the_map_fits_a_phone(dispatcher):
    page = dispatcher(viewport=PHONE).page
    expect(page.get_by_role("button", name="New job")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_page_without_a_session_asks_to_sign_in(visit):
    page = visit("/map").page
    expect(page).to_have_url(re.compile(r"/sign-in\?next=%2Fmap$"))


def test_a_wrong_token_is_told_and_a_link_with_the_token_signs_in(visit, deployment):
    visitor = visit("/sign-in")
    visitor.expected = (401,)
    page = visitor.page
    page.get_by_label("Token").fill("gd_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("This token is not known.")
    page.goto("about:blank")
    page.goto(f"/sign-in#{deployment.token('dispatcher')}")
    expect(page).to_have_url(re.compile(r"/map$"))


def test_api_docs_are_served_by_us(visit):
    page = visit("/docs").page
    expect(page.locator(".opblock").first).to_be_visible(timeout=20_000)
