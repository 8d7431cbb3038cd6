"""A decision kept with all that it was made from, and made again: the same bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import permutations
from typing import Any, Final, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.drives import Leg
from geo_dispatch.dispatch.days.plan import Plan
from geo_dispatch.dispatch.ranking.candidates import Excluded, NotRanked, Ranking
from geo_dispatch.dispatch.ranking.crewed import crewed, leads_wanted, search_crewed
from geo_dispatch.dispatch.ranking.crews import Choice
from geo_dispatch.dispatch.ranking.exclusions import Exclusion
from geo_dispatch.dispatch.ranking.fleet import Fleet
from geo_dispatch.dispatch.ranking.points import Roads
from geo_dispatch.dispatch.ranking.scoring import RankingParams
from geo_dispatch.dispatch.ranking.search import Search, Tried
from geo_dispatch.dispatch.records.sites import Site
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import TechnicianId


@dataclass(frozen=True, slots=True)
class Alike:
    """Technicians whom the same is known against, without a look at their day: ids, call signs."""

    exclusions: tuple[Exclusion, ...]
    technicians: tuple[tuple[TechnicianId, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that a ranking was made from.

    Of those whose day was not looked at, what was told of them takes the place of their plans:
    they are most of a large fleet, and no price makes candidates of them.

    Attributes
    ----------
    plans
        Of those whose day was looked at.
    legs
        Drive times that were asked for, seconds; None where there is no way.
    judged
        Whose days were looked at, and at which places; of all others it was known that they can't
        be among the best.
    also
        Of whom everything was told, among the best or not.
    mean_work_s
        Mean open work of all who might have been sent.
    excluded, not_ranked
        The others.
    crews
        Of an order for several, who would go along with each lead that was tried.
    """

    case: Case
    plans: tuple[Plan, ...]
    legs: tuple[tuple[LonLat, LonLat, float | None], ...]
    fastest_mps: float
    snap_slack_m: float
    params: RankingParams
    top: int | None
    explain: bool
    judged: Tried
    also: tuple[TechnicianId, ...]
    mean_work_s: float
    excluded: tuple[Alike, ...]
    not_ranked: tuple[NotRanked, ...]
    crews: dict[TechnicianId, Choice | None] = field(default_factory=dict)

    def call_signs(self) -> dict[TechnicianId, str]:
        """Everybody's."""
        return {
            **{plan.technician.id: plan.technician.call_sign for plan in self.plans},
            **dict(one for alike in self.excluded for one in alike.technicians),
            **{one.technician_id: one.call_sign for one in self.not_ranked},
        }


def inputs_of(
    case: Case,
    fleet: Fleet,
    *,
    top: int | None = None,
    params: RankingParams | None = None,
    also: Collection[TechnicianId] = (),
    explain: bool = True,
) -> tuple[Ranking, Inputs]:
    """Rank, and keep what it was made from; arguments as `rank`."""
    search, ranking, crews = search_crewed(
        case, fleet, top=top, params=params, also=also, explain=explain
    )
    roads, judged = fleet.roads, search.judged
    inputs = Inputs(
        case=replace(case, site=replace(case.site, fence=None)),
        plans=tuple(fleet.plans[row] for row in sorted(fleet.rows[one] for one in judged)),
        legs=_legs(search),
        fastest_mps=roads.fastest_mps,
        snap_slack_m=roads.snap_slack_m,
        params=search.params,
        top=top,
        explain=explain,
        judged=judged,
        also=tuple(sorted(search.also)),
        mean_work_s=search.scorer.mean_work_s,
        excluded=_alike(one for one in ranking.excluded if one.technician_id not in judged),
        not_ranked=tuple(one for one in ranking.not_ranked if one.technician_id not in judged),
        crews=crews,
    )
    return ranking, inputs


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
    )
    wanted = leads_wanted(inputs.case, inputs.top)
    search = Search(inputs.case, fleet, inputs.params, wanted, inputs.mean_work_s, also=inputs.also)
    search.run(inputs.judged)
    leads = search.ranking(explain=inputs.explain)
    again = crewed(search, leads, inputs.crews, top=inputs.top, explain=inputs.explain)
    others = [
        Excluded(*technician, alike.exclusions)
        for alike in inputs.excluded
        for technician in alike.technicians
    ]
    return replace(
        again,
        excluded=tuple(sorted([*again.excluded, *others], key=lambda one: one.technician_id)),
        not_ranked=tuple(sorted([*again.not_ranked, *inputs.not_ranked], key=NotRanked.key)),
    )


def pack(inputs: object) -> bytes:
    """The inputs of a decision as MessagePack."""
    return msgspec.msgpack.encode(inputs, enc_hook=_zone_to_text, order="deterministic")


def unpack(packed: bytes) -> Inputs:
    """The reverse of `pack`."""
    raw = msgspec.msgpack.decode(packed)
    return Inputs(**read(raw, _INPUTS), case=read_case(raw["case"]))


def read_case(raw: Any) -> Case:
    """A case as it was packed; the outline of its site was left out."""
    return Case(**read(raw, _CASE), site=Site(**read(raw["site"], _SITE)))


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


def _alike(excluded: Iterable[Excluded]) -> tuple[Alike, ...]:
    """Grouped: most of a fleet lacks the same."""
    groups: defaultdict[bytes, list[Excluded]] = defaultdict(list)
    for one in excluded:
        groups[msgspec.msgpack.encode(one.exclusions)].append(one)
    return tuple(
        Alike(those[0].exclusions, tuple((one.technician_id, one.call_sign) for one in those))
        for those in groups.values()
    )


def _legs(search: Search) -> tuple[tuple[LonLat, LonLat, float | None], ...]:
    """What is known of the ways between the places of each day that was looked at."""
    fleet, site = search.fleet, search.case.site.location
    known = fleet.drives.known
    found: dict[Leg, float | None] = {}
    for technician_id in search.judged:
        row = fleet.rows[technician_id]
        plan = fleet.plans[row]
        places = {stop.place for stop in plan.stops} | {site}
        if plan.whereabouts is not None:
            places.add(plan.whereabouts.place)
        if plan.technician.home is not None:
            places.add(plan.technician.home)
        found.update({leg: known[leg] for leg in permutations(places, 2) if leg in known})
    return tuple((start, end, found[start, end]) for start, end in sorted(found))


def shape(kind: type, *, without: str) -> type[msgspec.Struct]:
    """What to read of a record; outlines of parcels are left out, for no decision asks for them."""
    hints = get_type_hints(kind)
    return msgspec.defstruct(
        kind.__name__, [(one.name, hints[one.name]) for one in fields(kind) if one.name != without]
    )


_SITE: Final = shape(Site, without="fence")
_CASE: Final = shape(Case, without="site")
_INPUTS: Final = shape(Inputs, without="case")


def read(raw: object, shape: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of a record as it was packed."""
    return msgspec.structs.asdict(msgspec.convert(raw, shape, dec_hook=_text_to_zone))
