"""Whole files of records in one call: all of a file or nothing, and nobody waits long for it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from geo_dispatch.services.history import audit
from tests.support.app import VADUZ

ORDERS = 10_000
HEAD = "external_id,type,site_external_id,required_skills,priority,window_start,window_end,notes\n"
UNHURRIED = 300.0
"""Seconds that an answer may take on a busy machine."""
TURNED_AWAY = 503
"""What SQLite's other writers are told after 30 s, which a very busy machine may write for."""


@pytest.fixture(scope="module")
def office(deployment):
    client = deployment.client("dispatcher")
    client.timeout = UNHURRIED
    return client


@pytest.fixture(scope="module")
def sites(office):
    rows = [f"s{number},Site {number},{VADUZ['lon']},{VADUZ['lat']}" for number in range(20)]
    text = "\n".join(["external_id,name,lon,lat", *rows])
    assert send(office, "sites", text).json()["created"] == 20
    return rows


def row(number, **told):
    cells = {"site": f"s{number % 20}", "priority": 3, "skills": "hvac:2", **told}
    return (
        f"o{number},boiler repair,{cells['site']},{cells['skills']},{cells['priority']},"
        f"2026-03-02T12:00+01:00,2026-03-02T16:00+01:00,note {number}\n"
    )


def send(client, what, text, **request):
    return client.post(f"/v1/imports/{what}", json={"csv": text}, **request)


def placed(office):
    return office.get("/v1/work-orders?limit=1").json()["items"]


@pytest.mark.slow
def test_one_bad_row_among_ten_thousand_is_named_and_none_comes_in(office, sites):
    rows = [row(number) for number in range(ORDERS)]
    rows[6789] = row(6789, site="nowhere")
    refused = send(office, "work-orders", HEAD + "".join(rows))
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["code"] == "invalid-file"
    assert [fault["where"] for fault in problem["faults"]] == ["line 6791, column site_external_id"]
    assert "nowhere" in problem["faults"][0]["message"]
    assert placed(office) == []


@pytest.mark.slow
def test_ten_thousand_orders_come_in_by_one_call_and_others_are_served_meanwhile(
    deployment, office, sites
):
    text = HEAD + "".join(row(number) for number in range(ORDERS))
    key = {"Idempotency-Key": "ten thousand"}
    desk = deployment.client("dispatcher")
    desk.timeout = UNHURRIED
    written, served = [], 0
    with ThreadPoolExecutor(1) as pool:
        importing = pool.submit(send, office, "work-orders", text, headers=key)
        while not importing.done():
            answer = desk.post("/v1/customers", json={"name": f"Customer {len(written)}"})
            written.append((answer.status_code, answer.text))
            served += not importing.done()
    answer = importing.result()
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "created": ORDERS,
        "updated": 0,
        "unchanged": 0,
        "customers_created": 0,
        "dry_run": False,
    }
    assert [told for told in written if told[0] not in {201, TURNED_AWAY}] == []
    assert served > 1, "others waited for the import"
    again = send(office, "work-orders", text, headers=key)
    assert again.json() == answer.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert send(office, "work-orders", text).json()["unchanged"] == ORDERS
    assert audit.verify(deployment.context).finding is None


def test_a_dry_run_counts_and_keeps_nothing(office, sites):
    text = "external_id,name\nc1,Bakery\nc2,Mill\n"
    for _ in range(2):
        told = send(office, "customers", text, params={"dry_run": True}).json()
        assert (told["created"], told["dry_run"]) == (2, True)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ("x" * 201 + ",repair,s1", "has 201 characters; at most 200 are kept"),
        ("o1,repair,s1,1e308", "1e+308 is not above 0 minutes and up to 43200"),
        ("o1,a\0b,s1", "control character U+0000"),
        (f"o1,repair,s1,{'9' * 5000}", "is not a number"),
        ('o1,"repair,s1', "is it a CSV file?"),
        ("", "is empty"),
    ],
    ids=["long", "endless", "control", "huge", "quote", "empty"],
)
def test_cells_that_nothing_could_keep_are_refused(office, sites, cells, said):
    head = "external_id,type,site_external_id,duration_min\n" if cells else ""
    refused = send(office, "work-orders", f"{head}{cells}\n")
    assert refused.status_code == 422, refused.text
    assert said in refused.text
    assert len(refused.text) < 20_000


def test_the_mark_that_spreadsheets_put_first_is_no_name(office):
    told = send(office, "customers", "\ufeffexternal_id;name\nmark;Marked\n")
    assert told.json()["created"] == 1


@pytest.mark.parametrize("role", ["planner", "client"])
def test_only_dispatchers_import(deployment, role):
    assert send(deployment.client(role), "customers", "external_id,name\n").status_code == 403
