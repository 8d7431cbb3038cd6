"""The policy as a use case: checked against the records, published in versions, compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from geo_dispatch.adapters.policy_files import read_policy, refusal
from geo_dispatch.adapters.sql.store import Unit
from geo_dispatch.dispatch.policy.checks import Known, reference_faults, reference_warnings
from geo_dispatch.dispatch.policy.differences import Difference, differences
from geo_dispatch.dispatch.policy.document import Policy, PolicyVersion
from geo_dispatch.dispatch.work.events import PolicyPublished
from geo_dispatch.kernel.actors import Actor
from geo_dispatch.kernel.errors import Conflict, Fault, InvalidInput, VersionConflict
from geo_dispatch.kernel.text import checked_text
from geo_dispatch.services.desk import Desk

STREAM: Final = "policy"

MAX_CHARACTERS: Final = 500_000
"""A document is written and read by people."""

_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Checked:
    """A document that may be published.

    Attributes
    ----------
    warnings
        Names that nothing has yet.
    differences
        From the policy in force.
    """

    policy: Policy
    warnings: tuple[Fault, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A published version, and what it changed."""

    version: PolicyVersion
    differences: tuple[Difference, ...]


def in_force(desk: Desk) -> PolicyVersion:
    """The policy that decisions are made under now."""
    with desk.store.read() as unit:
        return unit.policies.in_force()


def versions(desk: Desk) -> list[Listed]:
    """All versions, the newest first, each with what it changed."""
    with desk.store.read() as unit:
        found = unit.policies.list()
    older = [*found[1:], None]
    return [
        Listed(one, tuple(differences(before.policy, one.policy)) if before else ())
        for one, before in zip(found, older, strict=True)
    ]


def version(desk: Desk, number: int) -> Listed:
    """One version, and what it changed.

    Raises
    ------
    NotFound
        There is none of that number.
    """
    with desk.store.read() as unit:
        found = unit.policies.get(number)
        before = unit.policies.get(number - 1) if number else None
    return Listed(found, tuple(differences(before.policy, found.policy)) if before else ())


def check(desk: Desk, text: str, where: str = "the policy") -> Checked:
    """Everything to say about a document before it is published.

    Raises
    ------
    InvalidInput
        Every fault found: in the document, between its rules, in the names it uses.
    """
    with desk.store.read() as unit:
        return check_in(desk, unit, text, where)


def publish(
    desk: Desk,
    text: str,
    *,
    author: str,
    reviewed_by: str,
    note: str,
    actor: Actor,
    based_on: int | None = None,
    where: str = "the policy",
) -> Listed:
    """Put a document in force as the next version.

    Parameters
    ----------
    author, reviewed_by
        Who wrote it, and who else looked at it.
    based_on
        The version in force when it was written; None doesn't insist on any.

    Raises
    ------
    InvalidInput
        As `check`; no note; nobody but its author reviewed it.
    VersionConflict
        Another version than ``based_on`` is in force.
    Conflict
        It says the same as the policy in force.
    """
    _refuse_unreviewed(author, reviewed_by, note, where)
    read_policy(text, where)  # what takes long, before anybody has to wait for us; it is remembered
    with desk.store.write() as unit:
        unit.policies.take_turn()
        before = unit.policies.in_force()
        if based_on is not None and before.version != based_on:
            raise VersionConflict(
                f"version {before.version} of the policy is in force, not {based_on}: another was "
                "published meanwhile; look at its differences and publish on top of it",
                [Fault("version", f"{based_on} was sent, {before.version} is in force")],
            )
        checked = check_in(desk, unit, text, where)
        if not checked.differences:
            raise Conflict(
                f"{where} says the same as version {before.version}, which is in force; "
                "there is nothing to publish"
            )
        published = unit.policies.add(
            text,
            author=author,
            reviewed_by=reviewed_by,
            note=note,
            published_at=desk.clock(),
            published_by=actor.label,
        )
        event = PolicyPublished(
            version=published.version,
            digest=published.digest,
            author=author,
            reviewed_by=reviewed_by,
            note=note,
        )
        unit.append(STREAM, [event], actor=actor, at=desk.clock())
        unit.commit()
    return Listed(published, checked.differences)


def check_in(desk: Desk, unit: Unit, text: str, where: str) -> Checked:
    """`check` within a unit."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(
            f"{where} has {len(text)} characters, more than {MAX_CHARACTERS}; shorten it"
        )
    policy = read_policy(text, where)
    known = _known(desk, unit)
    faults = reference_faults(policy, known)
    if faults:
        raise refusal(where, faults)
    changes = differences(unit.policies.in_force().policy, policy)
    return Checked(policy, tuple(reference_warnings(policy, known)), tuple(changes))


def _known(desk: Desk, unit: Unit) -> Known:
    technicians = unit.technicians.list()
    customers = unit.customers.list()
    vehicles = [one.vehicle.equipment for one in technicians if one.vehicle is not None]
    return Known(
        technicians={one.id: one.call_sign for one in technicians},
        customers={one.id: one.name for one in customers},
        territories=[one.id for one in unit.territories.in_force(desk.settings.area)],
        tiers={
            *(one.tier for one in customers),
            *(one.tier for one in unit.contracts.list()),
        },
        skills={skill.name for one in technicians for skill in one.skills},
        certificates={held.name for one in technicians for held in one.certificates},
        equipment={
            *_flat(vehicles),
            *_flat(resource.provides for resource in unit.resources.list()),
        },
        equipment_types={
            *_flat(one.equipment_types for one in technicians),
            *(one.type for one in unit.equipment.list()),
        },
    )


def _flat(lists: Iterable[Iterable[str]]) -> list[str]:
    return [one for some in lists for one in some]


def _refuse_unreviewed(author: str, reviewed_by: str, note: str, where: str) -> None:
    faults = []
    for name, value in (("author", author), ("reviewed_by", reviewed_by), ("note", note)):
        if not value.strip():
            faults.append(Fault(name, f"is empty; {_REMEDIES[name]}"))
        elif name != "note" and len(value) > _LONGEST_NAME:
            faults.append(Fault(name, f"is longer than {_LONGEST_NAME} characters"))
        try:
            checked_text(value)
        except ValueError as error:
            faults.append(Fault(name, str(error)))
    if author.strip() and author.strip().casefold() == reviewed_by.strip().casefold():
        faults.append(
            Fault("reviewed_by", f"{reviewed_by!r} wrote it; somebody else has to look at it")
        )
    if faults:
        raise InvalidInput(f"{where} is not published without a review", faults)


_REMEDIES: Final = {
    "author": "say who wrote it",
    "reviewed_by": "say who else looked at it",
    "note": "say what changes and why",
}
