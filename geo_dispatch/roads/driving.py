"""What the tags of one way or node mean to a driver, by the tables of a profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from geo_dispatch.roads.durations import duration_s
from geo_dispatch.roads.limits import default_kmh, limit_kmh
from geo_dispatch.roads.profile import HighwayClass, Profile

Tags = Mapping[str, str]

_SIDES: Final = ("forward", "backward")


class Access(IntEnum):
    """Who may drive; the most open of several counts."""

    CLOSED = 0
    RESTRICTED = 1
    OPEN = 2


@dataclass(frozen=True, slots=True)
class Driving:
    """How a way is driven: km/h each way, None where it may not be.

    Attributes
    ----------
    restricted
        Only to reach a place on it.
    name
        As signed, or empty.
    ferry
        It is a crossing; one boards it.
    duration_s
        The whole of it takes so long, whatever the speed; None where that is not known.
    """

    forward_kmh: float | None
    backward_kmh: float | None
    restricted: bool
    name: str
    ferry: bool = False
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class NodeDriving:
    """What a node does to who passes it.

    Attributes
    ----------
    forward_s, backward_s
        Seconds lost, by the direction of the way through it.
    closed
        Nobody passes.
    turning_place
        A car can turn round here.
    """

    forward_s: float = 0.0
    backward_s: float = 0.0
    closed: bool = False
    turning_place: bool = False


def way_driving(tags: Tags, profile: Profile, country: str) -> Driving | None:
    """How the way is driven, or None when it is not for this vehicle."""
    highway = profile.highway.get(tags.get("highway", ""))
    if highway is None and tags.get("route") in profile.ferry.routes:
        return _ferry_driving(tags, profile)
    if highway is None or tags.get("area") == "yes":
        return None
    directions = _directions(tags, highway, profile)
    speeds: list[float | None] = []
    accesses = [_access(tags, profile, f":{side}") for side in _SIDES]
    for side, allowed, access in zip(_SIDES, directions, accesses, strict=True):
        default = Access.CLOSED if highway.only_if_allowed else Access.OPEN
        entered = default if access is None else access
        drivable = allowed and entered is not Access.CLOSED
        speeds.append(
            _speed_kmh(tags, highway, profile, country, side=side, access=entered)
            if drivable
            else None
        )
    if speeds == [None, None]:
        return None
    return Driving(
        speeds[0], speeds[1], Access.RESTRICTED in accesses, _first(tags, profile.keys.name)
    )


def node_driving(tags: Tags, profile: Profile) -> NodeDriving:
    """What the node does to who passes it."""
    barrier_s = _barrier_s(tags, profile)
    passing_s = max(barrier_s, 0.0)
    kind, delay_s = next(
        (
            (key, seconds)
            for key, seconds in profile.node_s.items()
            if tags.get(key.partition("=")[0]) == key.partition("=")[2]
        ),
        ("", 0.0),
    )
    facing = (
        tags.get(f"{kind.partition('=')[2]}:direction") or tags.get("direction") if kind else ""
    )
    return NodeDriving(
        forward_s=passing_s + (delay_s if facing != "backward" else 0.0),
        backward_s=passing_s + (delay_s if facing != "forward" else 0.0),
        closed=barrier_s < 0,
        turning_place=tags.get("highway") in profile.turning_place.highway,
    )


def _ferry_driving(tags: Tags, profile: Profile) -> Driving | None:
    """How one crosses with a car, or None when none is carried."""
    ferry = profile.ferry
    directions = profile.oneway.get(_first(tags, profile.keys.oneway), (True, True))
    default = Access.CLOSED if ferry.passengers & tags.keys() else Access.OPEN
    accesses = [_access(tags, profile, f":{side}") for side in _SIDES]
    entered = [default if access is None else access for access in accesses]
    forward, backward = (
        ferry.kmh if allowed and access is not Access.CLOSED else None
        for allowed, access in zip(directions, entered, strict=True)
    )
    if forward is None and backward is None:
        return None
    return Driving(
        forward_kmh=forward,
        backward_kmh=backward,
        restricted=Access.RESTRICTED in accesses,
        name=_first(tags, profile.keys.name),
        ferry=True,
        duration_s=duration_s(tags.get("duration", "")),
    )


def _directions(tags: Tags, highway: HighwayClass, profile: Profile) -> tuple[bool, bool]:
    said = profile.oneway.get(_first(tags, profile.keys.oneway))
    if said is not None:
        return said
    implied = highway.oneway or tags.get("junction") in profile.junction.oneway
    return True, not implied


def _access(tags: Tags, profile: Profile, suffix: str = "") -> Access | None:
    """What the most specific access tag says; None when there is none."""
    value = _first(tags, _sided(profile.keys.access, suffix))
    if not value:
        return None
    return max(_access_value(part.strip(), profile) for part in value.split(";"))


def _access_value(value: str, profile: Profile) -> Access:
    if value in profile.access.closed:
        return Access.CLOSED
    return Access.RESTRICTED if value in profile.access.restricted else Access.OPEN


def _speed_kmh(
    tags: Tags,
    highway: HighwayClass,
    profile: Profile,
    country: str,
    *,
    side: str,
    access: Access,
) -> float:
    share = profile.speeds.share_of_limit
    posted = [
        limit_kmh(tags[key], country, profile.country)
        for key in _sided(profile.keys.maxspeed, f":{side}")
        if key in tags
    ]
    limit = next((limit for limit in posted if limit is not None), None)
    if limit is None:
        usual = default_kmh(highway.limit, country, profile.country)
        speed = highway.kmh if usual is None else min(highway.kmh, share * usual)
        speed *= profile.service_factor.get(tags.get("service", ""), 1.0)
    else:
        speed = share * limit
    caps = [
        table[tags[key]]
        for key, table in (
            ("surface", profile.surface_kmh),
            ("tracktype", profile.tracktype_kmh),
            ("smoothness", profile.smoothness_kmh),
            ("bridge", profile.bridge_kmh),
        )
        if tags.get(key) in table
    ]
    if access is Access.RESTRICTED:
        caps.append(profile.restricted.at_most_kmh)
    return max(profile.speeds.slowest_kmh, min([speed, *caps]))


def _barrier_s(tags: Tags, profile: Profile) -> float:
    """Seconds to pass the node's barrier; negative where it is closed."""
    access = _access(tags, profile)
    if access is Access.CLOSED:
        return -1.0
    barrier = tags.get("barrier")
    if barrier is None:
        return 0.0
    seconds = profile.barrier_s.get(barrier, profile.barrier_s["other"])
    return profile.barrier_s["opened"] if seconds < 0 and access is not None else seconds


def _sided(keys: Iterable[str], suffix: str) -> list[str]:
    """Each key after its form for one direction."""
    return [sided for key in keys for sided in (key + suffix, key)]


def _first(tags: Tags, keys: Iterable[str]) -> str:
    """The value of the first key that has one that holds without a condition."""
    return next((tags[key] for key in keys if tags.get(key) and "@" not in tags[key]), "")
