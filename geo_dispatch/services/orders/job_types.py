"""What the policy makes of a new order: what it leaves out, and what it may not say."""

from __future__ import annotations

from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.policy.document import Policy
from geo_dispatch.dispatch.policy.job_types import job_type_of, unlisted_skill
from geo_dispatch.dispatch.work.orders import OrderFields, WorkOrder
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.near import did_you_mean


def filled_in(unit: Unit, fields: OrderFields) -> OrderFields:
    """The fields of a new order, with what its job type and experience say in those left out."""
    policy = unit.policies.in_force().policy
    job_type = job_type_of(policy.job_types, fields.get("type", ""))
    filled = fields if job_type is None else job_type.filled_in(fields)
    observed_s = None if "duration_s" in fields else _observed_s(unit, policy, fields)
    return filled if observed_s is None else {**filled, "duration_s": observed_s}


def faults(unit: Unit, order: WorkOrder, before: WorkOrder | None) -> list[Fault]:
    """What the policy refuses of what an order says anew: types and skills that it doesn't list.

    Parameters
    ----------
    before
        The order as it stood; None for one that comes in.
    """
    policy = unit.policies.in_force().policy
    found = []
    if before is None or order.type != before.type:
        found += _type_faults(policy, order.type)
    known = () if before is None else before.required_skills
    for index, skill in enumerate(order.required_skills):
        if skill not in known:
            found += unlisted_skill(
                skill.name, policy.orders.skills, f"required_skills[{index}].name"
            )
    return found


def _type_faults(policy: Policy, name: str) -> list[Fault]:
    if not policy.orders.job_types_only or policy.job_type(name) is not None:
        return []
    names = [one.name for one in policy.job_types]
    meant = did_you_mean(name, names, f"there are {', '.join(names)}")
    return [Fault("type", f"{name!r} is not a job type of the policy{meant}")]


def _observed_s(unit: Unit, policy: Policy, fields: OrderFields) -> float | None:
    """Half of such jobs took no longer; None where nothing was observed, or nobody asks."""
    if policy.orders.durations != "observed":
        return None
    observed = unit.performances.in_force().duration(fields["type"], fields["site_id"])
    return None if observed is None else round(observed.p50_s)
