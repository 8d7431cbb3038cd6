"""Policies that contradict themselves, or name what is not there: refused at load, all told."""

import pytest

from geo_dispatch.services.policy import auto_assign
from geo_dispatch.tracking.nearest import PositionIndex
from tests.support.app import BALZERS, VADUZ, WORKING_HOURS
from tests.support.refusals import problem_of

REVIEW = {"author": "Ann", "reviewed_by": "Ben", "note": "tried"}
TYPES = '[[job_types]]\nname = "boiler repair"\n[[job_types]]\nname = "survey"\n'


@pytest.fixture(scope="module")
def planner(deployment):
    return deployment.client("planner")


@pytest.fixture(scope="module")
def vans(deployment, office) -> list[str]:
    """Two that can be sent, and know gas."""
    made = []
    for name, place in (("Van 01", VADUZ), ("Van 02", BALZERS)):
        body = {"call_sign": name, "shifts": WORKING_HOURS, "skills": [{"name": "gas"}]}
        made.append(office.post("/v1/technicians", json=body).json()["id"])
        ping = {"technician_id": made[-1], "at": deployment.now().isoformat(), **place}
        assert office.post("/v1/pings", json=ping).is_success
    return made


def rule(name, then, when="{}", extra=""):
    return f'[[rules]]\nid = "{name}"\nwhen = {when}\nthen = {{ assign = "{then}" }}\n{extra}'


def publish(planner, toml):
    return planner.post("/v1/policy", json={"toml": toml, **REVIEW})


def faults_of(planner, office, toml) -> dict[str, str]:
    """What every way in says of the document: checking it, trying it out, publishing it."""
    period = {"start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z"}
    before = office.get("/v1/policy").json()
    answers = [
        office.post("/v1/policy/check", json={"toml": toml}),
        office.post("/v1/policy/simulate", json={"toml": toml, **period}),
        publish(planner, toml),
    ]
    told = [problem_of(answer, 422, "invalid-input")["faults"] for answer in answers]
    assert told[0] == told[1] == told[2]
    assert office.get("/v1/policy").json() == before
    return {fault["where"]: fault["message"] for fault in told[0]}


WEEK = "{ weekdays = [0, 1, 2, 3, 4] }"
WEEKEND = "{ weekdays = [5, 6] }"
CONTRADICTIONS = {
    "two rules for the same orders": (
        [("ours", 0, "{}"), ("theirs", 1, "{}")],
        "rules[theirs]",
        "contradicts rule 'ours': the same orders, but '{1}' instead of '{0}'; keep one, or",
    ),
    "the same orders said in another way": (
        [("ours", 0, '{ job_types = ["SURVEY"] }'), ("theirs", 1, '{ job_types = ["survey"] }')],
        "rules[theirs]",
        "contradicts rule 'ours': the same orders",
    ),
    "an exception below its rule": (
        [("all", 0, "{}"), ("urgent", 1, "{ priorities = [1] }")],
        "rules[urgent]",
        "can never fire: rule 'all' above it takes every order that it is for; move it above",
    ),
    "one that several above it leave nothing": (
        [("week", 0, WEEK), ("weekend", 1, WEEKEND), ("rest", 0, "{}")],
        "rules[rest]",
        "can never fire: rules 'week', 'weekend' above it together take every order",
    ),
    "hours that together are the day": (
        [
            ("day", 0, "{ hours = { start = 06:00:00, end = 22:00:00 } }"),
            ("night", 1, "{ hours = { start = 22:00:00, end = 06:00:00 } }"),
            ("noon", 1, "{ hours = { start = 11:00:00, end = 13:00:00 } }"),
        ],
        "rules[noon]",
        "can never fire: rule 'day' above it",
    ),
    "one name for two": (
        [("one", 0, WEEK), ("one", 1, WEEKEND)],
        "rules[one].id",
        "'one' is there twice",
    ),
}


@pytest.mark.parametrize("case", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
@pytest.mark.usefixtures("unchanged")
def test_a_rule_that_contradicts_another_is_refused_at_load_naming_both(
    planner, office, vans, case
):
    rules, where, said = case
    toml = TYPES + "".join(rule(name, vans[who], when) for name, who, when in rules)
    found = faults_of(planner, office, toml)
    assert list(found) == [where]
    assert said.format(*vans) in found[where]


def test_rules_that_contradict_each_other_on_one_order_leave_it_to_a_dispatcher(
    deployment, planner, office, site, vans
):
    """Neither is the exception to the other: which orders both are for shows in the orders."""
    toml = TYPES + rule("boilers", vans[0], '{ job_types = ["boiler repair"] }')
    toml += rule("urgent", vans[1], "{ priorities = [1, 2] }")
    assert publish(planner, toml).status_code == 201
    both, one = (
        office.post(
            "/v1/work-orders", json={"type": "boiler repair", "site_id": site, "priority": priority}
        ).json()["id"]
        for priority in (2, 3)
    )
    positions = PositionIndex(deployment.context.live.positions())
    while auto_assign.follow(deployment.context, positions):
        pass
    flag = office.get(f"/v1/work-orders/{both}").json()["flag"]
    assert flag["code"] == "rules_disagree"
    assert "boilers" in flag["fact"]
    assert "urgent" in flag["fact"]
    assert office.get(f"/v1/work-orders/{one}").json()["technician_id"] == vans[0]


NOT_THERE = {
    "a skill": ("skills", '["gaz"]', "no skill 'gaz'; did you mean 'gas'?"),
    "a skill like no other": ("skills", '["x"]', "no skill 'x'; give it to a technician, or list"),
    "a territory": ("territories", '["vadus"]', "no territory 'vadus'; did you mean 'vaduz'?"),
    "a job type": ("job_types", '["survy"]', "no job type 'survy'; did you mean 'survey'?"),
    "a customer": ("customers", '["cu_no"]', "no customer 'cu_no'; give the id of one"),
    "a day": ("weekdays", "[7]", "7 is not 0 (Monday) to 6 (Sunday)"),
    "a priority": ("priorities", "[0]", "0 is not between 1 (emergency) and 5"),
    "a condition": ("skill", '["gas"]', "is not known; did you mean 'skills'?"),
}


@pytest.mark.parametrize("case", NOT_THERE.values(), ids=NOT_THERE)
@pytest.mark.usefixtures("unchanged")
def test_a_rule_for_what_is_not_there_says_what_was_meant(planner, office, vans, case):
    name, value, said = case
    found = faults_of(planner, office, TYPES + rule("a", "best", f"{{ {name} = {value} }}"))
    assert said in found[f"rules[a].when.{name}"]


def test_a_technician_who_is_what_people_call_them_is_named_by_id(planner, office, vans):
    found = faults_of(planner, office, rule("a", "van 01"))
    assert found["rules[a].then.assign"].endswith(f"write the id '{vans[0]}'")


SKILLS = '[orders]\nskills = ["gas", "hvac"]\n'


def test_a_skill_that_the_policy_does_not_list_is_refused_of_orders_types_and_people(
    planner, office, site, vans
):
    assert publish(planner, SKILLS).status_code == 201
    meant = "'hvaac' is not a skill of the policy; did you mean 'hvac'?"
    wanted = {"required_skills": [{"name": "gas"}, {"name": "hvaac"}]}
    body = {"type": "repair", "site_id": site} | wanted
    gas = office.post("/v1/work-orders", json=body | {"required_skills": [{"name": "GAS"}]}).json()
    latest = {"If-Match": f'"{gas["version"]}"'}
    van = office.get(f"/v1/technicians/{vans[0]}")
    has = {"skills": [*van.json()["skills"], {"name": "hvaac", "level": 1}]}
    answers = {
        "required_skills[1].name": [
            office.post("/v1/work-orders", json=body),
            office.post("/v1/emergencies", json=body),
            office.patch(f"/v1/work-orders/{gas['id']}", json=wanted, headers=latest),
        ],
        "skills[1].name": [
            office.post("/v1/technicians", json={"call_sign": "Van 03"} | has),
            office.patch(
                f"/v1/technicians/{vans[0]}", json=has, headers={"If-Match": van.headers["ETag"]}
            ),
        ],
    }
    for where, refused in answers.items():
        for answer in refused:
            told = problem_of(answer, 422, "invalid-input")["faults"]
            assert told == [{"where": where, "message": meant}]
    types = SKILLS + '[[job_types]]\nname = "x"\nrequired_skills = [{ name = "hvaac" }]\n'
    found = faults_of(planner, office, types)
    assert found == {"job_types[x].required_skills": "no skill 'hvaac'; did you mean 'hvac'?"}


def test_a_skill_that_somebody_had_before_the_list_holds_no_other_change_up(planner, office, vans):
    publish(planner, '[orders]\nskills = ["electrical"]\n')
    van = office.get(f"/v1/technicians/{vans[0]}")
    changed = office.patch(
        f"/v1/technicians/{vans[0]}",
        json={"skills": van.json()["skills"], "phone": "+423 555 01 01"},
        headers={"If-Match": van.headers["ETag"]},
    )
    assert changed.json()["phone"] == "+423 555 01 01"


HOSTILE = {
    "a name of 20,000 parts": ("a." * 20_000 + "a = 1", "no table of ours is so deep"),
    "a table of 20,000 parts": (f"[{'a.' * 20_000}a]", "no table of ours is so deep"),
    "lists without end": ("a = " + "[" * 100_000, "is not TOML"),
    "a number without end": (f"[review]\nmargin_min = 0x{'f' * 100_000}", "beyond all measure"),
    "no number": ("[review]\nmargin_min = nan", "nan is not a finite number"),
    "more than any price": ("[ranking]\nterritory_min = 1e308", "1e+308 is not a number from 0"),
    "a NUL in a name": ('[[rules]]\nid = "a\\u0000b"', "control character U+0000"),
    "a key that moves a terminal": ('"\\u001b[31m" = 1', "'\\x1b[31m': is not known"),
    "a name as long as a book": (f'[[rules]]\nid = "{"x" * 100_000}"', "1 to 40 characters"),
    "half a surrogate pair": ('[[rules]]\nid = "\\ud800"', "is not TOML"),
    "a key twice": ("[review]\nmargin_min = 1\nmargin_min = 2", "is not TOML"),
    "faults without end": (
        '[[rules]]\nid = "a"\nwhen = { job_types = ["x"' + ', "x"' * 50_000 + "] }",
        "100 faults or more",
    ),
    "more than anybody writes": ("# " + "x" * 500_000, "at most 500000"),
    "nothing": ("", "at least 1"),
}


@pytest.mark.parametrize("case", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.usefixtures("unchanged")
def test_a_document_that_nobody_means_is_refused_in_few_words(office, case):
    toml, said = case
    answer = office.post("/v1/policy/check", json={"toml": toml})
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert len(answer.content) < 50_000
