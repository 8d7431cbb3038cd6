"""Two dispatchers at one order over the API: one wins, the other is told who was first."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from tests.support.app import VADUZ, WORKING_HOURS

ROUNDS = 5


@pytest.fixture(scope="module")
def offices(deployment):
    return [deployment.client("dispatcher") for _ in range(2)]


@pytest.fixture(scope="module")
def vans(offices):
    return [
        offices[0]
        .post("/v1/technicians", json={"call_sign": name, "shifts": WORKING_HOURS})
        .json()["id"]
        for name in ("Van 01", "Van 02")
    ]


@pytest.fixture
def order(offices):
    site = offices[0].post("/v1/sites", json={"name": "Pool", "location": VADUZ}).json()["id"]
    body = {"type": "repair", "site_id": site, "duration_s": 300}
    return offices[0].post("/v1/work-orders", json=body).json()


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_one_wins_and_the_other_is_told_who_was_first(offices, vans, order, turn):
    start = Barrier(2)
    where = f"/v1/work-orders/{order['id']}"

    def give(office: httpx.Client, van: str) -> httpx.Response:
        start.wait(10)
        body = {"technician_id": van, "force": True, "reason": "they know the place"}
        headers = {"If-Match": f'"{order["version"]}"'}
        return office.post(f"{where}/assign", json=body, headers=headers)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(give, offices, vans))
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (200, 412), turn
    story = offices[0].get(f"{where}/timeline").json()["items"]
    (given,) = [item for item in story if item["type"] == "order.assigned"]
    assert f"{given['actor']} (order.assigned at " in lost.json()["detail"]
    assert given["data"]["technician_id"] == won.json()["technician_id"]
    assert won.json()["technician_id"] == offices[0].get(where).json()["technician_id"]
