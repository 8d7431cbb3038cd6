"""Fences that a phone's own app watches: what it is to watch now, and what it was told before.

Phones tell cheaply that they crossed such a fence. That is a hint: an arrival is proven by fixes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo_dispatch.kernel.ids import OrderId


@dataclass(frozen=True, slots=True)
class PhoneFence:
    """A circle around the site of an order.

    Attributes
    ----------
    name
        What people call the order: ``"WO-1042"``.
    radius_m
        Of the circle that holds the site's fence, in whole metres.
    """

    order_id: OrderId
    name: str
    lon: float
    lat: float
    radius_m: int


@dataclass(frozen=True, slots=True)
class FenceNews:
    """What a phone has not been told yet.

    Attributes
    ----------
    fences
        All that it is to watch from now on.
    gone
        Those that it watches and is to watch no more.
    """

    fences: tuple[PhoneFence, ...]
    gone: tuple[PhoneFence, ...] = ()


def news_of(told: Sequence[PhoneFence], fences: Sequence[PhoneFence]) -> FenceNews | None:
    """What is to be told to a phone that was told those; None when nothing changed."""
    if set(told) == set(fences):
        return None
    watched = {fence.order_id for fence in fences}
    return FenceNews(tuple(fences), tuple(one for one in told if one.order_id not in watched))
