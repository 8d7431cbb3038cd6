"""Kill -9 in the middle of a call: all of it happened or nothing, and its repeat completes it.

Emergencies, repairs, crews, imports and policies. The kills close in on the moment of the commit.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from geo_dispatch.adapters.redis_server import RedisServer
from geo_dispatch.bootstrap import open_context
from geo_dispatch.config import Settings
from tests.support.app import (
    AREA,
    BALZERS,
    MONDAY_MORNING,
    SCHAAN,
    VADUZ,
    WORKING_HOURS,
    Deployment,
    prepare,
    serving,
)
from tests.support.databases import create_database, postgresql_server
from tests.support.plain_http import NO_TLS
from tests.support.policies import OFFICE_HOURS
from tests.support.striking import NOTHING, Call, Morning, bisected
from tests.support.waiting import until

KILLS = 2
"""Besides one at once and one after the answer."""

PLACES = (VADUZ, SCHAAN, BALZERS)
PROMISES = f"""{OFFICE_HOURS}
[[sla]]
name = "all"
calendar = "office"
response_s = 14400
"""
HEAD = "external_id,type,site_external_id,priority\n"


@dataclass
class Office:
    """A morning at the office, and what can be asked of it."""

    morning: Morning
    calls: dict[str, Call]


@contextmanager
def opened(workspace, data, **overrides):
    """The office; its records are nobody's, its Redis goes on."""
    settings = Settings(
        workspace=workspace,
        data=data,
        area=AREA,
        port=0,
        log_level="warning",
        clock_epoch=MONDAY_MORNING,
        clock_started=datetime.now(UTC),
        clock_factor=1e-10,
        **overrides,
    )
    with RedisServer(settings.data_dir) as redis:
        prepare(settings)
        with open_context(settings) as context, serving(settings) as url:
            deployment = Deployment(settings, context, redis, url)
            token = deployment.token("admin")
            with deployment.client("admin") as client:
                asked = fill(client)

        def ready(url):
            headers = {"Authorization": f"Bearer {token}"}
            seen = httpx.get(f"{url}/v1/positions", headers=headers, trust_env=False, verify=NO_TLS)
            return len(seen.json()["items"]) == len(PLACES)

        calls = {name: Call(path, body, token) for name, (path, body) in asked.items()}
        yield Office(Morning(settings, ready), calls)


@pytest.fixture(scope="module")
def office(workspace, tmp_path_factory):
    with opened(workspace, tmp_path_factory.mktemp("k")) as office:
        yield office


def fill(office):
    """A full day, and calls that change it, by name."""

    def made(path, body):
        answered = office.post(path, json=body)
        assert answered.is_success, answered.text
        return answered.json()

    policy = {"toml": PROMISES, "author": "Ann", "reviewed_by": "Ben", "note": "promises"}
    made("/v1/policy", policy)
    made("/v1/webhooks", {"url": "https://example.com/hook"})
    customer = made("/v1/customers", {"name": "Bakery", "email": "office@bakery.example"})
    vans, sites = [], []
    for number, place in enumerate(PLACES):
        van = made("/v1/technicians", {"call_sign": f"Van {number}", "shifts": WORKING_HOURS})
        ping = {"technician_id": van["id"], "at": MONDAY_MORNING.isoformat(), **place}
        made("/v1/pings", ping)
        site = {"name": f"Site {number}", "location": place, "external_id": f"s{number}"}
        sites.append(made("/v1/sites", {**site, "customer_id": customer["id"]})["id"])
        vans.append(van["id"])
    until(
        lambda: len(office.get("/v1/positions").json()["items"]) == len(PLACES),
        20,
        "the mirror to hear of everybody",
    )
    until_s = (MONDAY_MORNING, MONDAY_MORNING + timedelta(hours=5))
    window = dict(zip(("start", "end"), map(datetime.isoformat, until_s), strict=True))
    orders = []
    for number in range(6):
        order = {
            "type": "repair",
            "site_id": sites[number * 2 % len(sites)],
            "duration_s": 2700,
            "external_id": f"o{number}",
            "window": window,
        }
        orders.append(made("/v1/work-orders", order)["id"])
        given = {"technician_id": vans[number % len(vans)], "force": True, "reason": "full"}
        made(f"/v1/work-orders/{orders[-1]}/assign", given)
    away = [{"window": window, "reason": "ill"}]
    ill = office.patch(
        f"/v1/technicians/{vans[0]}", json={"leave": away}, headers={"If-Match": '"1"'}
    )
    assert ill.is_success, ill.text
    proposal = made("/v1/disruptions", {"cause": "ill", "technician_id": vans[0]})
    assert proposal["changes"], proposal
    emergency = {
        "type": "burst pipe",
        "site_id": sites[0],
        "duration_s": 5400,
        "respond_by": (MONDAY_MORNING + timedelta(minutes=15)).isoformat(),
    }
    crew = {"technician_ids": [vans[2]], "force": True, "reason": "full"}
    rows = [f"n{number},repair,s{number % 3},3\n" for number in range(300)]
    rows += [f"o{number},survey,s{number * 2 % 3},4\n" for number in range(4, 6)]
    return {
        "emergency": ("/v1/emergencies", emergency),
        "repair": (f"/v1/proposals/{proposal['id']}/accept", {}),
        "crew": (f"/v1/work-orders/{orders[1]}/crew", crew),
        "import": ("/v1/imports/work-orders", {"csv": HEAD + "".join(rows)}),
        "policy": ("/v1/policy", {**policy, "toml": PROMISES + "[review]\nmargin_min = 7.0\n"}),
    }


def assert_whole_or_nothing(office, name, kills):
    whole, fell = None, set()
    for strike in reversed(list(bisected(office.morning, office.calls[name], kills))):
        kept = strike.answer_kept
        again = strike.again()
        everything = strike.look()
        whole = whole or everything
        assert everything == whole != NOTHING
        assert strike.traces in (NOTHING, whole), "half of it happened"
        if strike.answer is not None:
            assert strike.answer.is_success, strike.answer.text
            assert strike.done, "what was answered is not there"
        if kept:
            assert again.headers["Idempotency-Replayed"] == "true"
            assert strike.answer is None or strike.answer.content == again.content
        elif strike.done:
            assert (again.status_code, again.json()["code"]) == (409, "idempotency-answer-lost")
        assert again.is_success or (strike.done and not kept), again.text
        fell.add((strike.done, kept))
    assert {(False, False), (True, True)} <= fell, "no kill before the commit, or none after it"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["emergency", "repair", "crew", "import", "policy"])
def test_a_call_happens_wholly_or_not_at_all(office, name):
    assert_whole_or_nothing(office, name, KILLS)


@pytest.mark.slow
def test_an_emergency_on_postgresql_too(workspace, tmp_path_factory):
    folder = tmp_path_factory.mktemp("p")
    with postgresql_server(folder / "postgresql") as server:
        create_database(server, "office")
        with opened(workspace, folder, database_url=f"{server}/office") as office:
            assert_whole_or_nothing(office, "emergency", KILLS)
