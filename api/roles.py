"""Which roles may use which route: one table, by operation id."""

from __future__ import annotations

from typing import Final

from geo_dispatch.kernel.actors import Role

_OFFICE: Final = frozenset({Role.DISPATCHER, Role.PLANNER, Role.ADMIN})
_DISPATCH: Final = frozenset({Role.DISPATCHER, Role.ADMIN})
_FIELD: Final = _DISPATCH | {Role.TECHNICIAN}
_READERS: Final = _OFFICE | {Role.CLIENT}
_PEOPLE: Final = _OFFICE | {Role.TECHNICIAN}
_ANYONE: Final = _PEOPLE | {Role.CLIENT}

ROLES: Final[dict[str, frozenset[Role]]] = {
    "get_session": _ANYONE,
    "post_pings": _DISPATCH | {Role.TECHNICIAN, Role.INGEST},
    "post_pings_with_key": frozenset({Role.INGEST}),
    "list_positions": _OFFICE,
    "get_technician_position": _PEOPLE,
    "list_technicians": _OFFICE,
    "create_technician": _DISPATCH,
    "get_technician": _PEOPLE,
    "change_technician": _DISPATCH,
    "retire_technician": _DISPATCH,
    "list_customers": _OFFICE,
    "create_customer": _DISPATCH,
    "get_customer": _OFFICE,
    "change_customer": _DISPATCH,
    "retire_customer": _DISPATCH,
    "list_sites": _OFFICE,
    "create_site": _DISPATCH,
    "get_site": _OFFICE,
    "change_site": _DISPATCH,
    "retire_site": _DISPATCH,
    "list_site_equipment": _OFFICE,
    "list_equipment": _OFFICE,
    "create_equipment": _DISPATCH,
    "get_equipment": _PEOPLE,
    "change_equipment": _DISPATCH,
    "retire_equipment": _DISPATCH,
    "list_resources": _OFFICE,
    "create_resource": _DISPATCH,
    "get_resource": _OFFICE,
    "change_resource": _DISPATCH,
    "retire_resource": _DISPATCH,
    "list_bookings": _OFFICE,
    "block_resource": _DISPATCH,
    "unblock_resource": _DISPATCH,
    "list_crews": _OFFICE,
    "create_crew": _DISPATCH,
    "get_crew": _OFFICE,
    "change_crew": _DISPATCH,
    "retire_crew": _DISPATCH,
    "list_work_orders": _READERS,
    "create_work_order": _DISPATCH,
    "get_work_order": _ANYONE,
    "change_work_order": _DISPATCH,
    "retire_work_order": _DISPATCH,
    "assign_work_order": _DISPATCH,
    "unassign_work_order": _DISPATCH,
    "set_work_order_status": _FIELD,
    "list_candidates": _OFFICE,
    "get_eta": _ANYONE,
    "get_timeline": _ANYONE,
    "list_visits": _ANYONE,
    "get_work_order_route": _PEOPLE,
    "confirm_visit": _FIELD,
    "contest_visit": _FIELD,
    "get_order_sla": _ANYONE,
    "get_sla_report": _OFFICE,
    "get_sla_report_csv": _OFFICE,
    "list_contracts": _OFFICE,
    "list_renewals": _OFFICE,
    "create_contract": _DISPATCH,
    "get_contract": _OFFICE,
    "change_contract": _DISPATCH,
    "retire_contract": _DISPATCH,
    "search_places": _OFFICE,
    "list_territories": _OFFICE,
    "metrics": _OFFICE,
    "get_route": _PEOPLE,
    "post_matrix": _OFFICE,
    "get_reach": _OFFICE,
    "get_my_day": frozenset({Role.TECHNICIAN}),
    "stream_events": _ANYONE,
    "stream_etas": _ANYONE,
}
"""Routes that are missing here refuse everybody; a test sees to it that none is."""
