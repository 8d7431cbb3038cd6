"""Webhooks and messages over HTTP."""

from contextlib import contextmanager

import pytest

from tests.support.app import VADUZ, WORKING_HOURS, running
from tests.support.couriers import carrying
from tests.support.hooks import answering, open_hook
from tests.support.sse import listening
from tests.support.waiting import until

PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def deployment(workspace, tmp_path_factory):
    """A deployment that may write to loopback, with a courier beside its API."""
    folder = tmp_path_factory.mktemp("data")
    with (
        running(workspace, folder, webhook_allow="127.0.0.1") as deployment,
        carrying(deployment.context),
    ):
        yield deployment


@pytest.fixture(scope="module")
def admin(deployment):
    return deployment.client("admin")


@pytest.fixture(scope="module")
def site(admin):
    return admin.post("/v1/sites", json={"name": "Town hall", "location": VADUZ}).json()


@contextmanager
def _hooked(admin, **fields):
    with open_hook() as hook:
        made = admin.post("/v1/webhooks", json={"url": hook.url, **fields})
        assert made.status_code == 201, made.text
        webhook = made.json()
        yield hook, webhook
        current = admin.get(f"/v1/webhooks/{webhook['id']}")
        admin.delete(f"/v1/webhooks/{webhook['id']}", headers={"If-Match": current.headers["ETag"]})


def _place(admin, site, **fields):
    return admin.post(
        "/v1/work-orders", json={"type": "repair", "site_id": site["id"], **fields}
    ).json()


def test_an_order_that_is_placed_reaches_the_endpoint_signed(admin, site):
    with _hooked(admin, types=["order.placed"]) as (hook, webhook):
        order = _place(admin, site)
        until(lambda: hook.received, PATIENCE_S, "the webhook")
        [received] = hook.received
        assert received.signed_by(webhook["secret"])
        assert received.json["type"] == "order.placed"
        assert received.json["data"]["order"]["id"] == order["id"]
        listed = until(
            lambda: admin.get(
                f"/v1/webhooks/{webhook['id']}/deliveries", params={"state": "delivered"}
            ).json()["items"],
            PATIENCE_S,
            "the delivery on record",
        )
        assert [one["message_id"] for one in listed] == [received.id]
        detail = admin.get(f"/v1/webhooks/{webhook['id']}/deliveries/{listed[0]['id']}").json()
        assert [one["status"] for one in detail["attempts"]] == [204]
        assert detail["message"]["data"] == {
            name: value
            for name, value in received.json["data"].items()
            if name not in {"to", "text"}
        }


def test_a_secret_is_shown_once_and_again_only_when_it_is_new(admin):
    with _hooked(admin) as (_, webhook):
        assert webhook["secret"].startswith("whsec_")
        path = f"/v1/webhooks/{webhook['id']}"
        shown = [admin.get(path).json(), *admin.get("/v1/webhooks").json()]
        assert all("secret" not in one for one in shown)
        rotated = admin.post(f"{path}/secret").json()
        assert rotated["secret"] != webhook["secret"]
        assert rotated["previous_until"] is not None


def test_every_fault_of_a_webhook_is_told_at_once(admin):
    answer = admin.post(
        "/v1/webhooks",
        json={"url": "http://10.0.0.1/x#y", "types": ["order.etaa", "orders.*"], "to": []},
    )
    assert answer.status_code == 422
    faults = [one["where"] + ": " + one["message"] for one in answer.json()["faults"]]
    assert len(faults) == 6
    assert {fault.split(":")[0] for fault in faults} == {"url", "types", "to"}


def test_a_change_needs_the_version_that_it_is_based_on(admin):
    with _hooked(admin) as (_, webhook):
        path = f"/v1/webhooks/{webhook['id']}"
        assert admin.patch(path, json={"types": ["*"]}).status_code == 428
        stale = admin.patch(path, json={"description": "ERP"}, headers={"If-Match": '"7"'})
        assert stale.status_code == 412
        changed = admin.patch(path, json={"description": "ERP"}, headers={"If-Match": '"1"'})
        assert (changed.json()["description"], changed.headers["ETag"]) == ("ERP", '"2"')


def test_a_gone_endpoint_is_disabled_and_back_by_hand_with_what_it_missed(admin, site):
    with _hooked(admin, types=["order.placed"]) as (hook, webhook):
        path = f"/v1/webhooks/{webhook['id']}"
        hook.replies = [answering(410)]
        first = _place(admin, site)
        until(lambda: not admin.get(path).json()["enabled"], PATIENCE_S, "it to be disabled")
        assert "410" in admin.get(path).json()["disabled_reason"]
        assert admin.post(f"{path}/test").status_code == 409
        second = _place(admin, site)
        assert admin.post(f"{path}/enable").json()["enabled"]
        period = {"start": "2026-03-01T00:00:00Z", "end": "2030-01-01T00:00:00Z"}
        replayed = admin.post(f"{path}/replay", json=period)
        assert replayed.status_code == 202
        until(lambda: len(hook.received) == 1 + replayed.json()["queued"], PATIENCE_S, "the rest")
        numbers = [one.json["data"]["order"]["number"] for one in hook.received]
        assert numbers[0] == first["number"]
        assert numbers[-2:] == [first["number"], second["number"]]
        once_more = admin.post(f"{path}/replay", json={"message_id": hook.received[0].id})
        assert once_more.json() == {"queued": 1}
        assert admin.post(f"{path}/replay", json={"end": period["end"]}).status_code == 422


def test_a_test_message_and_a_delivery_given_up(admin, site):
    with _hooked(admin) as (hook, webhook):
        hook.reply = answering(500)
        path = f"/v1/webhooks/{webhook['id']}"
        queued = admin.post(f"{path}/test")
        assert queued.status_code == 202
        delivery = f"{path}/deliveries/{queued.json()['id']}"
        until(lambda: admin.get(delivery).json()["attempts"], PATIENCE_S, "the try")
        assert admin.post(f"{delivery}/skip").json()["state"] == "skipped"
        assert admin.post(f"{delivery}/skip").status_code == 409
        assert admin.get(f"{path}/deliveries/dl_none").status_code == 404


def test_only_admins_say_where_messages_go(deployment, admin):
    with _hooked(admin) as (_, webhook):
        for role in ("dispatcher", "planner", "client"):
            client = deployment.client(role)
            body = {"url": "https://example.com"}
            assert client.post("/v1/webhooks", json=body).status_code == 403
            assert client.post(f"/v1/webhooks/{webhook['id']}/secret").status_code == 403
        assert deployment.client("dispatcher").get("/v1/webhooks").is_success
        assert deployment.client("client").get("/v1/webhooks").status_code == 403


def test_technicians_read_and_hear_what_is_said_to_them(deployment, admin, site):
    mine, other = (
        admin.post("/v1/technicians", json={"call_sign": name, "shifts": WORKING_HOURS}).json()
        for name in ("Van 31", "Van 32")
    )
    order = _place(admin, site)
    phone = deployment.client("technician", mine["id"])
    with listening(phone, "/v1/stream") as stream:
        stream.wait_for("snapshot")
        admin.post(
            f"/v1/work-orders/{order['id']}/assign",
            json={"technician_id": mine["id"], "force": True, "reason": "no position yet"},
        ).raise_for_status()
        told = stream.wait_for("message.queued", timeout_s=PATIENCE_S)
    assert told.data["body"]["text"].startswith(f"{order['number']} is yours")
    read = phone.get("/v1/messages").json()["items"]
    assert [(one["type"], one["recipient_id"]) for one in read] == [("order.assigned", mine["id"])]
    strange = phone.get("/v1/messages", params={"recipient_id": other["id"]}).json()
    assert strange["items"] == []
    office = admin.get("/v1/messages", params={"order_id": order["id"], "limit": 1}).json()
    assert len(office["items"]) == 1
    assert office["next"] is not None
