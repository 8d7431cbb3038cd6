"""Service contracts: entered like other records, asked for the tier, and due for renewal."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.records.contracts import (
    Contract,
    ContractFields,
    Renewal,
    contract_faults,
    contract_on,
    renewals_due,
)
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.ids import ContractId
from geo_dispatch.services.desk import Desk
from geo_dispatch.services.records.keeping import Kind, require
from geo_dispatch.services.views import contract_view


def tier_of(unit: Unit, customer_id: str | None, day: date) -> str | None:
    """The tier that the customer is served by on the local day.

    That of their contract; without one in force, the tier that stands with the customer.
    """
    if customer_id is None:
        return None
    contract = contract_on(unit.contracts.of_customer(customer_id), day)
    if contract is not None:
        return contract.tier
    customer = unit.customers.find(customer_id)
    return None if customer is None else customer.tier


def renewals(ctx: Desk) -> list[Renewal]:
    """Contracts that end or renew within 60, 30 or 7 days, or ended unseen; most urgent first."""
    today = ctx.clock().astimezone(ZoneInfo(ctx.settings.time_zone)).date()
    with ctx.store.read() as unit:
        return renewals_due(unit.contracts.list(), today)


def _build(key: str, fields: ContractFields) -> Contract:
    require(fields, "contract", "customer_id", "name", "tier", "starts_on")
    return Contract(id=ContractId(key), **fields)


def _faults(unit: Unit, contract: Contract) -> list[Fault]:
    faults = contract_faults(contract)
    if unit.customers.find(contract.customer_id) is None:
        faults.append(Fault("customer_id", f"no customer {contract.customer_id!r}; enter it first"))
    return faults


CONTRACTS: Kind[Contract, ContractFields] = Kind(
    "contract",
    "co",
    lambda unit: unit.contracts,
    contract_view,
    _build,
    lambda _ctx, _unit, contract: contract,
    _faults,
    lambda _unit, _key: [],
)
