"""An invoice's draft follows what late fixes make of a visit: phone, worker, office, end to end."""

import pytest

from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services.desk import BackOffice
from tests.support.fixes import SITE, START_MS, a_visit
from tests.support.processes import process
from tests.support.records import Office, TestClock
from tests.support.waiting import until


@pytest.fixture
def order(deployment):
    """Given to somebody an hour before the deployment's clock begins, when the fixes do."""
    ctx, clock = deployment.context, TestClock(ms_to_datetime(START_MS))
    office = Office(BackOffice(deployment.settings, ctx.store, clock, ctx.new_id), clock)
    return office.assigned(site=office.site(location=SITE, fence_radius_m=100.0))


def ping(fix):
    at = ms_to_datetime(fix.at_ms).isoformat().replace("+00:00", "Z")
    place = {"lon": fix.place.lon, "lat": fix.place.lat, "accuracy_m": fix.accuracy_m}
    return {"technician_id": fix.technician_id, "at": at, **place}


def minutes(number):
    return START_MS + number * 60_000


@pytest.mark.capability("FA-023")
def test_late_fixes_move_the_hours_of_a_completed_order_on_its_draft(deployment, order):
    office = deployment.client("admin")
    where = f"/v1/work-orders/{order.id}"

    def send(fixes):
        answer = office.post("/v1/pings", json={"pings": [ping(fix) for fix in fixes]})
        assert {one["verdict"] for one in answer.json()["verdicts"]} <= {"accepted", "late"}

    def line(name):
        (found,) = office.get(f"{where}/invoice-draft").json()[name]
        return found

    def revised():
        return [
            one
            for one in office.get(f"{where}/timeline").json()["items"]
            if one["type"] == "visit.revised"
        ]

    fixes = a_visit(technician_id=order.technician_id)
    late = [fix for fix in fixes if minutes(3) <= fix.at_ms < minutes(9)]
    with process(deployment.settings, "geo_dispatch.worker"):
        send(fixes[:30])
        until(lambda: office.get(where).json()["status"] == "en_route", 40, "the setting out")
        send([fix for fix in fixes[30:] if fix not in late])
        until(lambda: office.get(where).json()["status"] == "on_site", 40, "the arrival")
        until(lambda: line("labour")["end"], 20, "the departure")
        done = {"status": "complete", "notes": "New gasket"}
        assert office.post(f"{where}/status", json=done).is_success
        before, way_before = line("labour"), line("travel")
        assert (before["basis"], before["minutes"]) == ("visit", 15)
        assert revised() == []

        send(late)
        after = until(
            lambda: line("labour")["start"] != before["start"] and line("labour"),
            20,
            "the revision",
        )
        way = line("travel")
    assert (after["basis"], after["end"], after["minutes"]) == ("visit", before["end"], 20)
    assert way["start"] == way_before["start"]
    assert way["end"] == after["start"] < before["start"]
    assert len(revised()) == 1
    (visit,) = office.get(f"{where}/visits").json()["items"]
    assert (visit["arrived_at"], visit["departed_at"]) == (after["start"], after["end"])
    assert office.get(f"{where}/invoice-draft").json()["missing"] == []
