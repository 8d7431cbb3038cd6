"""What the fixes say of a job's visits, against what the records say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo_dispatch.dispatch.work.visits import Review, Visit
from geo_dispatch.kernel.time import datetime_to_ms
from geo_dispatch.tracking.geofence import Attendance


@dataclass(frozen=True, slots=True)
class Pair:
    """A visit on record and the attendance behind it; one of them may be missing."""

    visit: Visit | None
    attendance: Attendance | None


def differences(attendances: Sequence[Attendance], visits: Sequence[Visit]) -> list[Pair]:
    """Where the records must follow the fixes, by time of the attendance, visits to drop last.

    An attendance belongs to the visit that began with it, else to one that it shares any time
    with, those that fixes made first. What a person entered or judged is never dropped, and
    what an earlier version of the rule confirmed stays as it confirmed it.

    Parameters
    ----------
    attendances
        Everything that one technician's fixes say of one job.
    visits
        The technician's visits for the job on record, without retracted ones.
    """
    left = list(visits)
    pairs: dict[int, Pair] = {}
    for fits in (_began_together, _by_fixes_overlapping, _overlap):
        for index, attendance in enumerate(attendances):
            if index in pairs:
                continue
            visit = next((one for one in left if fits(attendance, one)), None)
            if visit is not None:
                left.remove(visit)
                pairs[index] = Pair(visit, attendance)
    for index, attendance in enumerate(attendances):
        pairs.setdefault(index, Pair(None, attendance))
    found = [pair for _, pair in sorted(pairs.items()) if not _settled(pair)]
    found += [Pair(visit, None) for visit in left if not visit.kept and visit.review is Review.OPEN]
    return found


def _began_together(attendance: Attendance, visit: Visit) -> bool:
    return visit.source == "gps" and datetime_to_ms(visit.arrived_at) == attendance.arrived_ms


def _by_fixes_overlapping(attendance: Attendance, visit: Visit) -> bool:
    return visit.source == "gps" and _overlap(attendance, visit)


def _overlap(attendance: Attendance, visit: Visit) -> bool:
    begins_before = (
        attendance.left_ms is None or datetime_to_ms(visit.arrived_at) <= attendance.left_ms
    )
    ends_after = (
        visit.departed_at is None or datetime_to_ms(visit.departed_at) >= attendance.arrived_ms
    )
    return begins_before and ends_after


def _settled(pair: Pair) -> bool:
    visit, attendance = pair.visit, pair.attendance
    if visit is None or attendance is None:
        return False
    departed_ms = None if visit.departed_at is None else datetime_to_ms(visit.departed_at)
    if visit.kept:
        return departed_ms is not None or attendance.left_ms is None
    return (
        datetime_to_ms(visit.arrived_at) == attendance.arrived_ms
        and departed_ms == attendance.left_ms
        and visit.evidence == attendance.evidence
    )
