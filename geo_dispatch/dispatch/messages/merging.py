"""One thing at a time: what one transaction has to say to one person, as one message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from geo_dispatch.dispatch.messages.queueing import ALSO, Draft

WEIGHTS: Final = (
    "order.eta",
    "order.changed",
    "order.assigned",
    "order.unassigned",
    "order.delayed",
    "order.en_route",
    "technician.arriving",
    "order.bumped",
    "order.cancelled",
    "order.completed",
)
"""Types of messages to people, the weightiest last."""

_FIRST: Final = 0
"""The turn of what is about no order."""

MAX_BYTES: Final = 16_000
"""What doesn't fit into a message of this size is told in another: bodies stay below 20 kB."""


def coalesced(drafts: Sequence[Draft]) -> list[Draft]:
    """One message for each person and order, the weightiest; those to clients all stay."""
    kept: dict[tuple[object, ...], Draft] = {}
    for place, draft in enumerate(drafts):
        key: tuple[object, ...] = (draft.to, draft.recipient_id, draft.order_id)
        if draft.to == "client" or draft.order_id is None:
            key = (place,)
        known = kept.get(key)
        if known is None or _weight(draft) >= _weight(known):
            kept.pop(key, None)
            kept[key] = draft
    return list(kept.values())


def merged(drafts: Sequence[Draft]) -> list[Draft]:
    """One message for each person about all of their orders; those to clients all stay.

    The most urgent order comes first and gives the message its type, then the weightiest; the
    others follow in ``data["also"]``, each with its type and the facts of its own message.
    """
    to_people: dict[tuple[str, str], list[Draft]] = {}
    told: list[list[Draft]] = []
    for draft in drafts:
        if draft.to == "client":
            told.append([draft])
            continue
        key = (draft.to, draft.recipient_id)
        if key not in to_people:
            to_people[key] = []
            told.append(to_people[key])
        to_people[key].append(draft)
    return [one for group in told for one in _fitting(sorted(group, key=_turn))]


def _fitting(group: Iterable[Draft]) -> list[Draft]:
    """The messages of one person, joined as long as they fit."""
    found: list[Draft] = []
    for draft in group:
        both = _joined(found[-1], draft) if found else None
        if both is not None and len(msgspec.json.encode((both.text, both.data))) <= MAX_BYTES:
            found[-1] = both
        else:
            found.append(draft)
    return found


def _joined(first: Draft, draft: Draft) -> Draft:
    facts = {name: value for name, value in draft.data.items() if name != "recipient"}
    also = [*first.data.get(ALSO, ()), {"type": draft.type, **facts}]
    return replace(
        first,
        text=f"{first.text}. {draft.text}",
        data={**first.data, ALSO: also},
        at=max(first.at, draft.at),
    )


def _turn(draft: Draft) -> tuple[int, int]:
    order = draft.data["order"]
    return order["priority"] if order else _FIRST, -_weight(draft)


def _weight(draft: Draft) -> int:
    return WEIGHTS.index(draft.type) if draft.type in WEIGHTS else len(WEIGHTS)
