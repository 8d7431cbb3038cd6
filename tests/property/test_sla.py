"""Business time and the clocks of orders against an oracle that counts minute by minute."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from geo_dispatch.dispatch.records.hours import Hours
from geo_dispatch.dispatch.sla.calendars import (
    ALWAYS,
    Calendar,
    add_business_time,
    business_time_between,
    calendar_faults,
)
from geo_dispatch.dispatch.sla.promises import SlaPolicy
from geo_dispatch.dispatch.sla.timekeeping import Terms, clocks_of, follow, start
from geo_dispatch.dispatch.work import commands as c
from geo_dispatch.dispatch.work.events import (
    OrderArrived,
    OrderCancelled,
    OrderCompleted,
    OrderHeld,
    OrderPlaced,
    OrderReleased,
    as_json,
)
from geo_dispatch.dispatch.work.evolution import evolve
from geo_dispatch.dispatch.work.lifecycle import decide
from geo_dispatch.dispatch.work.orders import HoldReason
from geo_dispatch.dispatch.work.steps import STEPS
from tests.support.dispatching import an_order

MINUTE = timedelta(minutes=1)
CHANGES = [
    ("Europe/Vaduz", datetime(2026, 3, 29, tzinfo=UTC)),
    ("Europe/Vaduz", datetime(2026, 10, 25, tzinfo=UTC)),
    (
        "Africa/Cairo",
        datetime(2026, 4, 23, 22, tzinfo=UTC),
    ),  # at midnight: 24 April begins at 01:00
    ("Africa/Cairo", datetime(2026, 10, 29, 22, tzinfo=UTC)),
    ("Europe/Vaduz", datetime(2026, 6, 17, tzinfo=UTC)),
]
"""Days on which the clocks change, and one on which they don't."""

TWICE_OR_NEVER = {0, 2, 23}
"""Hours of which a clock shows some minutes twice, or never: hours begin and end around them."""


def wall(minute):
    return time(minute // 60 % 24, minute % 60)


quarters = st.integers(0, 95).map(lambda n: n * 15)
walls = quarters.filter(lambda n: n % 60 == 0 or n // 60 not in TWICE_OR_NEVER).map(wall)
hours = st.builds(Hours, st.integers(0, 6), walls, walls)


@st.composite
def calendars(draw, around):
    nearby = st.integers(-4, 6).map(lambda n: around.date() + timedelta(days=n))
    calendar = Calendar(
        "office",
        tuple(draw(st.lists(hours, min_size=1, max_size=8))),
        tuple(draw(st.lists(nearby, max_size=2))),
    )
    return draw(st.sampled_from([calendar, calendar, calendar, ALWAYS]))


@st.composite
def worlds(draw):
    name, around = draw(st.sampled_from(CHANGES))
    begins = around + draw(st.integers(-36 * 60, 24 * 60)) * MINUTE
    return ZoneInfo(name), draw(calendars(around)), begins


def counts(calendar, moment, zone):
    """Whether this minute counts, by what a clock on the wall shows."""
    if calendar.always:
        return True
    local = moment.astimezone(zone)
    today, shown = local.weekday(), local.time()
    if local.date() in calendar.holidays:
        return False
    return any(
        one.start <= shown < one.end and one.weekday == today
        if one.end > one.start
        else (shown >= one.start and one.weekday == today)
        or (shown < one.end and one.weekday == (today - 1) % 7)
        for one in calendar.hours
    )


@settings(deadline=None)
@given(worlds(), st.integers(0, 4 * 24 * 60))
def test_business_time_is_the_number_of_minutes_that_count(world, length):
    zone, calendar, begins = world
    ends = begins + length * MINUTE
    minutes = sum(counts(calendar, begins + n * MINUTE, zone) for n in range(length))
    assert business_time_between(calendar, begins, ends, zone) == minutes * 60
    assert business_time_between(calendar, ends, begins, zone) == 0 or length == 0


@settings(deadline=None)
@given(worlds(), st.integers(1, 20 * 60))
def test_a_deadline_is_the_end_of_the_last_minute_that_counts(world, target):
    zone, calendar, begins = world
    due = add_business_time(calendar, begins, target * 60, zone)
    assert business_time_between(calendar, begins, due, zone) == target * 60
    assert business_time_between(calendar, begins, due - MINUTE, zone) == (target - 1) * 60
    assert counts(calendar, due - MINUTE, zone)


@settings(deadline=None)
@given(worlds(), st.integers(0, 3 * 24 * 3600), st.integers(0, 3 * 24 * 3600))
def test_business_time_adds_up_to_the_second(world, first, second):
    zone, calendar, begins = world
    middle = begins + timedelta(seconds=first)
    ends = middle + timedelta(seconds=second)

    def between(start, end):
        return business_time_between(calendar, start, end, zone)

    assert between(begins, middle) + between(middle, ends) == between(begins, ends)


def test_hours_that_the_clocks_skip_wholly_hold_no_time():
    skipped = Calendar("night", (Hours(6, time(2, 30), time(3, 15)),))
    midnight = datetime(2026, 3, 29, tzinfo=ZoneInfo("Europe/Vaduz"))
    day = timedelta(days=1)
    assert business_time_between(skipped, midnight, midnight + day, ZoneInfo("Europe/Vaduz")) == 0
    assert calendar_faults(replace(skipped, hours=(*skipped.hours, *skipped.hours)), "c") == []


COMMANDS = st.one_of(
    st.builds(c.PutOnHold, reason=st.sampled_from(HoldReason)),
    st.builds(c.Release),
    st.builds(
        c.Assign,
        assignment_id=st.just("as_1"),
        technician_id=st.sampled_from(["tc_1", "tc_2"]),
        sequence=st.just(1),
    ),
    st.builds(c.Unassign),
    st.builds(c.SetOut, source=st.just("person")),
    st.builds(c.ConfirmArrival, visit_id=st.just("vi_1"), source=st.just("person")),
    st.builds(c.Start),
    st.builds(c.AskForHelp),
    st.builds(c.Resume),
    st.builds(c.Complete),
    st.builds(c.Cancel),
)
stories = st.lists(st.tuples(st.integers(0, 600), COMMANDS), max_size=12)


def happens(order, story):
    """The events of the commands that were possible, each with its time."""
    history = [(OrderPlaced(order_id=order.id, site_id=order.site_id, order=as_json(order)))]
    now = order.placed_at
    for pause, command in story:
        now += pause * MINUTE
        if order.status in STEPS[type(command)]:
            for event in decide(order, command, now):
                history.append(event)
                order = evolve(order, event)
    return history


def oracle(terms, target_s, history, stops):
    """When the promise was due, and when it was kept or broken, stepping through each minute."""
    at = next(order.placed_at for order in [evolve(None, history[0])])
    paused, stopped_at, pauses = None, None, []
    for event in history[1:]:
        if stopped_at is not None:
            break
        pausing = isinstance(event, OrderHeld) and event.reason in terms.policy.pauses
        if pausing and paused is None:
            paused = event.occurred_at
        elif isinstance(event, OrderReleased | OrderHeld) and not pausing and paused is not None:
            pauses.append((paused, event.occurred_at))
            paused = None
        elif isinstance(event, stops):
            stopped_at = event.occurred_at
            if paused is not None:
                pauses.append((paused, stopped_at))
                paused = None
    left = target_s
    while left > 0:
        standing = any(start <= at < end for start, end in pauses)
        if not standing and counts(terms.calendar, at, terms.zone):
            left -= 60
        at += MINUTE
    return at, paused, stopped_at


@settings(deadline=None, max_examples=300)
@given(
    worlds(),
    st.integers(1, 600),
    st.integers(1, 1200),
    st.lists(st.sampled_from(HoldReason), max_size=3, unique=True),
    stories,
)
def test_clocks_run_as_minutes_are_counted(world, response_min, completion_min, pauses, story):
    zone, calendar, begins = world
    policy = SlaPolicy(
        "gold",
        response_s=response_min * 60,
        completion_s=completion_min * 60,
        calendar=calendar.name,
        pauses=tuple(pauses),
    )
    terms = Terms(policy, 1, calendar, zone)
    history = happens(an_order(placed_at=begins), story)
    sla = clocks_of(terms, history)
    ended = (OrderCompleted, OrderCancelled)
    for clock, stops in ((sla.response, (OrderArrived, *ended)), (sla.completion, ended)):
        due_at, paused_at, stopped_at = oracle(terms, clock.target_s, history, stops)
        assert (clock.due_at, clock.paused_at, clock.stopped_at) == (due_at, paused_at, stopped_at)
        assert clock.breached == (stopped_at is not None and stopped_at > due_at)


@settings(deadline=None)
@given(worlds(), stories)
def test_following_event_by_event_comes_to_the_same_as_the_whole_record(world, story):
    zone, calendar, begins = world
    policy = SlaPolicy("gold", response_s=3600, calendar=calendar.name, pauses=(HoldReason.OTHER,))
    terms = Terms(policy, 1, calendar, zone)
    order = an_order(placed_at=begins)
    history = happens(order, story)
    sla = start(terms, begins)
    for event in history[1:]:
        after = evolve(order, event)
        sla = follow(sla, terms, order, after, event)
        order = after
    assert sla == clocks_of(terms, history)


def test_a_month_of_holidays_is_skipped():
    month = tuple(date(2026, 8, day) for day in range(1, 32))
    weekdays = tuple(Hours(day, time(8), time(17)) for day in range(5))
    zone = ZoneInfo("Europe/Vaduz")
    friday = datetime(2026, 7, 31, 16, 30, tzinfo=zone)
    due = add_business_time(Calendar("works", weekdays, month), friday, 3600, zone)
    assert due == datetime(2026, 9, 1, 8, 30, tzinfo=zone)
