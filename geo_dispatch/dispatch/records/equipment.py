"""Equipment at customers' sites: what the work is done on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.ids import EquipmentId, SiteId


@dataclass(frozen=True, slots=True)
class Equipment:
    """A boiler, a lift, a chiller: one piece, at one site.

    Attributes
    ----------
    type
        What technicians know how to work on: ``"heat pump"``.
    name
        How people on site call it: ``"Boiler 2, cellar"``.
    """

    id: EquipmentId
    site_id: SiteId
    type: str
    name: str
    serial: str = ""
    notes: str = ""
    external_id: str | None = None
    retired: bool = False
    version: int = 1


class EquipmentFields(TypedDict, total=False):
    """The fields of a piece of equipment that people set; on a change, those left out stay."""

    site_id: SiteId
    type: str
    name: str
    serial: str
    notes: str
    external_id: str | None


def equipment_faults(equipment: Equipment) -> list[Fault]:
    """Everything wrong with what is said of it."""
    return [
        Fault(name, f"is empty; {remedy}")
        for name, value, remedy in (
            ("type", equipment.type, "say what it is, such as 'heat pump'"),
            ("name", equipment.name, "say how people on site call it"),
        )
        if not value.strip()
    ]
