"""`geo-dispatch decisions`: what was decided, and decided again with nothing but the records."""

import pytest
from sqlalchemy import text

from geo_dispatch.cli import COMMANDS, call
from geo_dispatch.services.policy import auto_assign
from geo_dispatch.services.policy import versions as policy
from geo_dispatch.services.repairs import emergencies
from geo_dispatch.services.repairs.emergencies import Call
from tests.support.ascii_map import AsciiMap, Town
from tests.support.dispatch_office import open_dispatch_office
from tests.support.records import DISPATCHER

BEST = '[[rules]]\nid = "all"\nthen = { assign = "best", margin_min = 0 }\n'


@pytest.fixture
def desk(tmp_path):
    town = Town(AsciiMap("A----------B----------C"), tmp_path)
    with open_dispatch_office(tmp_path, town) as office:
        yield office


@pytest.fixture
def cli(desk, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GEO_DISPATCH_DATABASE_URL", f"sqlite:///{tmp_path / 'records.db'}")
    entries = {entry.name: entry for entry in COMMANDS}

    def cli(*arguments):
        status = call(entries["decisions"], list(arguments))
        said = capsys.readouterr()
        return status, said.out, said.err

    return cli


@pytest.fixture
def van(desk):
    return desk.technician("Van 01", "A")


def by_a_rule(desk):
    order = desk.order("B")
    policy.publish(
        desk.ctx, BEST, author="Ann", reviewed_by="Ben", note="because", actor=DISPATCHER
    )
    while auto_assign.follow(desk.ctx, desk.positions):
        pass
    return order


def by_an_emergency(desk):
    site = desk.site("C")
    called = Call({"type": "leak", "site_id": site.id})
    return emergencies.declare(desk.ctx, called, positions=desk.positions, actor=DISPATCHER).order


def listed(cli, order):
    status, out, _ = cli("list", order.number)
    assert status == 0
    (line,) = out.splitlines()
    return line.split("  ")


@pytest.mark.capability("FA-032")
def test_a_rules_decision_is_listed_and_comes_out_the_same(desk, cli, van):
    decision_id, _, who = listed(cli, by_a_rule(desk))
    assert who.startswith("auto by rule:all, ")
    assert who.endswith(f": {van.id}")
    status, out, _ = cli("replay", decision_id)
    assert status == 0
    assert out.splitlines()[0].startswith("1. Van 01  ")
    assert out.splitlines()[-1] == f"{decision_id} is the same, to the byte; {van.id} goes"


def test_what_an_emergency_changes_is_worked_out_again(desk, cli, van):
    order = by_an_emergency(desk)
    decision_id, *_ = listed(cli, order)
    status, out, _ = cli("replay", decision_id)
    assert status == 0
    assert f"{order.number} assigned: somebody must be there by " in out


@pytest.mark.parametrize("table", ["decisions", "workings"])
def test_what_comes_out_otherwise_ends_with_one(desk, cli, van, table):
    decision_id, *_ = listed(cli, by_an_emergency(desk))
    with desk.ctx.store.write() as unit:
        unit.connection.execute(text(f"UPDATE {table} SET digest = 'other'"))  # noqa: S608 - ours
        unit.commit()
    status, out, err = cli("replay", decision_id)
    assert (status, out) == (1, "")
    assert err.startswith(f"geo-dispatch: {decision_id} comes out otherwise than at 2")


def test_a_decision_that_there_is_not_is_said_so(cli):
    status, _, err = cli("replay", "de_none")
    assert status == 1
    assert "no decision 'de_none'; an order's timeline names its own" in err
    assert "no work order 'WO-9'" in cli("list", "WO-9")[2]
