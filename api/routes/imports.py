"""Imports: the rows of a whole CSV file in one call."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from api.auth import Caller
from api.deps import Ctx
from api.idempotency import IdempotentRoute
from api.schemas.imports import ImportIn, ImportOut
from geo_dispatch.services.records import imports

router = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=IdempotentRoute)


@router.post("/{what}", operation_id="import_records")
def import_records(
    context: Ctx,
    caller: Caller,
    what: imports.What,
    body: ImportIn,
    dry_run: Annotated[bool, Query(description="Check everything, change nothing.")] = False,
) -> ImportOut:
    """Take in all rows of a CSV file, or none and every fault, each with its line and column.

    A row is known by its `external_id`: entered when new, changed where it differs, else left
    alone, so that the same file can be sent again.
    """
    report = imports.import_text(context, what, body.csv, "the file", actor=caller, dry_run=dry_run)
    return ImportOut.model_validate(msgspec.to_builtins(report))
