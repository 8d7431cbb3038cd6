"""What is wrong with a policy: by itself, and against the records that it names."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final

from geo_dispatch.dispatch.policy.coverage import (
    Box,
    day_parts,
    named_values,
    space_of,
    takers,
    takes_all,
)
from geo_dispatch.dispatch.policy.document import Policy
from geo_dispatch.dispatch.policy.job_types import job_type_faults
from geo_dispatch.dispatch.policy.rules import (
    BEST,
    CLOSED,
    LISTS,
    PREFERRED,
    SINGLES,
    Rule,
    TimeOfDay,
    When,
    always_before,
)
from geo_dispatch.dispatch.ranking.scoring import MAX_PRICE
from geo_dispatch.dispatch.records.hours import SUNDAY
from geo_dispatch.dispatch.sla.promises import SlaPolicy, sla_faults
from geo_dispatch.dispatch.work.orders import MAX_PRIORITY
from geo_dispatch.kernel.errors import Fault
from geo_dispatch.kernel.near import did_you_mean

MOST_RULES: Final = 500
"""More nobody can review; each is held against all above it."""

MOST_FAULTS: Final = 100
"""More nobody corrects at once, and to find what was meant by each takes its time."""

_LONGEST_ID: Final = 40
_LONGEST_S: Final = 90 * 86_400.0
_MOST_CHANGES: Final = 1000
_LONGEST_OVERTIME_MIN: Final = 480.0
_WORDS: Final = (BEST, PREFERRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What there is that a policy may name.

    Attributes
    ----------
    technicians, customers
        Id to what people call them.
    """

    technicians: Mapping[str, str] = field(default_factory=dict)
    customers: Mapping[str, str] = field(default_factory=dict)
    territories: Collection[str] = ()
    tiers: Collection[str] = ()
    skills: Collection[str] = ()
    certificates: Collection[str] = ()
    equipment: Collection[str] = ()
    equipment_types: Collection[str] = ()


def policy_faults(policy: Policy) -> list[Fault]:
    """What is wrong with the policy by itself, rules that can't be told apart included."""
    found = chain(
        _number_faults(policy),
        _job_type_faults(policy),
        _rule_faults(policy),
        _order_of_rules(policy.rules[:MOST_RULES]),
        sla_faults(policy.sla, policy.calendars),
        _order_of_promises(policy.sla[:MOST_RULES]),
    )
    return list(islice(found, MOST_FAULTS))


def reference_faults(policy: Policy, known: Known) -> list[Fault]:
    """Names in the policy that nothing has: each with those that look like it."""
    return list(islice(_references(policy, known), MOST_FAULTS))


def reference_warnings(policy: Policy, known: Known) -> list[Fault]:
    """Names that nothing has yet: what they are for may well come later."""
    return list(islice(_expectations(policy, known), MOST_FAULTS))


def _number_faults(policy: Policy) -> list[Fault]:
    numbers = {
        "review.margin_min": (policy.review.margin_min, MAX_PRICE),
        "day.overtime_min": (policy.day.overtime_min, _LONGEST_OVERTIME_MIN),
        "messages.eta_moved_s": (policy.messages.eta_moved_s, _LONGEST_S),
        "messages.arriving_s": (policy.messages.arriving_s, _LONGEST_S),
        "emergency.respond_within_s": (policy.emergency.respond_within_s, _LONGEST_S),
        "emergency.max_changes": (policy.emergency.max_changes, _MOST_CHANGES),
    }
    faults = [
        Fault(where, f"{value:g} is not a number from 0 to {most:g}")
        for where, (value, most) in numbers.items()
        if not 0 <= value <= most
    ]
    faults.extend(
        Fault(name, f"has {len(items)} entries, more than {MOST_RULES}; write wider ones")
        for name, items in (("rules", policy.rules), ("sla", policy.sla))
        if len(items) > MOST_RULES
    )
    return faults


def _job_type_faults(policy: Policy) -> list[Fault]:
    faults = []
    names = [one.name.casefold() for one in policy.job_types]
    for index, job_type in enumerate(policy.job_types):
        where = f"job_types[{job_type.name or index}]"
        faults.extend(job_type_faults(job_type, where))
        if names[index] in names[:index]:
            faults.append(Fault(where, f"{job_type.name!r} is there twice; keep one of them"))
    if policy.orders.job_types_only and not policy.job_types:
        faults.append(
            Fault("orders.job_types_only", "refuses every order: there are no [[job_types]]")
        )
    return faults


def _rule_faults(policy: Policy) -> Iterator[Fault]:
    ids = [rule.id for rule in policy.rules]
    types = [job_type.name for job_type in policy.job_types]
    for index, rule in enumerate(policy.rules):
        where = _of(rule) if rule.id else f"rules[{index}]"
        if not rule.id.strip() or len(rule.id) > _LONGEST_ID:
            yield Fault(f"{where}.id", f"must have 1 to {_LONGEST_ID} characters")
        if rule.id in ids[:index]:
            yield Fault(f"{where}.id", f"{rule.id!r} is there twice; decisions name rules by it")
        yield from _when_faults(rule, f"{where}.when")
        yield from _then_faults(rule, f"{where}.then")
        yield from _unknown(
            rule.when.job_types,
            types,
            f"{where}.when.job_types",
            "job type",
            "add it to [[job_types]]",
        )


def _of(rule: Rule) -> str:
    """Where its faults are."""
    return f"rules[{_cut(rule.id)}]"


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_ID else f"{name[:_LONGEST_ID]}…"


def _when_faults(rule: Rule, where: str) -> Iterator[Fault]:
    when = rule.when
    for day in when.weekdays:
        if not 0 <= day <= SUNDAY:
            yield Fault(f"{where}.weekdays", f"{day} is not 0 (Monday) to 6 (Sunday)")
    for priority in when.priorities:
        if not 1 <= priority <= MAX_PRIORITY:
            yield Fault(
                f"{where}.priorities",
                f"{priority} is not between 1 (emergency) and {MAX_PRIORITY}",
            )


def _then_faults(rule: Rule, where: str) -> Iterator[Fault]:
    then = rule.then
    for name in ("max_drive_min", "margin_min"):
        value = getattr(then, name)
        if value is not None and value < 0:
            yield Fault(f"{where}.{name}", f"{value:g} is not 0 or more minutes")
    risk = then.max_late_risk
    if risk is not None and not 0 <= risk <= 1:
        yield Fault(f"{where}.max_late_risk", f"{risk:g} is not a share between 0 and 1")
    if then.assign.casefold() in _WORDS and then.assign not in _WORDS:
        yield Fault(f"{where}.assign", f"write it small: {then.assign.casefold()!r}")


def _order_of_rules(rules: Iterable[Rule]) -> Iterator[Fault]:
    """Rules that can never decide, because others above them always do."""
    enabled = [rule for rule in rules if rule.enabled]
    boxes = _boxes_of(enabled)
    space = space_of(boxes, CLOSED | _parts_of_day(enabled))
    above: list[tuple[str, Box]] = []
    for rule, box in zip(enabled, boxes, strict=True):
        wider = (
            one
            for one, (_, wide) in zip(enabled, above, strict=False)
            if takes_all(wide, box, space)
        )
        winner = next(wider, None)
        if winner is not None:
            yield _never_fires(rule, winner)
        elif together := takers(box, above, space):
            names = ", ".join(repr(name) for name in together)
            yield Fault(
                _of(rule),
                f"can never fire: rules {names} above it together take every order that it is "
                "for; move it above them, or give it other conditions",
            )
        above.append((rule.id, box))


def _boxes_of(rules: list[Rule]) -> list[Box]:
    parts = day_parts(rule.when.hours for rule in rules if rule.when.hours is not None)
    return [_box_of(rule.when, parts) for rule in rules]


def _box_of(when: When, parts: Mapping[TimeOfDay, frozenset[Hashable]]) -> Box:
    """The orders that the condition holds for.

    An order that asks for several skills is told by any one of them: a condition on skills holds
    when one is in its list.
    """
    box = {name: named_values(getattr(when, name)) for name in LISTS if getattr(when, name)}
    for name in SINGLES:
        value = getattr(when, name)
        if value is not None:
            box[name] = frozenset([value])
    if when.hours is not None:
        box["hours"] = parts[when.hours]
    return box


def _parts_of_day(rules: list[Rule]) -> dict[str, frozenset[Hashable]]:
    hours = [rule.when.hours for rule in rules if rule.when.hours is not None]
    return {"hours": frozenset(end for one in hours for end in (one.start, one.end))}


def _order_of_promises(promises: Sequence[SlaPolicy]) -> Iterator[Fault]:
    """Promises that no order can be under, because others above them cover it first."""
    lists = ("tiers", "job_types", "work_classes", "priorities", "territories")
    boxes = [
        {name: named_values(getattr(one, name)) for name in lists if getattr(one, name)}
        for one in promises
    ]
    space = space_of(boxes, CLOSED)
    above: list[tuple[str, Box]] = []
    for promise, box in zip(promises, boxes, strict=True):
        if together := takers(box, above, space):
            names = ", ".join(repr(name) for name in together)
            yield Fault(
                f"sla[{promise.name}]",
                f"is never made: {names} above it already cover every order that it is for; move "
                "it above, or give it other lists",
            )
        above.append((promise.name, box))


def _never_fires(rule: Rule, winner: Rule) -> Fault:
    same = always_before(rule, winner)
    if same and rule.then.assign != winner.then.assign:
        return Fault(
            _of(rule),
            f"contradicts rule {winner.id!r}: the same orders, but {rule.then.assign!r} instead of "
            f"{winner.then.assign!r}; keep one, or give one of them another condition",
        )
    return Fault(
        _of(rule),
        f"can never fire: rule {winner.id!r} above it takes every order that it is for; move it "
        "above, or give it other conditions",
    )


def _references(policy: Policy, known: Known) -> Iterator[Fault]:
    skills = policy.orders.skills or known.skills
    for job_type in policy.job_types:
        yield from _unknown(
            (skill.name for skill in job_type.required_skills),
            skills,
            f"job_types[{job_type.name}].required_skills",
            "skill",
            "give it to a technician, or list it in orders.skills",
        )
    for rule in policy.rules:
        when, where = rule.when, f"{_of(rule)}.when"
        yield from _unknown(
            when.skills,
            skills,
            f"{where}.skills",
            "skill",
            "give it to a technician, or list it in orders.skills",
        )
        yield from _unknown(
            when.territories,
            known.territories,
            f"{where}.territories",
            "territory",
            "publish it first",
        )
        yield from _not_an_id(when.customers, known.customers, f"{where}.customers", "customer")
        if rule.then.assign not in _WORDS:
            where = f"{_of(rule)}.then.assign"
            yield from _not_an_id([rule.then.assign], known.technicians, where, "technician")
    for promise in policy.sla:
        path, there = f"sla[{promise.name}].territories", known.territories
        yield from _unknown(promise.territories, there, path, "territory", "publish it first")


def _expectations(policy: Policy, known: Known) -> Iterator[Fault]:
    for job_type in policy.job_types:
        where = f"job_types[{job_type.name}]"
        for name, kind, there in (
            ("required_certificates", "certificate", known.certificates),
            ("required_equipment", "equipment", known.equipment),
        ):
            path = f"{where}.{name}"
            yield from _unknown(getattr(job_type, name), there, path, kind, "nobody has it so far")
    for rule in policy.rules:
        where = f"{_of(rule)}.when"
        for name, kind, there in (
            ("tiers", "tier", known.tiers),
            ("equipment_types", "equipment type", known.equipment_types),
        ):
            path = f"{where}.{name}"
            yield from _unknown(getattr(rule.when, name), there, path, kind, "there is none so far")
    for promise in policy.sla:
        path = f"sla[{promise.name}].tiers"
        yield from _unknown(promise.tiers, known.tiers, path, "tier", "no customer has it so far")


def _unknown(
    names: Iterable[str], known: Iterable[str], where: str, kind: str, otherwise: str
) -> Iterator[Fault]:
    there = {one.casefold() for one in known}
    for name in names:
        if name.casefold() not in there:
            yield Fault(where, f"no {kind} {_cut(name)!r}{did_you_mean(name, known, otherwise)}")


def _not_an_id(
    names: Iterable[str], known: Mapping[str, str], where: str, kind: str
) -> Iterator[Fault]:
    for name in names:
        if name in known:
            continue
        called = [key for key, call in known.items() if call.casefold() == name.casefold()]
        if called:
            yield Fault(where, f"{name!r} is what people call them; write the id {called[0]!r}")
            continue
        near = did_you_mean(name, known.values(), "give the id of one in service")
        yield Fault(where, f"no {kind} {_cut(name)!r}{near}")
