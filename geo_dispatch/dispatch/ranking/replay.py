"""A decision kept with all that it was made from, and made again: the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import permutations
from typing import Any, Final, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.drives import Leg
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.dispatch.ranking.candidates import Ranking
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.points import Roads
from geo_dispatch.dispatch.ranking.scoring import RankingParams
from geo_dispatch.dispatch.ranking.search import Search, Tried, rank
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.geo import LonLat


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that a ranking was made from.

    Attributes
    ----------
    legs
        Drive times that were asked for, seconds; None where there is no way.
    judged
        Whose days were looked at, and at which places; of all others it was known that they can't
        be among the best.
    """

    case: Case
    plans: tuple[Plan, ...]
    legs: tuple[tuple[LonLat, LonLat, float | None], ...]
    fastest_mps: float
    snap_slack_m: float
    params: RankingParams
    top: int | None
    explain: bool
    overtime_s: float
    judged: Tried


def inputs_of(
    case: Case,
    fleet: Fleet,
    *,
    top: int | None = None,
    params: RankingParams | None = None,
    explain: bool = True,
) -> tuple[Ranking, Inputs]:
    """Rank, and keep what it was made from; arguments as `rank`."""
    search = Search(case, fleet, params or RankingParams(), top)
    search.run()
    roads = fleet.roads
    inputs = Inputs(
        case=replace(case, site=replace(case.site, fence=None)),
        plans=fleet.plans,
        legs=_legs(search),
        fastest_mps=roads.fastest_mps,
        snap_slack_m=roads.snap_slack_m,
        params=search.params,
        top=top,
        explain=explain,
        overtime_s=fleet.overtime_s,
        judged=search.judged,
    )
    return search.ranking(explain=explain), inputs


def replay(inputs: Inputs) -> Ranking:
    """Decide again: the same ranking as then."""

    def unknown(legs: Sequence[Leg]) -> list[float | None]:
        raise InvalidInput(f"the stored decision doesn't say how long the way {legs[0]} takes")

    fleet = Fleet(
        inputs.plans,
        Roads(unknown, inputs.fastest_mps, inputs.snap_slack_m),
        inputs.case.now,
        inputs.case.zone,
        known={(start, end): drive_s for start, end, drive_s in inputs.legs},
        overtime_s=inputs.overtime_s,
    )
    return rank(
        inputs.case,
        fleet,
        top=inputs.top,
        params=inputs.params,
        among=inputs.judged,
        explain=inputs.explain,
    )


def pack(inputs: Inputs) -> bytes:
    """The inputs as MessagePack."""
    return msgspec.msgpack.encode(inputs, enc_hook=_zone_to_text, order="deterministic")


def unpack(packed: bytes) -> Inputs:
    """The reverse of `pack`."""
    raw = msgspec.msgpack.decode(packed)
    site = Site(**_read(raw["case"]["site"], _SITE))
    case = Case(**_read(raw["case"], _CASE), site=site)
    return Inputs(**_read(raw, _INPUTS), case=case)


def ranking_bytes(ranking: Ranking) -> bytes:
    """The ranking as JSON, always the same for the same ranking."""
    return msgspec.json.encode(ranking, order="deterministic")


def _zone_to_text(value: object) -> Any:
    if isinstance(value, ZoneInfo):
        return value.key
    raise NotImplementedError(f"no way to keep a {type(value).__name__}")


def _text_to_zone(kind: type, value: Any) -> Any:
    if kind is ZoneInfo:
        return ZoneInfo(value)
    raise NotImplementedError(f"no way to read a {kind.__name__}")


def _legs(search: Search) -> tuple[tuple[LonLat, LonLat, float | None], ...]:
    """What is known of the ways between the places of each day that was looked at."""
    fleet, site = search.fleet, search.case.site.location
    known = fleet.drives.known
    found: dict[Leg, float | None] = {}
    for technician_id in search.judged:
        row = fleet.rows[technician_id]
        plan, start = fleet.plans[row], fleet.starts[row]
        places = {stop.place for stop in plan.stops} | {site}
        if start is not None:
            places.add(start.place)
        if plan.technician.home is not None:
            places.add(plan.technician.home)
        found.update({leg: known[leg] for leg in permutations(places, 2) if leg in known})
    return tuple((start, end, found[start, end]) for start, end in sorted(found))


def _shape(kind: type, *, without: str) -> type[msgspec.Struct]:
    """What to read of a record; outlines of parcels are left out, for no ranking asks for them."""
    hints = get_type_hints(kind)
    return msgspec.defstruct(
        kind.__name__, [(one.name, hints[one.name]) for one in fields(kind) if one.name != without]
    )


_SITE: Final = _shape(Site, without="fence")
_CASE: Final = _shape(Case, without="site")
_INPUTS: Final = _shape(Inputs, without="case")


def _read(raw: object, shape: type[msgspec.Struct]) -> dict[str, Any]:
    return msgspec.structs.asdict(msgspec.convert(raw, shape, dec_hook=_text_to_zone))
