"""A deployment that holds something of every kind, for requests that nobody chose."""

from datetime import datetime

import httpx

from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS

Ids = dict[str, list[str]]


def one_of_each(admin: httpx.Client, now: datetime, of_another: str, of_the_office: str) -> Ids:
    """Make it; ids by the word that names of ids have for their kind.

    Parameters
    ----------
    of_another, of_the_office
        Texts that the first technician, and that the office has to itself.
    """

    def made(path, **fields):
        answer = admin.post(f"/v1/{path}", json=fields)
        assert answer.is_success, answer.text
        body = answer.json()
        return body.get("order", body)["id"]

    customer = made("customers", name="Bakery", notes=of_the_office, phone=of_the_office)
    sites = [
        made("sites", name=f"Site {number}", location=place, customer_id=customer)
        for number, place in enumerate((VADUZ, SCHAAN, BALZERS))
    ]
    vans = [
        made(
            "technicians", call_sign=f"Van {number}", shifts=WORKING_HOURS, home=VADUZ, phone=phone
        )
        for number, phone in enumerate((f"{of_another} {of_the_office}", "", ""))
    ]
    at = now.isoformat()
    pings = [{"technician_id": van, "at": at, **SCHAAN} for van in vans]
    assert admin.post("/v1/pings", json={"pings": pings}).is_success
    webhook = made("webhooks", url="https://example.com/hook", types=["order.*"])
    orders = [
        made("work-orders", type="repair", site_id=site, notes="" if number % 3 else of_another)
        for number, site in enumerate(sites * 3)
    ]
    for order, van in zip(orders, vans * 2, strict=False):
        reason = {"force": True, "reason": of_the_office}
        made(f"work-orders/{order}/assign", technician_id=van, **reason)
    made(f"work-orders/{orders[-1]}/hold", reason="customer", note=of_the_office)
    contract = made(
        "contracts", name="Care", customer_id=customer, tier="gold", starts_on="2026-01-01"
    )
    retired = admin.post("/v1/sites", json={"name": "Gone", "location": VADUZ}).json()["id"]
    admin.delete(f"/v1/sites/{retired}", headers={"If-Match": '"1"'}).raise_for_status()
    found = {
        "customer": [customer],
        "site": [*sites, retired],
        "technician": vans,
        "order": orders,
        "after": orders,
        "equipment": [made("equipment", site_id=sites[0], type="boiler", name="Boiler 1")],
        "resource": [made("resources", name="Crane", kind="tool", provides=["crane"])],
        "crew": [made("crews", name="Two", lead_id=vans[0], member_ids=vans[1:2])],
        "contract": [contract],
        "webhook": [webhook],
        "proposal": [made("disruptions", cause="ill", technician_id=vans[2])],
        "territory": ["vaduz", "balzers"],
        "version": ["0", "1"],
    }
    made("emergencies", site_id=sites[0], type="burst pipe")
    for kind, path in (
        ("decision", f"work-orders/{orders[0]}/decisions"),
        ("delivery", f"webhooks/{webhook}/deliveries"),
    ):
        found[kind] = [one["id"] for one in admin.get(f"/v1/{path}").json()["items"]]
    return found
