"""Steps that can't be done, and changes based on nothing that is."""

import pytest

from tests.support.refusals import problem_of

STEPS = [
    ("assign", {}, 422, "invalid-input", 'give one of "technician_id", "crew_id" and "auto"'),
    ("assign", {"auto": True, "technician_id": "tc_1"}, 422, "invalid-input", "give one of"),
    ("assign", {"auto": "yes"}, 422, "invalid-input", "true or false"),
    ("assign", {"technician_id": "tc_no"}, 404, "not-found", "no technician 'tc_no'; the list"),
    ("unassign", {"reason": "x"}, 409, "transition-not-allowed", "possible now: change, assign"),
    ("status", {}, 422, "invalid-input", "status: is missing"),
    ("status", {"status": "flying"}, 422, "invalid-input", "'en_route'"),
    ("status", {"status": "complete"}, 409, "transition-not-allowed", "possible now: "),
    ("status", {"status": "en_route", "note": "x"}, 422, "invalid-input", "note: is not a known"),
]  # fmt: skip


@pytest.mark.parametrize("case", STEPS, ids=[f"{case[0]} {case[1]}" for case in STEPS])
@pytest.mark.usefixtures("unchanged")
def test_a_step_that_cannot_be_done_says_what_can(office, order, case):
    step, body, status, code, said = case
    answer = office.post(f"/v1/work-orders/{order}/{step}", json=body)
    assert said in problem_of(answer, status, code)["detail"]


@pytest.mark.usefixtures("unchanged")
def test_force_without_a_reason_is_refused(office, order, van):
    body = {"technician_id": van, "force": True, "reason": "  "}
    answer = office.post(f"/v1/work-orders/{order}/assign", json=body)
    told = problem_of(answer, 422, "invalid-input")
    assert told["faults"] == [
        {"where": "reason", "message": "is empty; say why the limits are overridden"}
    ]


VERSIONS = [
    (None, 428, "precondition-required", "GET the record"),
    ('"7"', 412, "version-conflict", "read it again"),
    ("*", 422, "invalid-input", 'look like "3"'),
    ("yesterday", 422, "invalid-input", "yesterday"),
    ('""', 422, "invalid-input", 'look like "3"'),
    ('"1", "2"', 422, "invalid-input", 'look like "3"'),
    ('"' + "9" * 5000 + '"', 422, "invalid-input", "99999"),
]


@pytest.mark.parametrize("case", VERSIONS, ids=[str(case[0])[:20] for case in VERSIONS])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_based_on_nothing_that_is_changes_nothing(office, method, case):
    sent, status, code, said = case
    made = office.post("/v1/customers", json={"name": "School"}).json()
    where = f"/v1/customers/{made['id']}"
    answer = office.request(
        method,
        where,
        headers={} if sent is None else {"If-Match": sent},
        json={"notes": "new"} if method == "PATCH" else None,
    )
    assert said in problem_of(answer, status, code)["detail"]
    assert office.get(where).json() == made


@pytest.mark.usefixtures("unchanged")
def test_a_key_too_long_to_keep_is_refused_and_does_nothing(office):
    for key in ("x" * 256, ""):
        answer = office.post("/v1/customers", json={"name": "x"}, headers={"Idempotency-Key": key})
        assert (
            f"{len(key)} characters, not 1 to 255"
            in problem_of(answer, 422, "invalid-input")["detail"]
        )
