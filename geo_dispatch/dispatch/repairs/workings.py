"""What an emergency or a repair was worked out from: kept, and worked out again to the byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.days.drives import Drives, Leg
from geo_dispatch.dispatch.days.plan import Plan, Stop
from geo_dispatch.dispatch.policy.document import EmergencyParams
from geo_dispatch.dispatch.ranking.crews import Choice
from geo_dispatch.dispatch.ranking.replay import pack, read, read_case, shape
from geo_dispatch.dispatch.repairs.emergency import EmergencyPlan
from geo_dispatch.dispatch.repairs.emergency_scene import Hosts, Scene, answer
from geo_dispatch.dispatch.repairs.repair import Repair
from geo_dispatch.dispatch.repairs.repair_search import Fits
from geo_dispatch.dispatch.repairs.upset_day import Trouble, UpsetDay, repair_of
from geo_dispatch.kernel.errors import InvalidInput
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.kernel.ids import OrderId, TechnicianId

Pair = tuple[OrderId, TechnicianId]


@dataclass(frozen=True, slots=True)
class Ways:
    """Drive times that were asked for.

    Attributes
    ----------
    legs
        From which of the places to which, and seconds; None where there is no way.
    """

    places: tuple[LonLat, ...]
    legs: tuple[tuple[int, int, float | None], ...]

    @classmethod
    def of(cls, known: Mapping[Leg, float | None]) -> Ways:
        """All that are known."""
        places = sorted({place for leg in known for place in leg})
        number = {place: index for index, place in enumerate(places)}
        legs = sorted((number[start], number[end], known[start, end]) for start, end in known)
        return cls(tuple(places), tuple(legs))

    def drives(self) -> Drives:
        """These drive times and no others."""

        def unknown(legs: Sequence[Leg]) -> list[float | None]:
            raise InvalidInput(f"the stored decision doesn't say how long the way {legs[0]} takes")

        places = self.places
        return Drives(unknown, {(places[i], places[j]): drive_s for i, j, drive_s in self.legs})


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyInputs:
    """All that the answer to an emergency was worked out from; as `Scene`.

    Attributes
    ----------
    hosts
        By the agreed beginning of the case that was asked about.
    crews
        What the ranking answered, each time that it was asked.
    fits
        Who may be sent to which visit, of those asked about.
    """

    case: Case
    respond_by: datetime
    plans: tuple[Plan, ...]
    ways: Ways
    hosts: tuple[tuple[datetime | None, tuple[tuple[TechnicianId, float], ...]], ...]
    crews: tuple[Choice | None, ...]
    fits: tuple[Pair, ...]
    wait_price: float
    params: EmergencyParams
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairInputs:
    """All that a repair was worked out from; as `UpsetDay` and `Trouble`."""

    now: datetime
    zone: ZoneInfo
    plans: tuple[Plan, ...]
    ways: Ways
    trouble: Trouble
    fits: tuple[Pair, ...]
    helps: tuple[Pair, ...]


def answer_kept(scene: Scene) -> tuple[EmergencyPlan, EmergencyInputs]:
    """The answer to the emergency, and what it was worked out from."""
    fits = _Asked(scene.fits)
    hosts: dict[datetime | None, Hosts] = {}
    crews: list[Choice | None] = []

    def hosts_of(case: Case) -> Hosts:
        return hosts.setdefault(case.order.start_at, scene.hosts_of(case))

    def crew_of(case: Case, plans: Sequence[Plan]) -> Choice | None:
        crews.append(scene.crew_of(case, plans))
        return crews[-1]

    drives = _on_top_of(scene.drives)
    case = replace(scene.case, site=replace(scene.case.site, fence=None))
    plan = answer(
        replace(scene, case=case, drives=drives, hosts_of=hosts_of, crew_of=crew_of, fits=fits)
    )
    return plan, EmergencyInputs(
        case=case,
        respond_by=scene.respond_by,
        plans=scene.plans,
        ways=Ways.of(drives.known),
        hosts=tuple((start_at, tuple(found.items())) for start_at, found in hosts.items()),
        crews=tuple(crews),
        fits=fits.fitting(),
        wait_price=scene.wait_price,
        params=scene.params,
        whole=scene.whole,
    )


def answer_again(inputs: EmergencyInputs) -> EmergencyPlan:
    """The same answer as then."""
    hosts = {start_at: dict(found) for start_at, found in inputs.hosts}
    crews = iter(inputs.crews)
    return answer(
        Scene(
            case=inputs.case,
            respond_by=inputs.respond_by,
            plans=inputs.plans,
            drives=inputs.ways.drives(),
            hosts_of=lambda case: hosts[case.order.start_at],
            crew_of=lambda _case, _plans: next(crews),
            fits=_one_of(inputs.fits),
            wait_price=inputs.wait_price,
            params=inputs.params,
            whole=inputs.whole,
        )
    )


def repair_kept(
    plans: Sequence[Plan],
    drives: Drives,
    now: datetime,
    zone: ZoneInfo,
    *,
    fits: Fits,
    helps: Fits,
    trouble: Trouble,
) -> tuple[Repair, RepairInputs]:
    """The repair of the day in which everybody has these plans, and what it was worked out from."""
    asked_fits, asked_helps, over = _Asked(fits), _Asked(helps), _on_top_of(drives)
    day = UpsetDay.of(plans, over, now, zone, fits=asked_fits, helps=asked_helps)
    repair = repair_of(day, trouble)
    return repair, RepairInputs(
        now=now,
        zone=zone,
        plans=tuple(plans),
        ways=Ways.of(over.known),
        trouble=trouble,
        fits=asked_fits.fitting(),
        helps=asked_helps.fitting(),
    )


def repair_again(inputs: RepairInputs) -> Repair:
    """The same repair as then."""
    day = UpsetDay.of(
        inputs.plans,
        inputs.ways.drives(),
        inputs.now,
        inputs.zone,
        fits=_one_of(inputs.fits),
        helps=_one_of(inputs.helps),
    )
    return repair_of(day, inputs.trouble)


def pack_inputs(inputs: EmergencyInputs | RepairInputs) -> bytes:
    """The inputs as MessagePack."""
    return pack(inputs)


def unpack_emergency(packed: bytes) -> EmergencyInputs:
    """The reverse of `pack_inputs`."""
    raw = msgspec.msgpack.decode(packed)
    return EmergencyInputs(**read(raw, _EMERGENCY), case=read_case(raw["case"]))


def unpack_repair(packed: bytes) -> RepairInputs:
    """The reverse of `pack_inputs`."""
    return RepairInputs(**read(msgspec.msgpack.decode(packed), _REPAIR))


def plan_bytes(plan: EmergencyPlan) -> bytes:
    """What the answer comes to as JSON, always the same for the same answer."""
    told = {
        "technician_id": plan.technician_id,
        "crew": plan.crew,
        "start_at": plan.start_at,
        "stay": plan.stay,
        "flagged": plan.flagged,
        "firm": plan.firm,
        **_changes(plan),
    }
    return msgspec.json.encode(told, order="deterministic")


def repair_bytes(repair: Repair) -> bytes:
    """What the repair comes to as JSON, always the same for the same repair."""
    told = {
        "missed_before": sorted(repair.missed_before),
        "missed_after": sorted(repair.missed_after),
        **_changes(repair),
    }
    return msgspec.json.encode(told, order="deterministic")


def _changes(result: EmergencyPlan | Repair) -> dict[str, Any]:
    return {
        "changes": result.rearrangement.changes,
        "sequences": result.rearrangement.sequences,
        "cost": result.cost,
        "proven": result.proven,
    }


@dataclass(slots=True)
class _Asked:
    """Who fits what, and each answer that was given."""

    ask: Callable[[Stop, TechnicianId], bool]
    answers: dict[Pair, bool] = field(default_factory=dict)

    def __call__(self, stop: Stop, technician_id: TechnicianId) -> bool:
        key = (stop.order.id, technician_id)
        if key not in self.answers:
            self.answers[key] = self.ask(stop, technician_id)
        return self.answers[key]

    def fitting(self) -> tuple[Pair, ...]:
        """Those who do."""
        return tuple(sorted(pair for pair, fits in self.answers.items() if fits))


def _one_of(pairs: Iterable[Pair]) -> Fits:
    known = frozenset(pairs)
    return lambda stop, technician_id: (stop.order.id, technician_id) in known


def _on_top_of(drives: Drives) -> Drives:
    """The same drive times; knows only what is asked of it."""

    def ask(legs: Sequence[Leg]) -> list[float | None]:
        drives.prefetch(legs)
        return [drives(*leg) for leg in legs]

    return Drives(ask)


_EMERGENCY: Final = shape(EmergencyInputs, without="case")
_REPAIR: Final = shape(RepairInputs, without="")
