"""What is kept of a technician, handed out and taken away; and what never is kept, over HTTP."""

import io
import json
import zipfile
from datetime import timedelta

import pytest

from geo_dispatch.cli import COMMANDS, call
from geo_dispatch.config import child_environment
from tests.support.app import VADUZ, WORKING_HOURS
from tests.support.waiting import until

EVENING = [{"weekday": day, "start": "20:00", "end": "22:00"} for day in range(7)]
PHONE = "+423 555 0199"


@pytest.fixture(scope="module")
def office(deployment):
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def admin(deployment):
    return deployment.client("admin")


@pytest.fixture
def van(office):
    body = {"call_sign": "Van 07", "shifts": WORKING_HOURS, "phone": PHONE}
    return office.post("/v1/technicians", json=body).json()["id"]


def ping(deployment, technician_id, ago_s=0.0, **more):
    at = deployment.now() - timedelta(seconds=ago_s)
    return {"technician_id": technician_id, "at": at.isoformat(), **VADUZ, **more}


def verdicts(client, *pings):
    answer = client.post("/v1/pings", json={"pings": list(pings)})
    assert answer.status_code == 200, answer.text
    return [one["verdict"] for one in answer.json()["verdicts"]]


def test_fixes_off_shift_are_acknowledged_and_stand_nowhere(deployment, office):
    body = {"call_sign": "Van 09", "shifts": EVENING}
    off = office.post("/v1/technicians", json=body).json()["id"]
    wrong = ping(deployment, off, 30, lat=97.0)
    assert verdicts(office, ping(deployment, off), wrong) == ["private", "private"]
    assert office.post("/v1/pings", json=ping(deployment, off)).status_code == 200
    assert deployment.context.live.positions_by_id({off: 0}) == {}
    entries = deployment.context.live.read({0: "0-0"}, 1000)
    assert off not in {fix.technician_id for entry in entries for fix in entry.fixes}
    with deployment.context.store.read() as unit:
        assert unit.quarantine.page(off) == []


def heard(office, technician_id):
    return office.get(f"/v1/technicians/{technician_id}/position").is_success


def test_going_private_is_heard_by_the_door_before_the_next_ping(deployment, office, van):
    phone = deployment.client("technician", van)
    assert verdicts(phone, ping(deployment, van, 5)) == ["accepted"]
    until(lambda: heard(office, van), 5, "the mirror to hear of them")
    phone.post("/v1/my/privacy", json={"private": True})
    until(lambda: not heard(office, van), 5, "the mirror to forget them")
    assert verdicts(phone, ping(deployment, van)) == ["private"]
    assert verdicts(phone, ping(deployment, van, 60)) == ["accepted"], "they were at work then"
    seen = office.post("/v1/technicians", json={"call_sign": "Van 11"}).json()["id"]
    assert verdicts(office, ping(deployment, seen)) == ["accepted"]
    assert van in [one["technician_id"] for one in office.get("/v1/privacy").json()["items"]]
    until(lambda: heard(office, seen), 5, "the mirror to hear of somebody else")
    assert office.get(f"/v1/technicians/{van}/position").status_code == 404
    phone.post("/v1/my/privacy", json={"private": False})

    def seen_again():
        assert verdicts(phone, ping(deployment, van)) == ["accepted"]
        return heard(office, van)

    until(seen_again, 5, "the mirror to hear of them again")


def test_a_technician_is_handed_out_and_erased_once_with_a_confirmation(
    deployment, office, admin, van
):
    phone = deployment.client("technician", van)
    url = f"/v1/technicians/{van}"
    packed = phone.get(f"{url}/data-export")
    assert packed.status_code == 200, packed.text
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert json.loads(archive.read("technician.json"))["phone"] == PHONE
    assert office.get(f"{url}/data-export").status_code == 403
    meant = {"confirm": "Van 07", "reason": "asked for it"}
    assert office.post(f"{url}/erasure", json=meant).status_code == 403
    unsure = admin.post(f"{url}/erasure", json=meant | {"confirm": "Van 08"})
    assert unsure.status_code == 422
    done = admin.post(f"{url}/erasure", json=meant)
    assert done.status_code == 200, done.text
    assert admin.post(f"{url}/erasure", json=meant).json() == done.json()
    assert phone.get("/v1/my/day").status_code == 401
    left = admin.get(url).json()
    assert (left["phone"], left["retired"], left["home"]) == ("", True, None)
    assert left["call_sign"].startswith("erased ")


def test_who_holds_an_open_order_is_not_erased(office, admin, van):
    site = office.post("/v1/sites", json={"name": "Pool", "location": VADUZ}).json()["id"]
    order = office.post("/v1/work-orders", json={"type": "pump", "site_id": site}).json()
    body = {"technician_id": van, "force": True, "reason": "they know the place"}
    assert office.post(f"/v1/work-orders/{order['id']}/assign", json=body).is_success
    meant = {"confirm": "Van 07", "reason": "asked for it"}
    refused = admin.post(f"/v1/technicians/{van}/erasure", json=meant)
    assert refused.status_code == 409
    assert order["number"] in refused.text
    assert admin.get(f"/v1/technicians/{van}").json()["phone"] == PHONE


def test_the_command_line_erases_only_what_is_meant(deployment, admin, van, monkeypatch, capsys):
    for name, value in child_environment(deployment.settings).items():
        monkeypatch.setenv(name, value)
    technicians = next(entry for entry in COMMANDS if entry.name == "technicians")
    asked = ["erase", van, "--reason", "asked for it"]
    assert call(technicians, asked) == 1
    assert "--yes" in capsys.readouterr().err
    assert admin.get(f"/v1/technicians/{van}").json()["phone"] == PHONE
    assert call(technicians, [*asked, "--yes"]) == 0
    assert f"{van}: 0 fixes" in capsys.readouterr().out
    assert admin.get(f"/v1/technicians/{van}").json()["phone"] == ""
