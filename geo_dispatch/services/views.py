"""How records look as JSON, for events and the API alike: plain dicts, ISO times in UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from shapely.geometry import mapping

from geo_dispatch.dispatch.days.eta import Eta
from geo_dispatch.dispatch.messages.queueing import Message
from geo_dispatch.dispatch.messages.webhooks import Attempt, Delivery, Endpoint
from geo_dispatch.dispatch.records.contracts import Contract
from geo_dispatch.dispatch.records.equipment import Equipment
from geo_dispatch.dispatch.records.resources import Booking, Crew, Resource
from geo_dispatch.dispatch.records.sites import Customer, Site
from geo_dispatch.dispatch.records.technicians import Technician
from geo_dispatch.dispatch.work.events import LoggedEvent, as_json
from geo_dispatch.dispatch.work.orders import WorkOrder
from geo_dispatch.dispatch.work.visits import Visit
from geo_dispatch.kernel.cells import cell_to_str
from geo_dispatch.kernel.geo import LonLat

View = dict[str, Any]
"""A record as JSON."""


def technician_view(technician: Technician) -> View:
    """The technician; ``home`` as ``{"lon", "lat"}``."""
    view = _plain(technician)
    view["home"] = _location(technician.home)
    return view


def customer_view(customer: Customer) -> View:
    """The customer."""
    return _plain(customer)


def contract_view(contract: Contract) -> View:
    """The contract."""
    return _plain(contract)


def site_view(site: Site) -> View:
    """The site; its cell as H3 writes it, its fence as GeoJSON."""
    view = _plain(site, leave_out=("fence",))
    view["location"] = _location(site.location)
    view["cell"] = cell_to_str(site.cell)
    view["fence"] = None if site.fence is None else as_json(mapping(site.fence))
    return view


def equipment_view(equipment: Equipment) -> View:
    """The piece of equipment."""
    return _plain(equipment)


def resource_view(resource: Resource) -> View:
    """The shared vehicle or tool."""
    return _plain(resource)


def booking_view(booking: Booking) -> View:
    """The booking."""
    return _plain(booking)


def crew_view(crew: Crew) -> View:
    """The crew."""
    return _plain(crew)


def order_view(order: WorkOrder) -> View:
    """The work order."""
    return _plain(order)


def visit_view(visit: Visit) -> View:
    """The visit with its evidence."""
    return _plain(visit)


def eta_view(eta: Eta) -> View:
    """The ETA as last published."""
    return _plain(eta)


def message_view(message: Message) -> View:
    """The message as it was queued."""
    return _plain(message)


def webhook_view(endpoint: Endpoint) -> View:
    """The endpoint without its secrets."""
    return _plain(endpoint, leave_out=("secret", "previous_secret"))


def webhook_secret_view(endpoint: Endpoint) -> View:
    """The endpoint with its secret: only for whoever has just made it."""
    return webhook_view(endpoint) | {"secret": endpoint.secret}


def delivery_view(delivery: Delivery, message: Message, attempts: Sequence[Attempt]) -> View:
    """A delivery with its message and every try."""
    return _plain(delivery) | {
        "message_type": message.type,
        "message": message_view(message),
        "attempts": [{"at": as_json(one.at), **_plain(one.answer)} for one in attempts],
    }


def event_view(logged: LoggedEvent) -> View:
    """An event of the log, as streams send it."""
    return _plain(logged)


def _location(place: LonLat | None) -> View | None:
    return None if place is None else {"lon": place.lon, "lat": place.lat}


def _plain(record: Any, leave_out: tuple[str, ...] = ()) -> View:
    return {
        field.name: as_json(getattr(record, field.name))
        for field in fields(record)
        if field.name not in leave_out
    }
