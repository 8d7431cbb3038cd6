"""Technicians, customers and sites in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from geo_dispatch.adapters.sql import tables
from geo_dispatch.adapters.sql.records import Records
from geo_dispatch.dispatch.records.sites import Customer, Site
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.kernel.geo import LonLat


class Technicians(Records[Technician]):
    """Technicians, by call sign."""

    kind = "technician"
    table = tables.technicians
    order_by = "call_sign"
    record_type = Technician

    def by_call_sign(self, call_sign: str) -> Technician | None:
        """The technician in use whom the office calls so, or None."""
        found = self.list(self.table.c.call_sign == call_sign, limit=1)
        return found[0] if found else None

    def named(self, name: str) -> list[Technician]:
        """Whom a person or another system may mean: by id, else external id, else call sign.

        Only call signs can be those of several technicians in use.
        """
        known = self.find(name) or self.by_external_id(name)
        return [known] if known else self.list(self.table.c.call_sign == name)

    def highest_shard(self) -> int:
        """The highest home shard of any technician; -1 when there is none."""
        highest = self._connection.scalar(select(func.max(self.table.c.shard)))
        return -1 if highest is None else int(highest)


class Customers(Records[Customer]):
    """Customers, by name."""

    kind = "customer"
    table = tables.customers
    order_by = "name"
    record_type = Customer


class Sites(Records[Site]):
    """Sites, by name."""

    kind = "site"
    table = tables.sites
    order_by = "name"
    record_type = Site

    def to_row(self, record: Site) -> dict[str, Any]:
        """The location in two columns."""
        row = super().to_row(record)
        row["lon"], row["lat"] = row.pop("location")
        return row

    def from_row(self, row: Mapping[str, Any]) -> Site:
        """The location from two columns."""
        values = dict(row)
        return Site(location=LonLat(values.pop("lon"), values.pop("lat")), **values)
