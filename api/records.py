"""What the routes of all records share: pages and ETags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Protocol, TypeVar

import msgspec
from fastapi import Query, Response
from pydantic import BaseModel

from api.deps import etag
from api.schemas.common import Page

MAX_PAGE: Final = 500

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most items to answer.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.", max_length=100)]
Retired = Annotated[bool, Query(description="Also those out of use.")]


class Record(Protocol):
    """Something with an id and a version."""

    @property
    def id(self) -> str:
        """Its key."""

    @property
    def version(self) -> int:
        """Grows with each change."""


R = TypeVar("R", bound=Record)
M = TypeVar("M", bound=BaseModel)


def page_of(
    records: Sequence[R], limit: int, view: Callable[[R], dict[str, Any]], model: type[M]
) -> Page[M]:
    """The first ``limit`` of the records, of which one more was read to see whether there is."""
    shown = records[:limit]
    return Page(
        items=[model.model_validate(view(record)) for record in shown],
        next=shown[-1].id if len(records) > limit else None,
    )


def large_answer(view: dict[str, Any], headers: dict[str, str]) -> Response:
    """The view as it is: checking thousands of items field by field takes longer than the rest.

    A test holds what such a route answers to the schema that it documents.
    """
    return Response(msgspec.json.encode(view), headers=headers, media_type="application/json")


def answer(response: Response, record: R, view: Callable[[R], dict[str, Any]], model: type[M]) -> M:
    """The record, with its version as ETag."""
    response.headers["ETag"] = etag(record.version)
    return model.model_validate(view(record))
