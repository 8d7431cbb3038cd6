"""What the API documents is what it answers: no field forgotten, none made up."""

from dataclasses import fields

import pytest

from api.schemas import (
    board,
    dispatching,
    evidence,
    history,
    orders,
    policy,
    registers,
    sites,
    sla,
    technicians,
    webhooks,
    why_not,
)
from geo_dispatch.dispatch.boards.conflicts import DayConflict
from geo_dispatch.dispatch.days.eta import Eta
from geo_dispatch.dispatch.days.insertion import Moved
from geo_dispatch.dispatch.messages.queueing import Message
from geo_dispatch.dispatch.policy.decisions import Brief
from geo_dispatch.dispatch.policy.differences import Difference
from geo_dispatch.dispatch.ranking.candidates import Lead
from geo_dispatch.dispatch.ranking.filters import Passing
from geo_dispatch.dispatch.ranking.qualification import Exclusion
from geo_dispatch.dispatch.ranking.relaxation import Relaxation
from geo_dispatch.dispatch.ranking.scoring import Term
from geo_dispatch.dispatch.ranking.search import Candidate, Excluded, NotRanked, Ranking
from geo_dispatch.dispatch.ranking.why_not import WhyNot
from geo_dispatch.dispatch.records.contracts import Contract, ContractFields, Renewal
from geo_dispatch.dispatch.records.equipment import Equipment, EquipmentFields
from geo_dispatch.dispatch.records.resources import (
    Booking,
    Crew,
    CrewFields,
    Resource,
    ResourceFields,
)
from geo_dispatch.dispatch.records.sites import Customer, CustomerFields, Site, SiteFields
from geo_dispatch.dispatch.records.technicians import (
    Break,
    Certificate,
    Leave,
    Part,
    Shift,
    Skill,
    Technician,
    TechnicianFields,
    Vehicle,
)
from geo_dispatch.dispatch.work.clocks import Sla, SlaClock
from geo_dispatch.dispatch.work.orders import (
    Arrival,
    Flag,
    Hold,
    OrderFields,
    Permit,
    Risk,
    SkillRequirement,
    WorkOrder,
)
from geo_dispatch.dispatch.work.performance import Duration, Performance
from geo_dispatch.dispatch.work.performance import Entry as PerformanceEntry
from geo_dispatch.dispatch.work.visits import Visit
from geo_dispatch.services.dispatching.eta import OrderEta
from geo_dispatch.services.dispatching.why_not import OrderWhyNot
from geo_dispatch.services.history.audit import Head
from geo_dispatch.services.history.briefing import ClockState, Explanation, Reason, SlaState
from geo_dispatch.services.history.past_work import Past, PastVisit
from geo_dispatch.services.history.presence import Presence
from geo_dispatch.services.history.proof import Proof, Time
from geo_dispatch.services.history.timeline import Entry
from geo_dispatch.services.messages.webhooks import EndpointFields
from geo_dispatch.services.policy.decisions import OverrideReport
from geo_dispatch.services.policy.simulate import Outcome, Simulated, Simulation
from geo_dispatch.services.sla.report import Attainment, Miss, Report
from geo_dispatch.services.sla.view import ClockView, Countdown, OrderSla
from geo_dispatch.tracking.geofence import Evidence, EvidenceFix


@pytest.mark.parametrize(
    ("model", "record"),
    [
        (technicians.TechnicianOut, Technician),
        (technicians.SkillOut, Skill),
        (technicians.CertificateOut, Certificate),
        (technicians.BreakOut, Break),
        (technicians.PartOut, Part),
        (technicians.ShiftOut, Shift),
        (technicians.LeaveOut, Leave),
        (technicians.VehicleOut, Vehicle),
        (sites.CustomerOut, Customer),
        (sites.SiteOut, Site),
        (orders.WorkOrderOut, WorkOrder),
        (orders.SkillRequirementOut, SkillRequirement),
        (orders.PermitOut, Permit),
        (orders.HoldOut, Hold),
        (orders.FlagOut, Flag),
        (orders.RiskOut, Risk),
        (orders.SlaOut, Sla),
        (orders.SlaClockOut, SlaClock),
        (orders.ArrivalOut, Arrival),
        (orders.VisitOut, Visit),
        (orders.EvidenceOut, Evidence),
        (orders.EvidenceFixOut, EvidenceFix),
        (dispatching.CandidateOut, Candidate),
        (dispatching.TermOut, Term),
        (dispatching.LeadOut, Lead),
        (dispatching.MovedOut, Moved),
        (dispatching.RelaxationOut, Relaxation),
        (dispatching.PassingOut, Passing),
        (why_not.WhyNotOut, WhyNot),
        (why_not.OrderWhyNotOut, OrderWhyNot),
        (dispatching.ExcludedOut, Excluded),
        (dispatching.ExclusionOut, Exclusion),
        (dispatching.NotRankedOut, NotRanked),
        (dispatching.EtaOut, OrderEta),
        (dispatching.EntryOut, Entry),
        (registers.EquipmentOut, Equipment),
        (registers.ResourceOut, Resource),
        (registers.BookingOut, Booking),
        (registers.CrewOut, Crew),
        (sla.ContractOut, Contract),
        (sla.RenewalOut, Renewal),
        (sla.AttainmentOut, Attainment),
        (sla.MissOut, Miss),
        (sla.SlaReportOut, Report),
        (sla.ClockOut, ClockView),
        (sla.CountdownOut, Countdown),
        (sla.OrderSlaOut, OrderSla),
        (policy.DecisionBriefOut, Brief),
        (policy.OverrideReportOut, OverrideReport),
        (policy.DifferenceOut, Difference),
        (policy.OutcomeOut, Outcome),
        (policy.SimulatedOut, Simulated),
        (policy.SimulationOut, Simulation),
        (policy.PerformanceEntryOut, PerformanceEntry),
        (policy.DurationOut, Duration),
        (policy.PerformanceOut, Performance),
        (history.PastVisitOut, PastVisit),
        (history.PastOut, Past),
        (history.ClockStateOut, ClockState),
        (history.SlaStateOut, SlaState),
        (history.ReasonOut, Reason),
        (history.ExplanationOut, Explanation),
        (evidence.PresenceOut, Presence),
        (evidence.TimeOut, Time),
        (evidence.ProofOut, Proof),
        (evidence.HeadOut, Head),
        (webhooks.MessageOut, Message),
        (board.DayConflictOut, DayConflict),
    ],
)
def test_an_answer_has_all_fields_of_its_record(model, record):
    assert set(model.model_fields) == {field.name for field in fields(record)}


def test_an_eta_tells_also_how_sure_it_is():
    expected = {field.name for field in fields(Eta)} | {"between"}
    assert set(dispatching.PublishedEtaOut.model_fields) == expected


def test_a_ranking_tells_also_how_fresh_its_positions_were():
    expected = {field.name for field in fields(Ranking)} | {"positions_as_of", "filters"}
    assert set(dispatching.RankingOut.model_fields) == expected


@pytest.mark.parametrize(
    ("model", "settable"),
    [
        (technicians.TechnicianIn, TechnicianFields),
        (sites.CustomerIn, CustomerFields),
        (sites.SiteIn, SiteFields),
        (orders.WorkOrderIn, OrderFields),
        (registers.EquipmentIn, EquipmentFields),
        (registers.ResourceIn, ResourceFields),
        (registers.CrewIn, CrewFields),
        (sla.ContractIn, ContractFields),
        (webhooks.WebhookIn, EndpointFields),
    ],
)
def test_what_may_be_set_can_be_sent(model, settable):
    assert set(model.model_fields) == set(settable.__annotations__)
