"""`geo-dispatch technicians`, as people type it."""

import base64
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pytest

from geo_dispatch.adapters.graph_files import open_graph
from geo_dispatch.bootstrap import open_back_office
from geo_dispatch.config import load_settings
from geo_dispatch.kernel.actors import CLI, Role
from geo_dispatch.kernel.errors import Unauthenticated
from geo_dispatch.kernel.geo import haversines_m
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.services import tokens
from geo_dispatch.services.history import access
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.keeping import TECHNICIANS
from geo_dispatch.services.tracking import connecting
from geo_dispatch.tracking.fixes import DEGREE_SCALE, Fix
from tests.support.drives import random_drive

URL = "https://dispatch.example.com"


@pytest.fixture
def cli(cli):
    assert cli("db", "upgrade")[0] == 0
    for call_sign in ("Van 07", "Van 08", "Crane"):
        with open_back_office(load_settings()) as desk:
            fields = {"call_sign": call_sign, "external_id": f"x-{call_sign}"}
            records.create(desk, TECHNICIANS, fields, actor=CLI)
    return cli


def _actor(secret):
    with open_back_office(load_settings()) as desk:
        return tokens.authenticate(desk.store, secret)


def _key(cli, *options):
    """The secret of a new key of Van 07, out of the link for Overland."""
    status, out, err = cli(
        "technicians", "connect", "Van 07", "--app", "overland", "--url", URL, *options
    )
    assert status == 0, err
    return parse_qs(urlsplit(out.strip()).query)["token"][0]


def test_each_app_gets_its_link_with_one_key_for_that_phone(cli):
    status, out, err = cli("technicians", "connect", "Van 07", "--url", f"{URL}/")
    assert status == 0
    owntracks, traccar, overland, gpslogger = out.splitlines()

    scheme, _, inline = owntracks.partition("?inline=")
    assert scheme == "owntracks:///config"
    told = json.loads(base64.b64decode(unquote(inline)))
    assert (told["_type"], told["mode"], told["tid"]) == ("configuration", 3, "07")
    assert told["url"] == f"{URL}/v1/ingest/owntracks"
    key = told["password"]
    assert _actor(key).role is Role.INGEST

    assert traccar.startswith(f"{URL}/v1/ingest/osmand/{key}?id=tc_")
    setup = parse_qs(urlsplit(overland).query)
    assert overland.startswith("overland://setup?")
    assert (setup["url"], setup["token"]) == ([f"{URL}/v1/ingest/overland"], [key])
    assert gpslogger.startswith(f"{URL}/v1/ingest/gpslogger/{key}?lat=%LAT&lon=%LON")
    assert err.count("▀") > 400  # codes, drawn for the terminal
    assert "warning" not in err


def test_gpslogger_gets_a_profile_that_it_can_load(cli):
    _, out, _ = cli("technicians", "connect", "Van 07", "--app", "gpslogger", "--url", URL)
    profile = dict(line.split("=", 1) for line in out.strip().splitlines())
    assert profile["log_customurl_url"] == f"{URL}/v1/ingest/gpslogger"
    assert _actor(profile["log_customurl_basicauth_password"]).role is Role.INGEST


def test_another_phone_leaves_the_first_alone_unless_keys_are_rotated(cli):
    first, second = _key(cli), _key(cli)
    assert _actor(first).technician_id == _actor(second).technician_id
    third = _key(cli, "--rotate")
    for old in (first, second):
        with pytest.raises(Unauthenticated, match="revoked"):
            _actor(old)
    assert _actor(third).role is Role.INGEST


def test_codes_are_written_as_files(cli, tmp_path):
    svg, png = tmp_path / "van.svg", tmp_path / "van.png"
    _key(cli, "--svg", svg, "--png", png)
    assert svg.read_text().startswith("<svg")
    assert png.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("who", ["Van 07", "x-Van 07", "van 07", " Crane "])
def test_people_may_name_whom_they_mean_in_several_ways(cli, who):
    status, _, err = cli("technicians", "connect", who, "--app", "traccar", "--url", URL)
    assert status == 0
    assert who.strip().removeprefix("x-").casefold() in err.casefold()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Van",), "may be any of 2 technicians"),
        (("Nobody",), "no technician 'Nobody'"),
        (("",), "no technician ''"),
        (("Van 07", "--url", "dispatch.example.com"), "give a URL like https://"),
        (("Van 07", "--svg", "van.svg"), "say which with --app"),
    ],
)
def test_what_can_not_be_is_refused_in_a_line(cli, arguments, said):
    status, out, err = cli("technicians", "connect", *arguments)
    assert (status, out) == (1, "")
    assert said in err


def test_an_ambiguous_name_says_whom_it_may_mean(cli):
    _, _, err = cli("technicians", "connect", "Van")
    assert ": Van 07" in err
    assert ": Van 08" in err


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "this machine only"),
        ("http://localhost:8080", "this machine only"),
        ("http://203.0.113.7", "over plain HTTP"),
    ],
)
def test_a_url_that_phones_cannot_reach_safely_is_warned_of(cli, url, said):
    options = [] if url is None else ["--url", url]
    _, _, err = cli("technicians", "connect", "Van 07", "--app", "traccar", *options)
    assert f"{said}" in err[err.index("warning") :]


def test_technicians_are_listed_with_their_keys(cli):
    _key(cli)
    lines = cli("technicians", "list")[1].splitlines()
    assert [line.split("  ")[1] for line in lines] == ["Crane", "Van 07", "Van 08"]
    assert "1 keys" in lines[1]
    assert "0 keys" in lines[0]


def test_mileage_is_printed_by_day_and_who_asked_is_written_down(cli, tmp_path, workspace):
    (tmp_path / "road_graphs").symlink_to(workspace / "road_graphs")
    settings = load_settings()
    drive = random_drive(open_graph(settings.graph_path), 4, least_m=4000)
    start_ms = datetime_to_ms(datetime(2026, 3, 2, 9, tzinfo=UTC))
    with open_back_office(settings) as desk:
        van = connecting.find(desk, "Van 07")
        keys = [
            (start_ms + round(at_s * 1000), *map(int, np.rint(place * DEGREE_SCALE)))
            for at_s, place in zip(drive.times_s, drive.lonlats, strict=True)
        ]
        with desk.store.write() as unit:
            unit.tracking.add_fixes([Fix(van.id, *key, 10.0) for key in keys], start_ms)
            unit.commit()
    days = ("--from", "2026-03-01", "--to", "2026-03-02")
    status, out, err = cli("technicians", "mileage", "Van 07", *days, "--purpose", "tax")
    assert status == 0, err
    sunday, monday = out.splitlines()
    assert sunday.split()[:2] == ["2026-03-01", "0.0"]
    true_km = haversines_m(drive.line[:-1], drive.line[1:]).sum() / 1000
    assert float(monday.split()[1]) == pytest.approx(true_km, rel=0.03)
    assert "100% known" in monday
    assert "matched on liechtenstein" in err
    with open_back_office(settings) as desk:
        (look,) = access.looks_at(desk, van.id)
    assert (look.viewer, look.what, look.purpose) == ("cli", "mileage", "tax")
