"""Identifiers. Opaque strings with a kind prefix: ``wo_4f9c…``; made by the shell, passed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import NewType

TechnicianId = NewType("TechnicianId", str)
CustomerId = NewType("CustomerId", str)
SiteId = NewType("SiteId", str)
OrderId = NewType("OrderId", str)
AssignmentId = NewType("AssignmentId", str)
VisitId = NewType("VisitId", str)
TerritoryId = NewType("TerritoryId", str)
TokenId = NewType("TokenId", str)
EquipmentId = NewType("EquipmentId", str)
ResourceId = NewType("ResourceId", str)
CrewId = NewType("CrewId", str)
ContractId = NewType("ContractId", str)
ProposalId = NewType("ProposalId", str)
BookingId = NewType("BookingId", str)
MessageId = NewType("MessageId", str)
WebhookId = NewType("WebhookId", str)
DeliveryId = NewType("DeliveryId", str)
RoadChangeId = NewType("RoadChangeId", str)

NewId = Callable[[str], str]
"""Makes a fresh id with the given kind prefix: ``new_id("wo") -> "wo_4f9c2a…"``."""
