"""The tables that turn tags into drive times, as values. `car.toml` holds those of a car."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from geo_dispatch.kernel.errors import Fault, InvalidInput
from geo_dispatch.roads.limits import OTHER, Country, Kmh

Seconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
"""No turn, junction or gate gives time back, and none takes longer than a day."""

_ClosedOrSeconds = Annotated[float, msgspec.Meta(ge=-1, le=86_400)]
_Share = Annotated[float, msgspec.Meta(gt=0, le=100)]

_BARRIERS: Final = ("other", "opened")
"""Of `Profile.barrier_s`, what holds for all that are not listed, or say who may pass."""


class Speeds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How posted limits become driven speeds."""

    share_of_limit: _Share
    slowest_kmh: Kmh


class HighwayClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a highway class is driven at without a posted limit."""

    kmh: Kmh
    limit: str
    oneway: bool = False
    only_if_allowed: bool = False


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tag keys in the order in which they are asked."""

    access: tuple[str, ...]
    oneway: tuple[str, ...]
    maxspeed: tuple[str, ...]
    name: tuple[str, ...]


class AccessValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which access values mean what."""

    restricted: frozenset[str]
    closed: frozenset[str]


class Ferry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Crossings that carry cars.

    Attributes
    ----------
    routes
        Values of the route tag.
    kmh
        Where no duration is tagged.
    boarding_s
        Once for each crossing: waiting for it, and driving on and off.
    passengers
        Keys; a crossing without access tags that has one of them says who comes aboard, and that
        is not cars.
    """

    routes: frozenset[str]
    kmh: Kmh
    boarding_s: Seconds
    passengers: frozenset[str]


class Restricted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Streets that are driven only to reach a place on them."""

    at_most_kmh: Kmh
    entering_s: Seconds


class Junction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values of the junction tag that imply a direction."""

    oneway: frozenset[str]


class TurningPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Highway values of nodes where a car can turn round."""

    highway: frozenset[str]


class TurnAngle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds for turns up to an angle from straight on."""

    to_deg: float
    near_s: Seconds
    across_s: Seconds


class TurnTimes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds for turning where streets meet; angles ascend to 180."""

    u_turn_s: Seconds
    angles: tuple[TurnAngle, ...]

    def __post_init__(self) -> None:
        degrees = [angle.to_deg for angle in self.angles]
        if not degrees or degrees != sorted(degrees) or degrees[-1] != 180:  # noqa: PLR2004 - half a circle
            raise ValueError(f"turn.angles must ascend and end at 180 degrees, not {degrees}")


class TurnRestrictionKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which turn restrictions are for this vehicle."""

    keys: tuple[str, ...]
    exempt: frozenset[str]


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that depends on the kind of vehicle and the country; see car.toml."""

    name: str
    speeds: Speeds
    highway: dict[str, HighwayClass]
    service_factor: dict[str, _Share]
    keys: Keys
    access: AccessValues
    restricted: Restricted
    ferry: Ferry
    oneway: dict[str, tuple[bool, bool]]
    junction: Junction
    surface_kmh: dict[str, Kmh]
    tracktype_kmh: dict[str, Kmh]
    smoothness_kmh: dict[str, Kmh]
    bridge_kmh: dict[str, Kmh]
    barrier_s: dict[str, _ClosedOrSeconds]
    node_s: dict[str, Seconds]
    turning_place: TurningPlace
    turn: TurnTimes
    turn_restriction: TurnRestrictionKeys
    country: dict[str, Country]

    @property
    def wanted(self) -> dict[str, frozenset[str]]:
        """The values, by key, of which a way must have one to be looked at."""
        return {"highway": frozenset(self.highway), "route": self.ferry.routes}

    def country_or_other(self, code: str) -> str:
        """The code; `OTHER` if it is empty.

        Raises
        ------
        InvalidInput
            The profile has no default limits of the country.
        """
        if not code:
            return OTHER
        if code in self.country and code != OTHER:
            return code
        known = " ".join(sorted(self.country.keys() - {OTHER}))
        message = (
            f"country {code!r} has no default speed limits in profile {self.name!r}: give one of "
            f"{known}, or none for general ones, or a profile with a table [country.{code}]"
        )
        raise InvalidInput(message, [Fault("country", message)])


def parse_profile(table: Mapping[str, Any], where: str) -> Profile:
    """The profile from the tables of a TOML file.

    Raises
    ------
    InvalidInput
        A table is missing, misspelt, of the wrong type or out of bounds; ``where`` names the file.
    """
    try:
        profile = msgspec.convert(dict(table), Profile)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"{where} is not a speed profile: {error}; compare it with docs/roads.md",
            [Fault(where, str(error))],
        ) from error
    faults = [
        Fault("barrier_s", f"{name} is missing in [barrier_s]")
        for name in _BARRIERS
        if name not in profile.barrier_s
    ]
    if OTHER not in profile.country:
        missing = f"[country.{OTHER}] is missing; it holds the defaults of all"
        faults.append(Fault("country", missing))
    if faults:
        told = "; ".join(map(str, faults))
        raise InvalidInput(f"{where} is not a speed profile: {told}", faults)
    return profile
