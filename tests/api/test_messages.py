"""Every message of the table in docs/messages.md is really sent, and nothing that isn't in it."""

import re
import threading
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from geo_dispatch.kernel.time import ms_to_datetime
from geo_dispatch.services.dispatching import eta
from geo_dispatch.services.messages.courier import Courier
from geo_dispatch.services.tracking import silence
from geo_dispatch.tracking.fixes import DEGREE_SCALE
from geo_dispatch.worker import Worker
from tests.support.app import BALZERS, SCHAAN, VADUZ, WORKING_HOURS, running
from tests.support.fixes import START_MS, a_visit
from tests.support.hooks import open_hook
from tests.support.sse import listening
from tests.support.waiting import until

PAGE = Path(__file__).parents[2] / "docs/messages.md"
ROW = re.compile(r"^\| `([\w.]+)` \| (client|technician|customer) \|", re.MULTILINE)
DOCUMENTED = set(ROW.findall(PAGE.read_text("utf-8")))
PATIENCE_S = 40.0
GAS = [{"name": "gas", "level": 3}]
LASER = [{"name": "laser safety", "level": 5}]
QUICK = 120.0
"""The deployment's clock: a visit that fixes tell of is over in seconds."""


class Scene:
    """A deployment with two vans, and a customer at each site."""

    def __init__(self, deployment):
        self.deployment = deployment
        self.office = deployment.client("admin")
        self.van, self.mate = (
            self.made("technicians", call_sign=name, shifts=WORKING_HOURS, skills=skills)["id"]
            for name, skills in (("Van 01", []), ("Van 02", GAS))
        )
        self.see(self.van, VADUZ)
        self.see(self.mate, SCHAAN)

    def post(self, path, **body):
        answered = self.office.post(f"/v1/{path}", json=body)
        assert answered.is_success, answered.text
        return answered.json()

    made = post

    def see(self, van, place):
        at = self.deployment.now().isoformat()
        self.post("pings", technician_id=van, at=at, accuracy_m=5, **place)

    def refreshed(self):
        """The vans are where they were, and their ETAs are worked out."""
        before = self.deployment.now()
        until(
            lambda: self.deployment.now() - before > eta.EVERY,
            PATIENCE_S,
            "ETAs to be due",
        )
        self.see(self.van, VADUZ)
        self.see(self.mate, SCHAAN)
        eta.refresh(self.deployment.context)

    def order(self, place=VADUZ, **fields):
        customer = self.made("customers", name="Bakery", phone="+423 1")["id"]
        site = self.made("sites", name="Oven", location=place, customer_id=customer)["id"]
        return self.made("work-orders", type="repair", site_id=site, **fields)["id"]

    def given(self, van, place=VADUZ, position=None, **fields):
        order = self.order(place, **fields)
        wish = {} if position is None else {"position": position}
        self.post(
            f"work-orders/{order}/assign",
            technician_id=van,
            force=True,
            reason="as agreed",
            **wish,
        )
        return order

    def says(self, order, *statuses):
        for status in statuses:
            told = {"notes": "done"} if status == "complete" else {}
            self.post(f"work-orders/{order}/status", status=status, **told)

    def change(self, order, **fields):
        version = self.office.get(f"/v1/work-orders/{order}").headers["ETag"]
        answered = self.office.patch(
            f"/v1/work-orders/{order}", json=fields, headers={"If-Match": version}
        )
        assert answered.is_success, answered.text

    def window(self, start_min, end_min):
        now = self.deployment.now()
        moments = (now + timedelta(minutes=one) for one in (start_min, end_min))
        return dict(zip(("start", "end"), (one.isoformat() for one in moments), strict=True))


def by_hand(scene):
    """What the office does to an order, one thing after the other."""
    order = scene.given(scene.van)
    scene.change(order, notes="ring twice")
    scene.post(f"work-orders/{order}/crew", technician_ids=[scene.mate])
    scene.post(f"work-orders/{order}/unassign", reason="wrong van")
    scene.post(f"work-orders/{order}/hold", reason="material", note="gasket ordered")
    scene.post(f"work-orders/{order}/release")
    order = scene.given(scene.van)
    scene.post(f"work-orders/{order}/status", status="cancelled", reason="called off")


def on_the_phone(scene):
    """What a technician says of an order."""
    order = scene.given(scene.van)
    scene.refreshed()
    scene.says(order, "en_route", "on_site", "on_the_tools", "needs_help", "on_the_tools")
    scene.says(order, "complete")


def seen_by_fixes(scene):
    """A visit that only fixes tell of: what they show is told, too."""
    order = scene.given(scene.van)
    began = scene.deployment.now()
    fixes = a_visit(stays_s=1200, technician_id=scene.van)
    shift = began - ms_to_datetime(START_MS)
    ended = ms_to_datetime(fixes[-1].at_ms) + shift
    until(lambda: scene.deployment.now() > ended, PATIENCE_S, "the visit to be over")
    items = [
        {
            "technician_id": fix.technician_id,
            "at": (ms_to_datetime(fix.at_ms) + shift).isoformat(),
            "lon": fix.lon_e7 / DEGREE_SCALE,
            "lat": fix.lat_e7 / DEGREE_SCALE,
            "accuracy_m": fix.accuracy_m,
        }
        for fix in fixes
    ]
    answered = scene.office.post("/v1/pings", json={"pings": items})
    assert answered.is_success, answered.text
    worker = Worker(scene.deployment.context, threading.Event())

    def departed():
        worker.turn()
        visits = scene.office.get(f"/v1/work-orders/{order}/visits").json()["items"]
        return visits and visits[0]["departed_at"]

    until(departed, PATIENCE_S, "the fixes to show that the van left")
    scene.says(order, "complete")


def nearly_there(scene):
    """Somebody on the way whom a live position shows a few minutes off."""
    order = scene.given(scene.van, SCHAAN)
    scene.says(order, "en_route")
    scene.refreshed()
    scene.says(order, "on_site", "complete")


def called_and_silent(scene):
    """An alarm that is answered, and a van of which nothing is heard for a while."""
    phone = scene.deployment.client("technician", scene.van)
    assert phone.post("/v1/my/device", json={"sos": True}).is_success
    scene.post(f"technicians/{scene.van}/sos/answer", note="on the phone with them")
    order = scene.given(scene.van)
    scene.see(scene.van, VADUZ)
    context, heard_at = scene.deployment.context, scene.deployment.now()
    long = timedelta(seconds=context.settings.position_silent_s + 1)
    until(lambda: scene.deployment.now() - heard_at > long, PATIENCE_S, "silence")
    silence.watch(context)
    scene.see(scene.van, VADUZ)
    silence.watch(context)
    scene.says(order, "cancelled")


def in_trouble(scene):
    """What is expected to be late, and then isn't; and an arrival that moves by hours."""
    order = scene.given(scene.van, BALZERS, window=scene.window(-120, -60))
    scene.refreshed()
    scene.change(order, window=scene.window(0, 600))
    scene.refreshed()
    scene.given(scene.van, position=0, duration_s=7200)
    scene.refreshed()


def at_once(scene):
    """An emergency that somebody makes room for, and one that nobody can serve."""
    scene.given(scene.mate, SCHAAN, duration_s=3600, priority=5, window=scene.window(0, 60))
    scene.refreshed()
    site = scene.made("sites", name="Mill", location=SCHAAN)["id"]
    leak = {"type": "gas leak", "duration_s": 7200, "required_skills": GAS}
    soon = scene.window(0, 30)["end"]
    scene.post("emergencies", site_id=site, respond_by=soon, **leak)
    scene.post("emergencies", site_id=site, type="laser", required_skills=LASER)


ACTS = (
    by_hand,
    on_the_phone,
    nearly_there,
    called_and_silent,
    seen_by_fixes,
    in_trouble,
    at_once,
)


@pytest.fixture(scope="module")
def scene(workspace, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    with running(workspace, folder, webhook_allow="127.0.0.1", clock_factor=QUICK) as deployment:
        stopping = threading.Event()
        courier = threading.Thread(
            target=Courier(deployment.context, "test", stopping, timeout_s=2.0).run
        )
        courier.start()
        yield Scene(deployment)
        stopping.set()
        courier.join(10)


@pytest.mark.slow
def test_every_message_of_the_page_is_received_and_none_that_it_does_not_name(scene):
    with ExitStack() as stack:
        hook = stack.enter_context(open_hook())
        to = ["client", "technician", "customer"]
        scene.made("webhooks", url=hook.url, to=to)
        phones = [
            stack.enter_context(listening(scene.deployment.client("technician", van), "/v1/stream"))
            for van in (scene.van, scene.mate)
        ]
        for act in ACTS:
            act(scene)

        page = scene.office.get("/v1/messages", params={"limit": 500}).json()["items"]
        until(lambda: len(hook.received) >= len(page), PATIENCE_S, "every message to arrive")
        received = {row for one in hook.received for row in rows_of(one.json)}
        assert sorted(DOCUMENTED - received) == []
        assert sorted(received - DOCUMENTED) == []
        assert {one.id for one in hook.received} == {one["id"] for one in page}
        for van, phone in zip((scene.van, scene.mate), phones, strict=True):
            mine = sorted(one["id"] for one in page if one["recipient_id"] == van)
            assert mine
            until(lambda mine=mine, phone=phone: heard(phone) == mine, PATIENCE_S, f"{van} to hear")


def rows_of(body):
    """The rows of the page that a message is by: one for each order that it tells of."""
    data = body["data"]
    return [(one["type"], data["to"]) for one in (body, *data.get("also", ()))]


def heard(phone):
    """The messages that the phone was told on its stream."""
    told = [one.data["body"] for one in phone.messages if one.event == "message.queued"]
    return sorted(body["message_id"] for body in told)
