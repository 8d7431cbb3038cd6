"""What a row of a CSV file names: other records, by their external ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from geo_dispatch.adapters.sql.records import Records
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.kernel.errors import Fault, InvalidInput

Values = Mapping[str, Any]
"""A row's values by column."""

Named = Mapping[str, Callable[[Unit], Records[Any]]]
"""Columns of external ids, and where what they name is kept."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names other records by their external ids."""

    column: str
    field: str
    records: Callable[[Unit], Records[Any]]
    kind: str
    remedy: str


def refer(unit: Unit, fields: Any, values: Values, *references: Reference) -> None:
    """Put the ids of the records that the row names into the fields.

    Raises
    ------
    InvalidInput
        It names what is not there; every fault found.
    """
    faults: list[Fault] = []
    for reference in references:
        given = values.get(reference.column)
        if given is None:
            continue
        names = given if isinstance(given, tuple) else (given,)
        known = {name: reference.records(unit).by_external_id(name) for name in names}
        faults.extend(
            Fault(reference.column, f"no {reference.kind} {name!r}; {reference.remedy}")
            for name, record in known.items()
            if record is None
        )
        ids = tuple(record.id for record in known.values() if record is not None)
        if len(ids) == len(known):
            fields[reference.field] = ids if isinstance(given, tuple) else ids[0]
    if faults:
        raise InvalidInput("this row names what is not there", faults)


def have_at_hand(unit: Unit, named: Named, rows: Iterable[Values]) -> None:
    """Read all that these rows name at once, rather than row by row."""
    names: dict[str, set[str]] = {}
    for values in rows:
        for column in named.keys() & values.keys():
            given = values[column]
            names.setdefault(column, set()).update(given if isinstance(given, tuple) else [given])
    for column, keys in names.items():
        named[column](unit).keep_at_hand(keys)


def picked(values: Values, *names: str) -> Any:
    """The values of these columns, where there are any."""
    return {name: values[name] for name in names if name in values}


SITE: Final = Reference(
    "site_external_id", "site_id", lambda unit: unit.sites, "site", "import the sites first"
)
EQUIPMENT: Final = Reference(
    "equipment_external_id",
    "equipment_id",
    lambda unit: unit.equipment,
    "equipment",
    "import the equipment first",
)
PREFERRED: Final = Reference(
    "preferred_technician_external_id",
    "preferred_technician_id",
    lambda unit: unit.technicians,
    "technician",
    "import the technicians first",
)
