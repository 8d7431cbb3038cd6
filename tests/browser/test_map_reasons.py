"""Why this technician, why not that one, what waits for a judgment, and emergencies, on the map."""

import re

import pytest
from playwright.sync_api import expect

from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.orders import FlagCode, Risk
from geo_dispatch.kernel.actors import WORKER
from geo_dispatch.services.orders import lifecycle
from tests.browser.conftest import DESK, PHONE
from tests.browser.pages import World
from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS


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


def pick(page, order):
    page.get_by_label("Search jobs").fill(order["number"])
    page.locator(f'.row[data-key="{order["id"]}"]').click()


def flag(deployment, order, code, fact):
    with deployment.context.store.write() as unit:
        stored = unit.orders.get(order["id"])
        command = c.RaiseFlag(code=code, fact=fact)
        lifecycle.apply(deployment.context, unit, stored, command, actor=WORKER)
        unit.commit()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_candidate_says_what_sets_it_apart_from_the_next(dispatcher, world, viewport):
    name = f"Van {viewport['width']}"
    needed = [{"name": name, "level": 1}]
    near, far = (
        world.post("/v1/technicians", {"call_sign": one, "skills": needed, "shifts": WORKING_HOURS})
        for one in (name, f"{name} b")
    )
    world.ping(near, SCHAAN)
    world.ping(far, BALZERS)
    order = world.order(world.site("Cheese dairy", SCHAAN), required_skills=needed)
    page = dispatcher(viewport=viewport).page
    pick(page, order)
    first = page.locator(f'.candidate[data-technician="{near["id"]}"]')
    expect(first.locator(".who")).to_contain_text("drive, begins ")
    first.get_by_text("Why").click()
    expect(first).to_contain_text(re.compile(r"ahead of Van \d+ b: less for drive [\d.]+ min"))
    expect(first.locator(".terms")).to_contain_text("Score")
    expect(first).to_contain_text("Nothing for:")
    second = page.locator(f'.candidate[data-technician="{far["id"]}"]')
    expect(second.locator("summary")).to_contain_text("behind the first")


def test_an_order_that_nobody_can_take_says_why_not_and_what_would_do(dispatcher, world):
    van = world.technician("Van 43", at=VADUZ)
    order = world.order(
        world.site("Lab", VADUZ), required_skills=[{"name": "laser safety", "level": 2}]
    )
    page = dispatcher().page
    pick(page, order)
    panel = page.locator("#panel")
    expect(panel.locator(".notice.warn").first).to_contain_text("Nobody can be sent")
    expect(panel.locator(".notice.warn").first).to_contain_text("Skill missing")
    refused = panel.locator(".excluded li", has_text=van["call_sign"])
    expect(refused.locator('[data-code="missing_skill"]')).to_contain_text("laser safety")
    expect(refused.locator('[data-code="missing_skill"] small')).to_contain_text("Would do:")
    expect(refused).to_contain_text("With this they can be sent.")


def test_all_that_is_in_the_way_is_told_of_who_lacks_least_first(dispatcher, world):
    near, far = world.technician("Van 48", at=VADUZ), world.technician("Van 49", at=VADUZ)
    etag = world.api.get(f"/v1/technicians/{near['id']}").headers["ETag"]
    juggler = [{"name": "juggling", "level": 5}]
    changed = world.api.patch(
        f"/v1/technicians/{near['id']}", json={"skills": juggler}, headers={"If-Match": etag}
    )
    assert changed.is_success, changed.text
    order = world.order(
        world.site("Circus", VADUZ),
        required_skills=[{"name": "juggling", "level": 5}, {"name": "fire", "level": 1}],
        required_certificates=["tent"],
    )
    page = dispatcher().page
    pick(page, order)
    rows = page.locator("#panel .excluded li")
    expect(rows.first.locator("b").first).to_have_text(near["call_sign"])
    expect(rows.first).to_contain_text("With all of this they can be sent.")
    expect(rows.first.locator("[data-code]")).to_have_count(2)
    last = page.locator("#panel .excluded li", has_text=far["call_sign"])
    expect(last.locator("[data-code]")).to_have_count(3)


def test_a_pinned_job_is_taken_back_only_with_a_reason(dispatcher, world):
    van = world.technician("Van 50", at=SCHAAN)
    order = world.order(world.site("Observatory", SCHAAN))
    body = {"technician_id": van["id"], "pinned": True}
    world.post(f"/v1/work-orders/{order['id']}/assign", body)
    visitor = dispatcher()
    visitor.expected = (409,)
    page = visitor.page
    pick(page, order)
    page.get_by_role("button", name="Take it from Van 50").click()
    notice = page.locator("#panel").get_by_role("alert")
    expect(notice).to_contain_text("pinned by a person")
    notice.get_by_role("button", name="Take it back with this reason").click()
    expect(notice).to_contain_text("Give a reason")
    notice.get_by_label("Why all the same").fill("the customer called")
    notice.get_by_role("button", name="Take it back with this reason").click()
    expect(page.locator("#panel .chip").first).to_have_text("Unassigned")
    assert world.api.get(f"/v1/work-orders/{order['id']}").json()["status"] == "new"


def test_an_order_for_a_person_to_judge_stands_out_until_it_is_assigned(
    dispatcher, world, deployment
):
    world.technician("Van 44", at=SCHAAN)
    order = world.order(world.site("Paper mill", SCHAAN))
    page = dispatcher().page
    flag(deployment, order, FlagCode.TOO_CLOSE, "Van 44 leads Van 45 by 0.4 min")
    group = page.get_by_role("region", name="To judge")
    expect(group.locator(f'.row[data-key="{order["id"]}"]')).to_contain_text("leads Van 45")
    page.locator('.filter[data-name="review"]').click()
    group.locator(f'.row[data-key="{order["id"]}"]').click()
    notice = page.locator("#panel .judgment")
    expect(notice).to_contain_text("For you to judge")
    expect(notice).to_contain_text("Van 44 leads Van 45 by 0.4 min")
    page.locator(".candidate .button").first.click()
    expect(page.locator("#panel .judgment")).to_have_count(0)


def test_whoever_has_seen_a_flag_keeps_the_order_off_the_queue(dispatcher, world, deployment):
    order = world.order(world.site("Saw mill", SCHAAN))
    page = dispatcher().page
    flag(deployment, order, FlagCode.NOBODY, "nobody can be sent: nobody has magic")
    page.locator('.filter[data-name="review"]').click()
    group = page.get_by_role("region", name="To judge")
    group.locator(f'.row[data-key="{order["id"]}"]').click()
    page.get_by_role("button", name="Leave it with me").click()
    expect(page.locator("#panel .judgment")).to_have_count(0)
    expect(group.locator(f'.row[data-key="{order["id"]}"]')).to_have_count(0)
    assert world.api.get(f"/v1/work-orders/{order['id']}").json()["flag"] is None


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_an_emergency_is_seen_before_it_is_done(dispatcher, world, viewport):
    skill = f"rescue {viewport['width']}"
    van = world.post(
        "/v1/technicians",
        {
            "call_sign": f"Van 5{viewport['width'] % 10}",
            "skills": [{"name": skill, "level": 3}],
            "shifts": WORKING_HOURS,
        },
    )
    world.ping(van, BALZERS)
    needed = {"required_skills": [{"name": skill, "level": 1}]}
    waits = world.order(world.site("Chapel", BALZERS), priority=4, duration_s=7200, **needed)
    world.post(f"/v1/work-orders/{waits['id']}/assign", {"technician_id": van["id"]})
    urgent = world.order(world.site("Clinic", BALZERS), priority=1, **needed)
    page = dispatcher(viewport=viewport).page
    pick(page, urgent)
    emergency = page.locator(".emergency")
    expect(emergency.locator(".verdict")).to_contain_text(f"{van['call_sign']} is there at")
    change = emergency.locator(".changes li")
    expect(change).to_contain_text(waits["number"])
    assert world.api.get(f"/v1/work-orders/{urgent['id']}").json()["status"] == "new"
    emergency.get_by_role("button", name=f"Send {van['call_sign']}").click()
    expect(page.locator("#panel .chip").first).to_have_text("Assigned")
    expect(page.locator("#panel .timeline")).to_contain_text("told")
    sent = world.api.get(f"/v1/work-orders/{urgent['id']}").json()
    assert (sent["technician_id"], sent["assignment_source"]) == (van["id"], "emergency")
    told = world.api.get("/v1/messages", params={"recipient_id": van["id"]}).json()["items"]
    assert {"order.assigned"} <= {one["type"] for one in told}


def test_an_emergency_that_nobody_can_reach_says_so(dispatcher, world):
    order = world.order(
        world.site("Silo", BALZERS), priority=1, required_skills=[{"name": "alchemy", "level": 1}]
    )
    page = dispatcher().page
    pick(page, order)
    expect(page.locator(".emergency .notice.danger")).to_contain_text("Nobody can come")
    expect(page.locator(".emergency .notice.danger")).to_contain_text("Skill missing")


def test_the_promise_of_a_contract_is_shown_and_counts_as_a_limit(dispatcher, world):
    site = world.site("Lift of the tower", SCHAAN)
    order = world.order(site, type="entrapment", duration_s=1200)
    page = dispatcher().page
    page.locator("[data-name=late]").click()
    page.locator(f'.row[data-key="{order["id"]}"]').click()
    expect(page.locator("#panel .facts")).to_contain_text("life_safety: there by")


def test_what_the_engine_expects_to_be_late_is_at_risk_on_the_map(dispatcher, world, deployment):
    world.technician("Van 47", at=SCHAAN)
    order = world.order(world.site("Brewery", SCHAAN))
    with deployment.context.store.write() as unit:
        stored = unit.orders.get(order["id"])
        lifecycle.apply(
            deployment.context,
            unit,
            stored,
            c.TellRisk(risk=Risk("sla_completion", 600.0, deployment.now())),
            actor=WORKER,
        )
        unit.commit()
    page = dispatcher().page
    page.locator("[data-name=late]").click()
    page.locator(f'.row[data-key="{order["id"]}"]').click()
    expect(page.locator("#panel .notice.danger")).to_contain_text("Expected 10 min after")
