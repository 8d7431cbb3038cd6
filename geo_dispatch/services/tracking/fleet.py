"""Whom a tracking server means: devices are named there as its people named them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.services.desk import Desk

_LONGEST: Final = 255


def ids_of(ctx: Desk, names: Collection[str]) -> dict[str, TechnicianId]:
    """The technicians called so: by id, else external id, else call sign.

    Names of nobody are left out, and call signs of several: a fix must not be guessed to anybody.

    Raises
    ------
    DatabaseUnavailable
        Nobody knows.
    """
    with ctx.store.read() as unit:
        found = {name: unit.technicians.named(name) for name in names if _may_be_a_name(name)}
    return {name: those[0].id for name, those in found.items() if len(those) == 1}


def _may_be_a_name(name: str) -> bool:
    return 0 < len(name) <= _LONGEST and name.isprintable()
