"""Bodies of imports."""

from __future__ import annotations

from pydantic import Field

from api.schemas.common import Input, Output


class ImportIn(Input):
    """The text of a CSV file."""

    csv: str = Field(
        description="The first line names the columns: those of `geo-dispatch import … --columns`.",
        examples=["external_id,type,site_external_id\no-1,boiler repair,s-1\n"],
    )


class ImportOut(Output):
    """How many rows did what; in a dry run: would have done."""

    created: int
    updated: int
    unchanged: int
    customers_created: int = Field(
        description="Customers that rows of sites were the first to name."
    )
    dry_run: bool
