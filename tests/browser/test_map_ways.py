"""The way to a job, planned against driven, in the panel of the map."""

from playwright.sync_api import expect

from tests.browser.conftest import DESK
from tests.support.driven import arrive, morning, set_out, technician


def test_the_way_to_a_job_is_told_when_asked_for_and_only_then_written_down(visit, deployment):
    office = deployment.client("dispatcher")
    made = morning(deployment)
    van = technician(deployment, office, "Van 61", made.keys)
    order = set_out(deployment, office, van, made)
    arrive(deployment, order, made)
    number = office.get(f"/v1/work-orders/{order}").json()["number"]
    phone = deployment.client("technician", van)
    page = visit("/map", deployment.token("dispatcher"), DESK).page
    page.locator("[data-name=underway]").click()
    page.locator(f'.row[data-key="{order}"]').click()
    panel = page.get_by_role("region", name=f"Job {number}")
    expect(panel.get_by_role("heading", name="Arrival")).to_be_visible()
    assert phone.get("/v1/my/access-log").json()["items"] == []
    panel.get_by_text("Way there: planned and driven").click()
    expect(panel).to_contain_text("Van 61 set out")
    (way,) = office.get(f"/v1/work-orders/{order}/ways").json()["items"]
    expect(panel).to_contain_text(f"{way['planned']['km']:.1f} km in")
    expect(panel).to_contain_text(f"{way['driven']['road_km']:.1f} km in")
    assert phone.get("/v1/my/access-log").json()["items"][0]["what"] == "mileage"
