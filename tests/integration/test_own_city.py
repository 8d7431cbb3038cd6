"""Your own city by the README: an extract, three CSV files and one command give a working map."""

import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.support.extract import LIECHTENSTEIN
from tests.support.waiting import until

CLI = [sys.executable, "-c", "from geo_dispatch.cli import app; app()"]
TECHNICIANS = """\
external_id,call_sign,skills,shifts,home_lon,home_lat
t1,Van 01,plumbing:4,mon-sun 00:00-00:00,9.5093,47.1663
t2,Van 02,hvac:3,mon-sun 00:00-00:00,9.5227,47.1382
"""
SITES = """\
external_id,name,lon,lat,address,customer_external_id,customer_name
s1,Bakery,9.5227,47.1382,"Städtle 14, Vaduz",c1,Bakery Städtle 14
"""
JOBS = """\
external_id,type,site_external_id,required_skills,priority,duration_min
j1,repair,s1,plumbing:2,2,45
"""


@pytest.fixture
def city(tmp_path):
    """An empty folder to work in, and the environment that the README exports."""
    for name, text in (("technicians", TECHNICIANS), ("sites", SITES), ("work-orders", JOBS)):
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    others = {k: v for k, v in os.environ.items() if not k.startswith("GEO_DISPATCH_")}
    environment = {
        **others,
        "GEO_DISPATCH_AREA": "my-city",
        "GEO_DISPATCH_TIME_ZONE": "Europe/Vaduz",
    }
    return tmp_path, environment


def run(city, *arguments):
    folder, environment = city
    done = subprocess.run(
        [*CLI, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.capability("FA-060")
def test_an_extract_and_three_files_give_a_working_map_within_minutes(city):
    began = time.monotonic()
    folder, environment = city
    run(city, "roads", "build", str(LIECHTENSTEIN), "--area", "my-city", "--country", "CH")
    run(city, "db", "upgrade")
    for kind in ("technicians", "sites", "work-orders"):
        run(city, "import", kind, f"{kind}.csv")
    secret = re.search(r"gd_\S+", run(city, "tokens", "create", "--role", "dispatcher")).group()
    log = folder / "up.log"
    with log.open("w") as stderr:
        up = subprocess.Popen(
            [*CLI, "up", "--port", "0"], cwd=folder, env=environment, stderr=stderr
        )
    try:
        url = until(lambda: _url(log, up), 60, "the address").group(1)
        _work(url, secret)
        assert time.monotonic() - began < 600
        asked = time.monotonic()
        up.send_signal(signal.SIGTERM)
        assert up.wait(10) == 0
        assert time.monotonic() - asked < 3
    finally:
        up.kill()
        up.wait()


def _url(log: Path, up: subprocess.Popen):
    assert up.poll() is None, log.read_text()
    return re.search(r"is up: (http\S+)/map", log.read_text())


def _work(url: str, secret: str):
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=url, headers=headers, timeout=10, trust_env=False) as api:
        api.post("/sign-in", json={"token": secret}).raise_for_status()
        assert "/static/js/map/main.js" in api.get("/map").text
        van = api.get("/v1/technicians").json()["items"][0]
        fix = {"technician_id": van["id"], "at": datetime.now(UTC).isoformat()}
        api.post("/v1/pings", json={**fix, "lon": 9.5093, "lat": 47.1663}).raise_for_status()
        (order,) = api.get("/v1/work-orders").json()["items"]
        ranking = until(
            lambda: api.get(f"/v1/work-orders/{order['id']}/candidates").json()["candidates"],
            10,
            "a candidate",
        )
        assert [one["call_sign"] for one in ranking] == ["Van 01"]
        assigned = api.post(f"/v1/work-orders/{order['id']}/assign", json={"auto": True}).json()
        assert assigned["technician_id"] == van["id"]
        eta = until(
            lambda: api.get(f"/v1/work-orders/{order['id']}/eta").json()["eta"], 10, "an ETA"
        )
        assert datetime.fromisoformat(eta) > datetime.now(UTC)
