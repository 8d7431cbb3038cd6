"""What ``demo --check`` has to see through the API, each with the ids that prove it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import TracebackType
from typing import Final, Self

import httpx

from geo_dispatch.demo.client import Api, Json
from geo_dispatch.demo.office import Office
from geo_dispatch.demo.phone import Phone
from geo_dispatch.kernel import cells
from geo_dispatch.kernel.geo import LonLat

TO_SEE: Final = (
    "ping", "position", "ranking", "assignment", "eta_update", "arrival", "completed_order",
)  # fmt: skip

_READ_TIMEOUT_S: Final = 60.0


@dataclass(slots=True)
class Seen:
    """What was seen so far, by the names of `TO_SEE`."""

    things: dict[str, Json] = field(default_factory=dict)
    waited_s: float = 0.0

    @property
    def missing(self) -> list[str]:
        """What was not seen yet."""
        return [name for name in TO_SEE if name not in self.things]

    def as_json(self) -> Json:
        """All of it as one object."""
        return {
            "ok": not self.missing,
            "seconds": round(self.waited_s, 1),
            "missing": self.missing,
            **{name: self.things[name] for name in TO_SEE if name in self.things},
        }


def sse_events(lines: Iterable[str]) -> Iterable[tuple[str, Json]]:
    """Name and data of each event of a stream of server-sent events (WHATWG HTML, 9.2)."""
    name = "message"
    data: list[str] = []
    for line in lines:
        if not line:
            if data:
                yield name, json.loads("\n".join(data))
            name, data = "message", []
        elif line.startswith("event:"):
            name = line.removeprefix("event:").strip()
        elif line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))


class EtaListener:
    """Follows the stream of ETAs in the background, as a customer's program would."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(10.0, read=_READ_TIMEOUT_S),
            trust_env=False,
        )
        self._thread = threading.Thread(target=self._listen, name="etas", daemon=True)
        self._ended = threading.Event()
        self.heard: dict[str, list[Json]] = {}
        """ETA events as they came, by order."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # the stream only ends with the API: the thread is a daemon and not waited for
        self._ended.set()

    def _listen(self) -> None:
        while not self._ended.is_set():
            try:
                with self._client.stream("GET", "/v1/etas/stream") as answer:
                    answer.raise_for_status()
                    self._note(sse_events(answer.iter_lines()))
            except httpx.HTTPError:
                self._ended.wait(0.5)

    def _note(self, events: Iterable[tuple[str, Json]]) -> None:
        for name, data in events:
            if name == "order.eta":
                body = data["body"]
                self.heard.setdefault(body["order_id"], []).append({**body, "seq": data["seq"]})


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
            "assignment": lambda: assignment(office),
            "eta_update": lambda: eta_update(self._etas.heard),
            "arrival": lambda: self._arrival(office),
            "completed_order": lambda: self._completed(office),
        }
        for name in self._seen.missing:
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

    def _arrival(self, office: Office) -> Json | None:
        for order_id in office.assigned:
            for visit in self._api.get(f"/v1/work-orders/{order_id}/visits")["items"]:
                found = arrival_with_evidence(visit)
                if found is not None:
                    return found
        return None

    def _completed(self, office: Office) -> Json | None:
        for order_id in office.assigned:
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


def assignment(office: Office) -> Json | None:
    """An assignment, as the API answered it."""
    for order in office.assigned.values():
        if order["technician_id"]:
            names = ("id", "number", "technician_id", "assignment_id", "assigned_at")
            return {name: order[name] for name in names}
    return None


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
