"""Columns hold the core's values as they are."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import shapely
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select
from sqlalchemy.exc import StatementError

from geo_dispatch.adapters.sql.types import Named, Nested, Shape, UtcTime
from geo_dispatch.dispatch.records.technicians import Skill
from geo_dispatch.dispatch.work.orders import Status

TABLE = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime),
    Column("skills", Nested(tuple[Skill, ...])),
    Column("status", Named(Status)),
    Column("area", Shape),
)


@pytest.fixture
def keep():
    engine = create_engine("sqlite://")
    TABLE.metadata.create_all(engine)

    def keep(**values):
        with engine.connect() as connection:
            connection.execute(insert(TABLE).values(values))
            return connection.execute(select(TABLE)).one()

    yield keep
    engine.dispose()


def test_times_come_back_in_utc_to_the_microsecond(keep):
    moment = datetime(2026, 3, 2, 9, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=1)))
    kept = keep(at=moment).at
    assert kept == moment
    assert kept.tzinfo is UTC


def test_times_without_a_zone_are_refused(keep):
    with pytest.raises(StatementError, match="has no time zone"):
        keep(at=datetime(2026, 3, 2, 9, 30))  # noqa: DTZ001 - the point of it


def test_dataclasses_come_back_as_they_were(keep):
    skills = (Skill("hvac", 3, datetime(2027, 1, 31, tzinfo=UTC).date()), Skill("électricité"))
    assert keep(skills=skills).skills == skills


def test_members_come_back_as_members_and_others_are_refused(keep):
    assert keep(status=Status.ON_SITE).status is Status.ON_SITE
    with pytest.raises(StatementError, match="'asleep' is not a valid Status"):
        keep(status="asleep")


def test_geometries_lose_no_digit(keep):
    area = shapely.Polygon([(9.123456789012345, 47), (9.2, 47), (9.2, 47.1)])
    assert shapely.equals_identical(keep(area=area).area, area)


def test_nothing_stays_nothing(keep):
    row = keep(id=1)
    assert (row.at, row.skills, row.status, row.area) == (None, None, None, None)
