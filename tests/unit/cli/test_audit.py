"""`geo-dispatch audit`, as people type it."""

import hashlib
import json

import pytest
from sqlalchemy import text

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.config import Settings
from geo_dispatch.dispatch.work.events import RecordRetired
from geo_dispatch.kernel.actors import CLI
from geo_dispatch.services.desk import BackOffice
from tests.support.records import NOW, Office, TestClock, counting_ids


@pytest.fixture
def store(cli, tmp_path):
    assert cli("db", "upgrade")[0] == 0
    store = Store(f"sqlite:///{tmp_path}/var/geo-dispatch.db")
    with store.write() as unit:
        for number in range(3):
            events = [RecordRetired(kind="site")] * 2
            unit.append(f"site:st_{number}", events, actor=CLI, at=NOW)
        unit.commit()
    yield store
    store.close()


def tamper(store, statement):
    with store.write() as unit:
        unit.connection.execute(text(statement))
        unit.commit()


def test_an_untouched_log_is_said_to_be_so(cli, store):
    status, out, err = cli("audit", "verify")
    assert status == 0
    assert out.startswith("6 events are as they were written; the head is 6 ")
    assert "check events" in err
    assert out.endswith(cli("audit", "head")[1])


@pytest.mark.capability("FA-056")
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            """UPDATE events SET body = '{"kind": "order"}' WHERE seq = 3""",
            "changed: event 3 (record.retired, version 1 of site:st_1) is not as it was written",
        ),
        (
            "DELETE FROM events WHERE seq = 3",
            "removed: version 1 of site:st_1 is gone: event 4 is its version 2",
        ),
        (
            "UPDATE events SET seq = 30 WHERE seq = 4",
            "reordered: event 5 (record.retired, version 1 of site:st_2) was written after",
        ),
        (
            """INSERT INTO events SELECT 7, 'site:st_9', 1, type, body, at, actor, digest, chain
            FROM events WHERE seq = 1""",
            "changed: event 7 (record.retired, version 1 of site:st_9) is not as it was written",
        ),
    ],
)
def test_the_first_broken_event_is_named(cli, store, statement, said):
    tamper(store, statement)
    status, out, err = cli("audit", "verify")
    assert (status, out) == (1, "")
    assert f"geo-dispatch: {said}" in err


def test_a_log_that_was_cut_off_lacks_the_head_noted_elsewhere(cli, store):
    head = cli("audit", "head")[1].split()[1]
    assert cli("audit", "verify", "--head", head)[0] == 0
    tamper(store, "DELETE FROM events WHERE seq = 6")
    assert cli("audit", "verify")[0] == 0
    status, _, err = cli("audit", "verify", "--head", head)
    assert status == 1
    assert "the end of the log was cut off" in err


def test_an_event_to_begin_behind_must_exist(cli, store):
    assert cli("audit", "verify", "--since", 4)[1].startswith("2 events are as they were written")
    status, _, err = cli("audit", "verify", "--since", 99)
    assert (status, err.strip()) == (
        1,
        "geo-dispatch: no event '99'; numbers have gaps; take that of an event",
    )


def test_what_was_checked_can_be_checked_elsewhere(cli, store, tmp_path):
    """The check, written down again from its documentation with nothing of ours."""
    file = tmp_path / "log.jsonl"
    assert cli("audit", "verify", "--export", file)[0] == 0
    digests, chain = {}, ""
    for line in file.read_text().splitlines():
        event = json.loads(line)
        content = {name: event[name] for name in ("actor", "body", "stream", "type", "version")}
        content["at"] = event["at"].replace("Z", ".000000Z")
        content["previous"] = digests.get(event["stream"], "")
        spelled = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        digest = hashlib.sha256(spelled.encode()).hexdigest()
        chain = hashlib.sha256((chain + digest).encode()).hexdigest()
        assert (event["digest"], event["chain"]) == (digest, chain)
        digests[event["stream"]] = digest
    assert cli("audit", "head")[1] == f"6 {chain}\n"


def test_an_export_that_cannot_be_written_is_said_so(cli, store, tmp_path):
    status, _, err = cli("audit", "verify", "--export", tmp_path / "no" / "log.jsonl")
    assert status == 1
    assert "log.jsonl cannot be written: No such file or directory" in err


def test_an_order_is_exported_and_checked(cli, store, tmp_path):
    desk = BackOffice(Settings(data=tmp_path), store, TestClock(), counting_ids())
    order = Office(desk).order()
    file = tmp_path / "order.zip"
    status, out, _ = cli("audit", "export", order.number, file)
    assert status == 0
    root = out.split()[-1]
    assert cli("audit", "verify-export", file)[1] == f"WO-1001 is as it was sealed: root {root}\n"
    file.write_bytes(file.read_bytes()[:-30])
    status, _, err = cli("audit", "verify-export", file)
    assert status == 1
    assert "is not a ZIP file that holds together" in err
    assert "no work order 'WO-9'" in cli("audit", "export", "WO-9")[2]
