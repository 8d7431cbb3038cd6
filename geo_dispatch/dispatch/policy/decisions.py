"""Decisions about who goes, kept with all that was known then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from geo_dispatch.kernel.ids import OrderId, TechnicianId

DecisionKind = Literal["manual", "auto", "flag", "emergency", "repair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What was decided, and by whom.

    Attributes
    ----------
    kind
        Who or what decided; ``"flag"``: automatic assignment left it to a dispatcher.
    source
        As `WorkOrder.assignment_source`; the code of the flag for ``"flag"``.
    chosen_id
        Who goes; None for ``"flag"``, and when a repair or an emergency sends nobody.
    suggested_id
        The machine's choice: whom a rule had sent, else the first of the ranking; None when
        nobody could be sent.
    reason
        Why, in the words of whoever decided.
    """

    id: str
    order_id: OrderId
    at: datetime
    actor: str
    kind: DecisionKind
    source: str
    chosen_id: TechnicianId | None
    suggested_id: TechnicianId | None
    reason: str
    policy_version: int
    performance_version: int

    @property
    def overridden(self) -> bool:
        """Whether a person sent another than the machine's choice."""
        return (
            self.kind == "manual"
            and self.suggested_id is not None
            and self.chosen_id != self.suggested_id
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Brief):
    """One decision, with all that it was made from.

    Attributes
    ----------
    inputs
        What the ranking was made from, packed; `replay` ranks again. Empty for ``"repair"``.
    ranking
        The candidates as they stood, best first, as the API shows them.
    digest
        sha256 of the ranking that `replay` gives; for ``"repair"`` that of its working.
    working_id
        What an emergency or a repair was worked out from; the decisions of one repair share it.
    """

    inputs: bytes
    ranking: list[dict[str, Any]]
    digest: str
    working_id: str | None = None


@dataclass(frozen=True, slots=True)
class Working:
    """All that an emergency or a repair was worked out from.

    Attributes
    ----------
    inputs
        Packed.
    digest
        sha256 of what comes of it.
    """

    id: str
    inputs: bytes
    digest: str
