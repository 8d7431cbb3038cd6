"""What the rules say of one order: whom to send, or why a dispatcher must judge.

Pure: the same policy, case and ranking give the same verdict, so that a stored decision can be
judged again under another policy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from geo_dispatch.dispatch.days.case import Case
from geo_dispatch.dispatch.policy.document import Policy
from geo_dispatch.dispatch.policy.rules import BEST, PREFERRED, Rule, When, covers
from geo_dispatch.dispatch.ranking.candidates import Candidate, Ranking
from geo_dispatch.dispatch.work.orders import FlagCode
from geo_dispatch.kernel.ids import TechnicianId

_REASONS_SHOWN: Final = 3
_SAME_MIN: Final = 0.05
"""Less is told as 0.0."""

_OUT_OF_SERVICE: Final = "somebody who is out of service"


@dataclass(frozen=True, slots=True)
class Sent:
    """A rule sends somebody.

    Attributes
    ----------
    reason
        Why not whom the rule names first; empty when it is them.
    """

    technician_id: TechnicianId
    rule_id: str
    reason: str = ""

    @property
    def source(self) -> str:
        """As `WorkOrder.assignment_source`."""
        return f"rule:{self.rule_id}"


@dataclass(frozen=True, slots=True)
class Left:
    """A dispatcher must judge, for this reason."""

    code: FlagCode
    fact: str


Verdict = Sent | Left


def judge(policy: Policy, case: Case, ranking: Ranking) -> Verdict:
    """What the first rule that applies says of the order.

    Parameters
    ----------
    ranking
        Of that case: of everybody, or of the best, where `asks_for_everybody` says that they do
        and somebody can be sent.
    """
    matching = rules_for(policy, case)
    if not matching:
        return Left(FlagCode.NO_RULE, f"no rule is for {_described(case)}")
    rule = matching[0]
    rival = next((one for one in matching[1:] if _disagree(rule, one, case)), None)
    if rival is not None:
        return Left(
            FlagCode.RULES_DISAGREE,
            f"rule {rule.id} sends {_called(ranking, _wanted(rule, case))}, rule {rival.id} sends "
            f"{_called(ranking, _wanted(rival, case))}, and neither is the exception to the other",
        )
    if not ranking.candidates:
        return Left(FlagCode.NOBODY, _why_nobody(ranking))
    return _whom(rule, policy, case, ranking)


def rules_for(policy: Policy, case: Case) -> list[Rule]:
    """The rules that apply to the order of the case; the first decides."""
    return [rule for rule in policy.rules if rule.enabled and applies(rule.when, case)]


def asks_for_everybody(policy: Policy, case: Case) -> bool:
    """Whether the verdict may hang on somebody who isn't among the best of the ranking."""
    return any(
        rule.then.assign != BEST
        or rule.then.max_drive_min is not None
        or rule.then.max_late_risk is not None
        for rule in rules_for(policy, case)[:1]
    )


def applies(when: When, case: Case) -> bool:
    """Whether all conditions hold for the order of the case."""
    order, customer, equipment = case.order, case.customer, case.equipment
    begins = case.earliest.astimezone(case.zone)
    skills = tuple(skill.name for skill in order.required_skills)
    return (
        _any_in((order.type,), when.job_types)
        and _any_in(skills, when.skills)
        and _any_in((case.site.territory_id,), when.territories)
        and _any_in((customer.tier if customer else None,), when.tiers)
        and _any_in((customer.id if customer else None,), when.customers)
        and _any_in((equipment.type if equipment else None,), when.equipment_types)
        and when.known_equipment in {None, _somebody_knows_it(case)}
        and (not when.priorities or order.priority in when.priorities)
        and (not when.work_classes or order.work_class in when.work_classes)
        and when.access in {None, "restricted" if case.site.access_windows else "free"}
        and (not when.weekdays or begins.weekday() in when.weekdays)
        and (when.hours is None or begins.time() in when.hours)
    )


def _any_in(values: Sequence[str | None], wanted: Sequence[str]) -> bool:
    if not wanted:
        return True
    there = {value.casefold() for value in values if value is not None}
    return any(one.casefold() in there for one in wanted)


def _somebody_knows_it(case: Case) -> bool:
    return any(one.equipment_visits > 0 for one in case.experience.values())


def _wanted(rule: Rule, case: Case) -> TechnicianId | None:
    """The person whom the rule names; None when it takes the best, or nobody is preferred."""
    if rule.then.assign == BEST:
        return None
    if rule.then.assign == PREFERRED:
        return case.preferred_technician_id
    return TechnicianId(rule.then.assign)


def _disagree(rule: Rule, other: Rule, case: Case) -> bool:
    """Whether both name a person, not the same, and the second isn't the wider rule behind it."""
    one, two = _wanted(rule, case), _wanted(other, case)
    return one is not None and two is not None and one != two and not covers(other.when, rule.when)


def _whom(rule: Rule, policy: Policy, case: Case, ranking: Ranking) -> Verdict:
    """Whom the rule sends of those who can be sent."""
    if rule.then.assign == BEST:
        return _best(rule, policy, ranking)
    named = _wanted(rule, case)
    chosen = None if named is None else ranking.candidate(named)
    if chosen is not None:
        return _within_limits(rule, [chosen])
    reason = _why_not_them(rule, ranking, named)
    if rule.then.otherwise == "review":
        return Left(FlagCode.RULE_LIMIT, f"rule {rule.id}: {reason}")
    verdict = _best(rule, policy, ranking)
    return verdict if isinstance(verdict, Left) else replace(verdict, reason=f"{reason}; next best")


def _best(rule: Rule, policy: Policy, ranking: Ranking) -> Verdict:
    allowed = [one for one in ranking.candidates if not _beyond(rule, one)]
    if len(allowed) > 1:
        first, second = allowed[:2]
        margin = policy.review.margin_min if rule.then.margin_min is None else rule.then.margin_min
        lead = second.score_min - first.score_min
        if lead < margin and _comparable(first, second):
            return Left(FlagCode.TOO_CLOSE, _too_close(rule, first, second, margin))
    return _within_limits(rule, allowed or ranking.candidates[:1])


def _too_close(rule: Rule, first: Candidate, second: Candidate, margin: float) -> str:
    one, other, lead = first.call_sign, second.call_sign, second.score_min - first.score_min
    if lead < _SAME_MIN:
        return (
            f"{one} and {other} are as good, and rule {rule.id} asks for a lead of {margin:g} min"
        )
    return f"{one} leads {other} by {lead:.1f} min, less than the {margin:g} min of rule {rule.id}"


def _comparable(first: Candidate, second: Candidate) -> bool:
    """Who breaks a promise of the contract ranks behind who doesn't, whatever the scores."""
    return first.breaches_sla == second.breaches_sla


def _within_limits(rule: Rule, candidates: Sequence[Candidate]) -> Verdict:
    first = candidates[0]
    beyond = _beyond(rule, first)
    if beyond:
        return Left(FlagCode.RULE_LIMIT, f"rule {rule.id}: {first.call_sign} {beyond}")
    return Sent(first.technician_id, rule.id)


def _beyond(rule: Rule, candidate: Candidate) -> str:
    """Which limit of the rule the candidate exceeds, and by how much; empty when none."""
    then, drive_min = rule.then, candidate.drive_s / 60
    if then.max_drive_min is not None and drive_min > then.max_drive_min:
        return f"would drive {drive_min:.0f} min, more than the {then.max_drive_min:g} allowed"
    risk = candidate.late_risk
    if then.max_late_risk is not None and risk > then.max_late_risk:
        return (
            f"would be late with {risk * 100:.0f} %, more than the "
            f"{then.max_late_risk * 100:g} % allowed"
        )
    return ""


def _described(case: Case) -> str:
    """What the conditions of rules could have been about."""
    parts = [repr(case.order.type)]
    if case.site.territory_id is not None:
        parts.append(f"in {case.territory(case.site.territory_id)}")
    if case.customer is not None:
        parts.append(f"for a {case.customer.tier} customer")
    return " ".join([*parts, f"with priority {case.order.priority}"])


def _called(ranking: Ranking, technician_id: TechnicianId | None) -> str:
    names = {
        **{one.technician_id: one.call_sign for one in ranking.candidates},
        **{one.technician_id: one.call_sign for one in ranking.excluded},
        **{one.technician_id: one.call_sign for one in ranking.not_ranked},
    }
    return names.get(technician_id, _OUT_OF_SERVICE) if technician_id else "nobody"


def _why_not_them(rule: Rule, ranking: Ranking, named: TechnicianId | None) -> str:
    if named is None:
        return "nobody is preferred"
    word = "preferred" if rule.then.assign == PREFERRED else "named"
    exclusions = ranking.exclusions_of(named)
    beyond = any(one.technician_id == named for one in ranking.not_ranked)
    if not exclusions and not beyond:
        return f"whoever is {word} is out of service"
    fact = exclusions[0].fact if exclusions else "not among the best that were looked at"
    return f"{_called(ranking, named)} is {word}, but {fact}"


def _why_nobody(ranking: Ranking) -> str:
    """The commonest reasons, each with how many it keeps away."""
    if not ranking.excluded:
        return "there are no technicians in service"
    facts = Counter(one.exclusions[0].fact for one in ranking.excluded if one.exclusions)
    everybody = len(ranking.excluded)
    told = [f"{fact} ({count} of {everybody})" for fact, count in facts.most_common(_REASONS_SHOWN)]
    return f"nobody can be sent: {'; '.join(told)}"
