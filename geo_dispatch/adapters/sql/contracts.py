"""Service contracts in SQL."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, String, Table, Text

from geo_dispatch.adapters.sql.records import Records
from geo_dispatch.adapters.sql.tables import Id, metadata, record_columns
from geo_dispatch.adapters.sql.types import Nested
from geo_dispatch.dispatch.records.contracts import Contract
from geo_dispatch.dispatch.records.hours import Hours

contracts_table = Table(
    "contracts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("customer_id", Id, ForeignKey("customers.id"), nullable=False, index=True),
    Column("name", String(255), nullable=False, index=True),
    Column("tier", String(64), nullable=False),
    Column("starts_on", Date, nullable=False),
    Column("renews_on", Date),
    Column("renews_itself", Boolean, nullable=False),
    Column("preferred_hours", Nested(tuple[Hours, ...]), nullable=False),
    Column("notes", Text, nullable=False),
    *record_columns(),
)


class Contracts(Records[Contract]):
    """Contracts, by name."""

    kind = "contract"
    table = contracts_table
    order_by = "name"
    record_type = Contract

    def of_customer(self, customer_id: str) -> list[Contract]:
        """Those of the customer that are in use."""
        return self.list(self.table.c.customer_id == customer_id)
