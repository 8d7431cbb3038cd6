"""What the API documents is what it answers: no field forgotten, none made up."""

from dataclasses import fields

import pytest

from api.schemas import dispatching, orders, sites, technicians, why_not
from geo_dispatch.dispatch.days.eta import Eta
from geo_dispatch.dispatch.days.insertion import Moved
from geo_dispatch.dispatch.ranking.candidates import Lead
from geo_dispatch.dispatch.ranking.filters import Passing
from geo_dispatch.dispatch.ranking.qualification import Exclusion
from geo_dispatch.dispatch.ranking.relaxation import Relaxation
from geo_dispatch.dispatch.ranking.scoring import Term
from geo_dispatch.dispatch.ranking.search import Candidate, Excluded, NotRanked, Ranking
from geo_dispatch.dispatch.ranking.why_not import WhyNot
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
from geo_dispatch.dispatch.work.visits import Visit
from geo_dispatch.services.dispatching.eta import OrderEta
from geo_dispatch.services.dispatching.why_not import OrderWhyNot
from geo_dispatch.services.history.timeline import Entry
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
        (dispatching.PublishedEtaOut, Eta),
        (dispatching.EntryOut, Entry),
    ],
)
def test_an_answer_has_all_fields_of_its_record(model, record):
    assert set(model.model_fields) == {field.name for field in fields(record)}


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
    ],
)
def test_what_may_be_set_can_be_sent(model, settable):
    assert set(model.model_fields) == set(settable.__annotations__)
