"""No text that is taken is longer than the column that keeps it, whatever the database."""

import importlib
import pkgutil

import pytest
from sqlalchemy import String, Table

import api.schemas
from api.schemas.common import Change, Input
from api.schemas.policy import PolicyIn
from geo_dispatch.adapters.sql import tables
from geo_dispatch.adapters.sql.contracts import contracts_table
from geo_dispatch.adapters.sql.message_tables import webhooks
from geo_dispatch.adapters.sql.policies import policies_table
from geo_dispatch.adapters.sql.registers import crews_table, equipment_table, resources_table
from geo_dispatch.services.records.sheet import COLUMNS, What

STORED_IN = {
    "ContractChange": contracts_table,
    "CrewChange": crews_table,
    "CustomerChange": tables.customers,
    "EmergencyIn": tables.work_orders,
    "EquipmentChange": equipment_table,
    "FollowUpIn": tables.work_orders,
    "PolicyIn": policies_table,
    "ResourceChange": resources_table,
    "SiteChange": tables.sites,
    "TechnicianChange": tables.technicians,
    "WebhookChange": webhooks,
    "WorkOrderChange": tables.work_orders,
}
"""What each body is kept in; those that build on one of these are kept with it."""
IN_FILES = {
    What.TECHNICIANS: tables.technicians,
    What.CUSTOMERS: tables.customers,
    What.SITES: tables.sites,
    What.EQUIPMENT: equipment_table,
    What.RESOURCES: resources_table,
    What.CREWS: crews_table,
    What.WORK_ORDERS: tables.work_orders,
}


def bodies(base: type[Input]) -> list[type[Input]]:
    """All bodies that build on this one, of every module of schemas."""
    for module in pkgutil.iter_modules(api.schemas.__path__):
        importlib.import_module(f"api.schemas.{module.name}")
    found = [below for one in base.__subclasses__() for below in (one, *bodies(one))]
    return sorted(set(found), key=lambda one: one.__name__)


def table_of(body: type[Input]) -> Table:
    return next(STORED_IN[one.__name__] for one in body.__mro__ if one.__name__ in STORED_IN)


def room(table: Table) -> dict[str, int]:
    """How long a text may be, by column; ids of ours are refused where there is no such record."""
    return {
        column.name: column.type.length
        for column in table.columns
        if isinstance(column.type, String)
        and column.type.length is not None
        and column.type is not tables.Id
    }


def longest(schema: dict) -> float:
    """The longest text that the schema of a field takes; 0 where it takes none."""
    ways = schema.get("anyOf", [schema])
    texts = [way for way in ways if way.get("type") == "string" and "enum" not in way]
    return max((way.get("maxLength", float("inf")) for way in texts), default=0)


@pytest.mark.parametrize("body", [*bodies(Change), PolicyIn], ids=lambda body: body.__name__)
def test_a_body_takes_no_text_longer_than_its_column(body):
    properties = body.model_json_schema()["properties"]
    there_is = room(table_of(body))
    taken = {name: longest(schema) for name, schema in properties.items() if name in there_is}
    assert there_is
    assert {name: length for name, length in taken.items() if length > there_is[name]} == {}


@pytest.mark.parametrize("what", What)
def test_a_file_takes_no_text_longer_than_its_column(what):
    there_is = room(IN_FILES[what])
    tried = [column for column in COLUMNS[what] if column.name in there_is]
    assert tried
    taken = []
    for column in tried:
        try:
            column.parse("x" * (there_is[column.name] + 1))
        except ValueError:
            continue
        taken.append(column.name)
    assert taken == []
