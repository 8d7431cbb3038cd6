"""Whatever is done to a log, the first broken event is found, and what was done is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.audit.chain import (
    NOTHING,
    Damage,
    Sealed,
    Walk,
    chain_of,
    content_of,
    diagnose,
    digest_of,
)
from geo_dispatch.dispatch.work.events import LoggedEvent

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def sealed(streams):
    """A log: one event per letter, in the stream of that letter."""
    rows, heads, chain = [], {}, NOTHING
    for seq, stream in enumerate(streams, start=1):
        version, digest = heads.get(stream, (0, NOTHING))
        event = LoggedEvent(
            seq * 2, stream, version + 1, "order.x", {"n": seq}, NOW + timedelta(seconds=seq), "cli"
        )
        digest = digest_of(event, digest)
        chain = chain_of(chain, digest)
        heads[stream] = (version + 1, digest)
        rows.append(Sealed(event, digest, chain))
    return rows


def finding_in(rows, start=NOTHING, digest_before=lambda _stream, _version: NOTHING):
    walk = Walk(start, digest_before)
    for row in rows:
        if not walk.take(row):
            return diagnose(walk, start, row, rows)
    return None


def with_body(row, **body):
    return replace(row, event=replace(row.event, body=body))


def at(row, seq):
    return replace(row, event=replace(row.event, seq=seq))


def reseal(row, previous_digest, previous_chain):
    """As a forger who knows how it is done would seal it."""
    digest = digest_of(row.event, previous_digest)
    return Sealed(row.event, digest, chain_of(previous_chain, digest))


logs = st.text("abc", min_size=1, max_size=12).map(sealed)


@given(logs)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_an_untouched_log_has_nothing_wrong(rows):
    assert finding_in(rows) is None


@given(logs, st.data())
@settings(max_examples=100, derandomize=True, deadline=None)
@pytest.mark.parametrize(
    "change",
    [
        {"body": {"n": 1.5}},
        {"actor": "somebody else"},
        {"type": "order.y"},
        {"at": NOW - timedelta(microseconds=1)},
        {"stream": "z"},
        {"version": 99},
    ],
)
def test_a_changed_event_is_named(change, rows, data):
    place = data.draw(st.integers(0, len(rows) - 1))
    rows[place] = replace(rows[place], event=replace(rows[place].event, **change))
    finding = finding_in(rows)
    assert finding.seq == rows[place].event.seq
    if change.keys().isdisjoint({"stream", "version"}):
        assert finding.damage is Damage.CHANGED


@given(logs, st.data())
@settings(max_examples=100, derandomize=True, deadline=None)
def test_a_removed_event_is_missed_behind_the_gap(rows, data):
    place = data.draw(st.integers(0, len(rows) - 1))
    del rows[place]
    finding = finding_in(rows)
    if place == len(rows):
        assert finding is None  # only a head noted elsewhere shows this
    else:
        assert finding.damage is Damage.REMOVED
        assert finding.seq == rows[place].event.seq


@given(logs, st.data())
@settings(max_examples=100, derandomize=True, deadline=None)
@pytest.mark.parametrize("skilled", [False, True])
def test_an_inserted_event_is_named(skilled, rows, data):
    place = data.draw(st.integers(0, len(rows) - 1))
    before = rows[place - 1] if place else None
    forged = LoggedEvent(
        rows[place].event.seq - 1, "forged", 1, "order.x", {}, NOW, "token:tok_office"
    )
    row = Sealed(forged, "f" * 64, "0" * 64)
    if skilled:
        row = reseal(row, NOTHING, before.chain if before else NOTHING)
    rows.insert(place, row)
    finding = finding_in(rows)
    assert (finding.damage, finding.seq) == (Damage.INSERTED, forged.seq)


@given(logs, st.data())
@settings(max_examples=200, derandomize=True, deadline=None)
def test_events_in_another_order_are_named(rows, data):
    order = data.draw(st.permutations(rows))
    moved = [at(row, seq) for seq, row in enumerate(order, start=1)]
    finding = finding_in(moved)
    if order == rows:
        assert finding is None
        return
    first = next(place for place in range(len(rows)) if order[place] != rows[place])
    assert (finding.damage, finding.seq) == (Damage.REORDERED, first + 1)


def test_a_tampered_seal_counts_as_a_change():
    rows = sealed("aab")
    rows[1] = replace(rows[1], chain="0" * 64)
    assert (finding_in(rows).damage, finding_in(rows).seq) == (Damage.CHANGED, 4)


def test_a_change_with_a_new_digest_is_found_by_the_chain():
    rows = sealed("aaa")
    forged = with_body(rows[1], n="forged")
    rows[1] = replace(forged, digest=digest_of(forged.event, rows[0].digest))
    assert (finding_in(rows).damage, finding_in(rows).seq) == (Damage.CHANGED, 4)


def test_a_gap_that_was_sealed_anew_is_found_in_its_stream():
    rows = sealed("aba")
    rows[2] = reseal(rows[2], rows[0].digest, rows[0].chain)
    del rows[1]
    assert finding_in(rows) is None  # b is gone as if it had never been: note the head elsewhere
    rows = sealed("aab")
    del rows[0]
    rows[0] = reseal(rows[0], NOTHING, NOTHING)
    finding = finding_in(rows)
    assert finding.damage is Damage.REMOVED
    assert finding.fact == "version 1 of a is gone: event 4 is its version 2"


def test_a_range_begins_where_it_is_told_to():
    rows = sealed("abab")
    digests = {(row.event.stream, row.event.version): row.digest for row in rows}

    def before(stream, version):
        return digests.get((stream, version), NOTHING)

    assert finding_in(rows[2:], rows[1].chain, before) is None
    broken = [rows[2], with_body(rows[3], n=0)]
    assert finding_in(broken, rows[1].chain, before).seq == 8


def test_the_digest_is_that_of_the_documented_content():
    (row,) = sealed("a")
    assert content_of(row.event, NOTHING) == {
        "actor": "cli",
        "at": "2026-03-02T08:00:01.000000Z",
        "body": {"n": 1},
        "previous": "",
        "stream": "a",
        "type": "order.x",
        "version": 1,
    }
    assert row.digest == "26216e9c7bd751d8c588f97666e8014298c1bf9db77111c70fd8bd1b4c231a45"


def test_numbers_begin_at_1_so_that_nothing_hides_in_front():
    rows = sealed("ab")
    finding = finding_in([at(rows[0], 0), rows[1]])
    assert (finding.damage, finding.seq) == (Damage.CHANGED, 0)


def test_what_has_no_canonical_json_was_never_sealed():
    rows = sealed("ab")
    finding = finding_in([rows[0], with_body(rows[1], n=float("nan"))])
    assert (finding.damage, finding.seq) == (Damage.CHANGED, rows[1].event.seq)
