"""What ``demo --check`` has to see through the API, each with the ids that prove it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from geo_dispatch.demo.client import Api, Json
from geo_dispatch.demo.listener import EtaListener
from geo_dispatch.demo.office import Office
from geo_dispatch.demo.phone import Phone
from geo_dispatch.kernel import cells
from geo_dispatch.kernel.geo import LonLat

DURING_THE_DAY: Final = (
    "ping", "position", "ranking", "assignment", "flag", "promise", "emergency", "eta_update",
    "arrival", "completed_order",
)  # fmt: skip

TO_SEE: Final = (*DURING_THE_DAY, "audit")
"""The record is checked when all the others have written to it."""


@dataclass(slots=True)
class Seen:
    """What was seen so far, by the names of `TO_SEE`."""

    things: dict[str, Json] = field(default_factory=dict)
    waited_s: float = 0.0

    @property
    def missing(self) -> list[str]:
        """What was not seen yet."""
        return [name for name in TO_SEE if name not in self.things]

    @property
    def missing_of_the_day(self) -> list[str]:
        """What was not seen yet and may still happen."""
        return [name for name in DURING_THE_DAY if name not in self.things]

    def as_json(self) -> Json:
        """All of it as one object."""
        return {
            "ok": not self.missing,
            "seconds": round(self.waited_s, 1),
            "missing": self.missing,
            **{name: self.things[name] for name in TO_SEE if name in self.things},
        }


class Witness:
    """Looks through the API for what has not been seen yet."""

    def __init__(self, api: Api, etas: EtaListener, seen: Seen, say: Callable[[str], None]) -> None:
        self._api = api
        self._etas = etas
        self._seen = seen
        self._say = say

    def look(self, office: Office, phones: Sequence[Phone]) -> None:
        """Look once."""
        looks: dict[str, Callable[[], Json | None]] = {
            "ping": lambda: accepted_ping(phones),
            "position": lambda: self._position(phones),
            "ranking": lambda: self._ranking(office),
            "assignment": lambda: self._assignment(office),
            "flag": lambda: flag(self._api.get("/v1/work-orders", {"flagged": "true"})["items"]),
            "promise": lambda: self._promise(office),
            "emergency": lambda: emergency(office.emergencies),
            "eta_update": lambda: eta_update(self._etas.heard),
            "arrival": lambda: self._arrival(office),
            "completed_order": lambda: self._completed(office),
        }
        for name in self._seen.missing_of_the_day:
            found = looks[name]()
            if found is not None:
                self._seen.things[name] = found
                self._say(f"seen: {name} {json.dumps(found, ensure_ascii=False)[:160]}")

    def _position(self, phones: Sequence[Phone]) -> Json | None:
        for phone in phones:
            if any(verdict["verdict"] == "accepted" for verdict in phone.verdicts):
                found = self._api.get(f"/v1/technicians/{phone.technician_id}/position")
                return position_in_its_cell(found)
        return None

    def _ranking(self, office: Office) -> Json | None:
        for order_id in office.placed:
            answer = self._api.get(f"/v1/work-orders/{order_id}/candidates")
            found = ranking_off_the_crow(order_id, answer["candidates"])
            if found is not None:
                return found
        return None

    def _assignment(self, office: Office) -> Json | None:
        for order_id in office.placed:
            for decision in self._api.get(f"/v1/work-orders/{order_id}/decisions")["items"]:
                if decision["chosen_id"] and decision["source"].startswith("rule:"):
                    replay = self._api.get(f"/v1/decisions/{decision['id']}/replay")
                    return assignment_by_rule(decision, replay)
        return None

    def _promise(self, office: Office) -> Json | None:
        for order_id in office.placed:
            found = promise(self._api.get(f"/v1/work-orders/{order_id}"))
            if found is not None:
                return found
        return None

    def _arrival(self, office: Office) -> Json | None:
        for order_id in office.placed:
            for visit in self._api.get(f"/v1/work-orders/{order_id}/visits")["items"]:
                found = arrival_with_evidence(visit)
                if found is not None:
                    return found
        return None

    def _completed(self, office: Office) -> Json | None:
        for order_id in office.placed:
            order = self._api.get(f"/v1/work-orders/{order_id}")
            if order["status"] == "complete":
                told = self._api.get(f"/v1/work-orders/{order_id}/timeline")["items"]
                return completed_with_story(order, told)
        return None


def accepted_ping(phones: Sequence[Phone]) -> Json | None:
    """A ping with the verdict that it was accepted."""
    for phone in phones:
        for verdict in phone.verdicts:
            if verdict["verdict"] == "accepted":
                return {name: verdict[name] for name in ("technician_id", "at", "verdict")}
    return None


def position_in_its_cell(position: Json) -> Json | None:
    """The position, if its H3 cell is the one in which it lies."""
    place = LonLat(position["lon"], position["lat"])
    if position["cell"] != cells.cell_to_str(cells.lonlat_to_cell(place)):
        return None
    return {name: position[name] for name in ("technician_id", "lon", "lat", "cell", "at")}


def ranking_off_the_crow(order_id: str, candidates: Sequence[Json]) -> Json | None:
    """The nearest by drive time and by crow's flight, if they are not the same technician."""
    reached = [one for one in candidates if one["drive_s"] is not None]
    if not reached:
        return None
    by_road = min(reached, key=lambda one: one["drive_s"])
    by_crow = min(reached, key=lambda one: one["crow_m"])
    if by_road["technician_id"] == by_crow["technician_id"]:
        return None
    return {
        "order_id": order_id,
        "candidates": len(candidates),
        "nearest_by_road": _distance(by_road),
        "nearest_by_crow": _distance(by_crow),
    }


def _distance(candidate: Json) -> Json:
    return {name: candidate[name] for name in ("technician_id", "drive_s", "crow_m", "rank")}


def assignment_by_rule(decision: Json, replay: Json) -> Json | None:
    """An assignment that a rule made, if ranking again from what is kept gives the same bytes."""
    if not replay["same"]:
        return None
    names = ("order_id", "at", "source", "chosen_id", "policy_version")
    return {name: decision[name] for name in names}


def flag(flagged: Sequence[Json]) -> Json | None:
    """An order that the rules left to a dispatcher, with the reason."""
    for order in flagged:
        if order["status"] == "new":
            return {"order_id": order["id"], "number": order["number"], **order["flag"]}
    return None


def promise(order: Json) -> Json | None:
    """What was promised for the order, with the moment until which it is kept."""
    if order["sla"] is None or order["sla"]["response"] is None:
        return None
    return {"order_id": order["id"], **order["sla"]}


def emergency(declared: Sequence[tuple[Json, Json]]) -> Json | None:
    """An emergency that did to the day what its dry run had shown, and nothing else."""
    for shown, done in declared:
        # vans drove on between the two: moments may differ, but not who is touched, and how
        if done["technician_id"] is not None and _touched(shown) == _touched(done):
            return {
                "order_id": done["order"]["id"],
                "technician_id": done["technician_id"],
                "arrive_at": done["arrive_at"],
                "respond_by": done["respond_by"],
                "shown": _told(shown),
                "done": _told(done),
            }
    return None


def _touched(answer: Json) -> list[tuple[str | None, ...]]:
    own = answer["order"]["id"]  # the dry run's order was never placed: its id is another
    return sorted(
        (
            "" if one["order_id"] == own else one["order_id"],
            one["kind"],
            one["technician_before"] or "",
            one["technician_after"] or "",
        )
        for one in answer["changes"]
    )


def _told(answer: Json) -> list[str]:
    return [f"{one['number']} {one['kind']}" for one in answer["changes"]]


def eta_update(heard: dict[str, list[Json]]) -> Json | None:
    """An ETA that came again, and differs from the one before."""
    for order_id, etas in list(heard.items()):
        for before, after in pairwise(etas):
            if before["eta"] and after["eta"] and before["eta"] != after["eta"]:
                return {
                    "order_id": order_id,
                    "seq": after["seq"],
                    "eta_before": before["eta"],
                    "eta": after["eta"],
                    "drive_s": after["drive_s"],
                }
    return None


def arrival_with_evidence(visit: Json) -> Json | None:
    """An arrival confirmed by fixes alone, with the fixes."""
    evidence = visit["evidence"]
    if visit["source"] != "gps" or not evidence or not evidence["fixes"]:
        return None
    return {
        "visit_id": visit["id"],
        "order_id": visit["order_id"],
        "technician_id": visit["technician_id"],
        "arrived_at": visit["arrived_at"],
        "rule": evidence["rule"],
        "probability": evidence["probability"],
        "fixes": len(evidence["fixes"]),
    }


def completed_with_story(order: Json, told: Sequence[Json]) -> Json | None:
    """A completed order, if its timeline tells it from the call to the end."""
    types = [entry["type"] for entry in told]
    wanted = ("order.placed", "order.assigned", "order.arrived", "order.completed")
    if not all(one in types for one in wanted):
        return None
    return {
        "order_id": order["id"],
        "number": order["number"],
        "ended_at": order["ended_at"],
        "timeline": [{"at": entry["at"], "text": entry["text"]} for entry in told],
    }
