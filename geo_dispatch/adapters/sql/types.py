"""Column types that hold the core's values as they are, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, LargeBinary, String
from sqlalchemy.types import TypeDecorator

from geo_dispatch.kernel.time import utc

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key that counts by itself; SQLite does so only for its own INTEGER."""


class UtcTime(TypeDecorator[datetime]):
    """An instant in UTC. A time without a zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite keeps it without the zone that it could not store."""
        if value is None:
            return None
        moment = utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware again."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Nested(TypeDecorator[Any]):
    """Dataclasses, tuples of them and the like, kept as JSON."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self.shape = shape

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - the library names it
        """To plain JSON."""
        return None if value is None else msgspec.to_builtins(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - the library names it
        """To the type it was."""
        return None if value is None else msgspec.convert(value, self.shape)


class Named(TypeDecorator[StrEnum]):
    """A member of an enumeration, kept by its value."""

    impl = String(32)
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the library names it
        """To its value."""
        return None if value is None else self.members(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002 - the library names it
        """To the member."""
        return None if value is None else self.members(value)


class Shape(TypeDecorator[BaseGeometry]):
    """A geometry, lon, lat, kept as WKB (OGC 06-103r4), which loses no digit."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: BaseGeometry | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002 - the library names it
        """To WKB."""
        return None if value is None else bytes(shapely.to_wkb(value))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> BaseGeometry | None:  # noqa: ARG002 - the library names it
        """To the geometry."""
        return None if value is None else shapely.from_wkb(bytes(value))
