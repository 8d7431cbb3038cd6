"""What an invoice would count comes from the record alone, and what is open is said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from geo_dispatch.dispatch.records.technicians import Part
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.evolution import evolve_all
from geo_dispatch.dispatch.work.invoicing import Gap, Missing, draft
from geo_dispatch.dispatch.work.lifecycle import decide
from geo_dispatch.dispatch.work.orders import WorkOrder

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ORDER = WorkOrder("wo_1", "WO-1001", "boiler repair", "st_1", NOW, status_at=NOW)
ASSIGN = c.Assign(assignment_id="as_1", technician_id="tc_1", sequence=1)
CREWED = replace(ASSIGN, crew=("tc_2",))
TOLD_ARRIVAL = c.ConfirmArrival(visit_id="vi_1", source="person")


def at(minutes):
    return NOW + timedelta(minutes=minutes)


def seen_arrival(minutes):
    return c.ConfirmArrival(visit_id="vi_1", source="gps", occurred_at=at(minutes))


def left(minutes, visit_id="vi_1", technician_id="tc_1"):
    return c.Depart(visit_id=visit_id, technician_id=technician_id, occurred_at=at(minutes))


def seen(visit_id, technician_id, arrived, departed=None):
    return c.ReviseVisit(
        visit_id=visit_id,
        technician_id=technician_id,
        arrived_at=None if arrived is None else at(arrived),
        departed_at=None if departed is None else at(departed),
    )


def drafted(*told, order=ORDER):
    """After the commands, each with the minute at which it came."""
    events = decide(None, c.PlaceOrder(order=order), NOW)
    for minutes, command in told:
        events += decide(evolve_all(None, events), command, at(minutes))
    return draft(events)


def lines(times):
    return [
        (
            line.span.technician_id,
            line.basis,
            line.minutes,
            line.span.start_source,
            line.span.end_source,
        )
        for line in times
    ]


def test_time_on_the_tools_is_labour_and_waiting_for_help_is_not():
    made = drafted(
        (0, ASSIGN),
        (10, c.SetOut(source="person")),
        (25, TOLD_ARRIVAL),
        (30, c.Start()),
        (50, c.AskForHelp(reason="no key")),
        (70, c.Resume()),
        (95, c.Complete(parts_used=(Part("gasket", 2), Part("bolt", 4)))),
    )
    assert lines(made.labour) == [
        ("tc_1", "steps", 20, "person", "person"),
        ("tc_1", "steps", 25, "person", "person"),
    ]
    assert lines(made.travel) == [("tc_1", "way", 15, "person", "person")]
    assert (made.labour_min.total, made.labour_min.by_gps, made.labour_min.by_word) == (45, 0, 45)
    assert made.parts == (Part("bolt", 4), Part("gasket", 2))
    assert made.missing == ()


def test_what_fixes_show_at_both_ends_is_told_apart_from_a_persons_word():
    made = drafted(
        (0, CREWED),
        (1, c.SetOut(source="gps", occurred_at=at(1))),
        (20, seen_arrival(20)),
        (21, seen("vi_2", "tc_2", 21, 80)),
        (60, c.Complete()),
        (70, left(66)),
    )
    assert lines(made.travel) == [("tc_1", "way", 19, "gps", "gps")]
    assert lines(made.labour) == [
        ("tc_1", "visit", 40, "gps", "person"),
        ("tc_2", "visit", 59, "gps", "gps"),
    ]
    assert (made.labour_min.total, made.labour_min.by_gps, made.labour_min.by_word) == (99, 59, 40)
    assert made.missing == (Missing(Gap.NO_SET_OUT, "tc_2"),)


def test_late_fixes_move_the_lines_with_the_visit():
    came = [
        (0, ASSIGN),
        (1, c.SetOut(source="gps", occurred_at=at(1))),
        (20, seen_arrival(20)),
        (50, left(50)),
    ]
    assert lines(drafted(*came).labour) == [("tc_1", "visit", 30, "gps", "gps")]
    moved = drafted(*came, (55, seen("vi_1", "tc_1", 16, 52)))
    assert lines(moved.labour) == [("tc_1", "visit", 36, "gps", "gps")]
    assert lines(moved.travel) == [("tc_1", "way", 15, "gps", "gps")]
    taken_back = drafted(*came, (55, seen("vi_1", "tc_1", None)))
    assert taken_back.labour == ()
    assert lines(taken_back.travel) == [("tc_1", "way", None, "gps", None)]


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ([], [Missing(Gap.NOT_ENDED)]),
        (
            [(0, ASSIGN), (5, TOLD_ARRIVAL), (6, c.Start())],
            [
                Missing(Gap.NOT_ENDED),
                Missing(Gap.WORK_GOES_ON, "tc_1", at(6)),
                Missing(Gap.NO_SET_OUT, "tc_1"),
            ],
        ),
        (
            [(0, CREWED), (2, c.SetOut(source="person")), (5, TOLD_ARRIVAL), (20, c.Complete())],
            [Missing(Gap.NO_ATTENDANCE, "tc_2")],
        ),
        (
            [(0, ASSIGN), (2, c.SetOut(source="person")), (5, TOLD_ARRIVAL), (9, c.Cancel())],
            [Missing(Gap.NO_DEPARTURE, "tc_1", at(5))],
        ),
        (
            [
                (0, ASSIGN),
                (2, c.SetOut(source="gps", occurred_at=at(2))),
                (5, seen_arrival(5)),
                (6, c.ReviewArrival(visit_id="vi_1", verdict="contested", reason="next door")),
                (7, c.Cancel()),
            ],
            [
                Missing(Gap.NO_ARRIVAL, "tc_1", at(2)),
                Missing(Gap.CONTESTED, "tc_1", at(5)),
            ],
        ),
        (
            [
                (0, ASSIGN),
                (2, c.SetOut(source="person")),
                (5, TOLD_ARRIVAL),
                (6, c.Start()),
                (20, c.Complete()),
                (31, seen("vi_2", "tc_1", 30, 31)),
            ],
            [Missing(Gap.NOT_COUNTED, "tc_1", at(30))],
        ),
    ],
    ids=["new", "at work", "crew", "cancelled", "contested", "came back"],
)
def test_what_the_record_leaves_open_is_named(told, missing):
    assert drafted(*told).missing == tuple(missing)


def test_parts_that_were_asked_for_and_not_told_are_an_open_question():
    order = replace(ORDER, required_parts=(Part("gasket"),))
    done = [(0, ASSIGN), (2, c.SetOut(source="person")), (5, TOLD_ARRIVAL)]
    assert drafted(*done, (9, c.Complete()), order=order).missing == (Missing(Gap.PARTS_NOT_TOLD),)
    used = c.Complete(parts_used=(Part("gasket"),))
    assert drafted(*done, (9, used), order=order).missing == ()


def test_no_minute_on_site_counts_twice():
    made = drafted(
        (0, CREWED),
        (5, TOLD_ARRIVAL),
        (6, seen("vi_2", "tc_2", 10, 40)),
        (7, seen("vi_3", "tc_2", 12, 45)),
        (60, c.Complete()),
    )
    assert lines(made.labour)[1:] == [("tc_2", "visit", 35, "gps", "gps")]


def test_minutes_are_whole_and_the_sum_is_that_of_the_lines():
    made = drafted(
        (0, ASSIGN),
        (5, TOLD_ARRIVAL),
        (6, c.Start()),
        (7.4, c.AskForHelp()),
        (8, c.Resume()),
        (9.5, c.Complete()),
    )
    assert [line.minutes for line in made.labour] == [1, 2]
    assert made.labour_min.total == 3
