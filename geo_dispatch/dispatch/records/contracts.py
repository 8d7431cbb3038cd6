"""Service contracts: which tier a customer pays for, when they like to be visited, when it ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypedDict

from geo_dispatch.dispatch.records.hours import Hours, hours_faults
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.ids import ContractId, CustomerId

RENEWAL_DAYS: Final = (60, 30, 7)
"""How many days before the end somebody should see to it."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A service agreement with a customer.

    Attributes
    ----------
    tier
        What it promises: SLA policies and rules ask for it.
    starts_on, renews_on
        Its first local day, and the day on which it ends or begins anew; None: without end.
    renews_itself
        Goes on after ``renews_on`` unless somebody ends it.
    preferred_hours
        When the customer likes to be visited; none means any time.
    """

    id: ContractId
    customer_id: CustomerId
    name: str
    tier: str
    starts_on: date
    renews_on: date | None = None
    renews_itself: bool = False
    preferred_hours: tuple[Hours, ...] = ()
    notes: str = ""
    external_id: str | None = None
    retired: bool = False
    version: int = 1

    def in_force(self, day: date) -> bool:
        """Whether it holds on the local day."""
        ended = self.renews_on is not None and not self.renews_itself and day >= self.renews_on
        return not self.retired and self.starts_on <= day and not ended


class ContractFields(TypedDict, total=False):
    """The fields of a contract that people set; on a change, those left out stay."""

    customer_id: CustomerId
    name: str
    tier: str
    starts_on: date
    renews_on: date | None
    renews_itself: bool
    preferred_hours: tuple[Hours, ...]
    notes: str
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Renewal:
    """A contract that ends or renews soon.

    Attributes
    ----------
    days_left
        Negative: it has ended and nobody has seen to it.
    within_days
        The tightest of `RENEWAL_DAYS` that it falls in.
    """

    contract: Contract
    days_left: int
    within_days: int


def contract_faults(contract: Contract) -> list[Fault]:
    """Everything wrong with the contract."""
    faults = [
        Fault(name, "is empty; " + remedy)
        for name, remedy in (
            ("name", "say what people call it"),
            ("tier", "say what it promises, such as 'gold'"),
        )
        if not getattr(contract, name).strip()
    ]
    if contract.renews_on is not None and contract.renews_on <= contract.starts_on:
        faults.append(
            Fault("renews_on", f"{contract.renews_on} is not after it starts, {contract.starts_on}")
        )
    if contract.renews_itself and contract.renews_on is None:
        faults.append(Fault("renews_itself", "needs renews_on: the day on which it would end"))
    return [*faults, *hours_faults(contract.preferred_hours, "preferred_hours")]


def contract_on(contracts: Iterable[Contract], day: date) -> Contract | None:
    """The contract that holds on the local day: of several, the one that started last."""
    holding = [contract for contract in contracts if contract.in_force(day)]
    return max(holding, key=lambda one: (one.starts_on, one.id), default=None)


def renewals_due(contracts: Iterable[Contract], day: date) -> list[Renewal]:
    """Contracts that somebody should see to, the most urgent first."""
    due = []
    for contract in contracts:
        renews_on = contract.renews_on
        if contract.retired or renews_on is None or day + timedelta(max(RENEWAL_DAYS)) < renews_on:
            continue
        left = (renews_on - day).days
        if left < 0 and contract.renews_itself:
            continue
        within = min(days for days in RENEWAL_DAYS if left <= days)
        due.append(Renewal(contract, left, within))
    return sorted(due, key=lambda one: (one.days_left, one.contract.id))
