"""Policies put in force for a test, from the tables that it cares about."""

from geo_dispatch.dispatch.policy.document import PolicyVersion
from geo_dispatch.services.desk import Desk

OFFICE_HOURS = """
[[calendars]]
name = "office"
hours = [
    { weekday = 0, start = 08:00:00, end = 17:00:00 },
    { weekday = 1, start = 08:00:00, end = 17:00:00 },
    { weekday = 2, start = 08:00:00, end = 17:00:00 },
    { weekday = 3, start = 08:00:00, end = 17:00:00 },
    { weekday = 4, start = 08:00:00, end = 17:00:00 },
]
"""


def publish(desk: Desk, text: str) -> PolicyVersion:
    """Put the document in force as it is."""
    with desk.store.write() as unit:
        version = unit.policies.add(
            text,
            author="Ada",
            reviewed_by="Grace",
            note="for a test",
            published_at=desk.clock(),
            published_by="cli",
        )
        unit.commit()
    return version
