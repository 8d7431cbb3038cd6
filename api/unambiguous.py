"""Requests mean one thing: names that we know, each given once, in the query and in the body.

Who writes ``?dry-run=true`` or gives ``dry_run`` twice wants to try something out: to take what one
understands of it would do it. JSON with a name twice is read differently by every reader
(RFC 8259, 4).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.datastructures import QueryParams

from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.kernel.near import did_you_mean

_MAX_SHOWN: Final = 40


def refuse_ambiguous_query(request: Request, besides: frozenset[str]) -> None:
    """See to it that the route knows every parameter, and that none of them is there twice.

    Parameters
    ----------
    besides
        Names that are read before the route is.

    Raises
    ------
    InvalidInput
        Every parameter that it doesn't know, or that is there more often than it may be.
    """
    refuse_unknown(request.query_params, _parameters(request.scope["route"]), besides)


def refuse_unknown(
    query: QueryParams, known: dict[str, bool], besides: frozenset[str] = frozenset()
) -> None:
    """As `refuse_ambiguous_query`, by the names that are known and whether each may repeat."""
    faults = [
        Fault(_shown(name), f"is not a parameter{did_you_mean(name, known, _those(known))}")
        for name in query
        if name not in known and name not in besides
    ]
    faults.extend(
        Fault(name, f"is there {len(query.getlist(name))} times; give it once")
        for name, several in known.items()
        if not several and len(query.getlist(name)) > 1
    )
    if faults:
        raise InvalidInput("the query can't be understood", faults)


class PlainRequest(Request):
    """A request in whose JSON no name is there twice."""

    async def json(self) -> Any:
        """The body.

        Raises
        ------
        ValueError
            It is not JSON, or an object in it has a name twice.
        """
        if not hasattr(self, "_json"):
            self._json = json.loads(await self.body(), object_pairs_hook=_object)
        return self._json


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in made if names.count(name) > 1)
        raise ValueError(f"{json.dumps(_shown(twice))} is there twice in one object")
    return made


def _parameters(route: APIRoute) -> dict[str, bool]:
    """The names of a route's query, and whether each may be there several times."""
    return dict(_names(route.dependant))


def _names(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    for field in dependant.query_params:
        yield field.alias, _is_list(field.field_info.annotation)
    for needed in dependant.dependencies:
        yield from _names(needed)


def _is_list(annotation: Any) -> bool:
    return any(get_origin(one) is list for one in (annotation, *get_args(annotation)))


def _those(known: dict[str, bool]) -> str:
    return f"there are {', '.join(known)}" if known else "this takes none"


def _shown(name: str) -> str:
    return name if len(name) <= _MAX_SHOWN else f"{name[:_MAX_SHOWN]}…"
