"""Whatever anybody sends to whichever route: an answer that says what is wrong, never our failure,
and never what is another's.
"""

import json
from collections import Counter

import pytest

from api.ingest.registry import OPERATIONS
from tests.support.consistency import assert_consistent
from tests.support.hostile import Hostile
from tests.support.one_of_each import one_of_each

EACH, SEED = 5, 1
LONGEST_DETAIL = 3000

OF_ANOTHER = "what-only-van-0-knows"
OF_THE_OFFICE = "what-only-the-office-knows"


@pytest.fixture(scope="module")
def admin(deployment):
    return deployment.client("admin")


@pytest.fixture(scope="module")
def ids(deployment, admin):
    return one_of_each(admin, deployment.now(), OF_ANOTHER, OF_THE_OFFICE)


@pytest.fixture(scope="module")
def document(admin):
    return admin.get("/openapi.json").json()


HIDDEN = {
    "technician": [OF_ANOTHER],
    "client": [OF_THE_OFFICE],
    "planner": [],
    "dispatcher": [],
    "admin": [],
}
"""By role, what no answer may hold; those who change most come last."""

LEAST = {"technician": 20, "client": 20, "planner": 60, "dispatcher": 100, "admin": 100}
"""So many requests at least are understood, or the test shows nothing."""


@pytest.mark.parametrize("role", HIDDEN)
def test_no_request_makes_us_fail_and_each_refusal_says_why(deployment, ids, document, role):
    client = deployment.client(role, ids["technician"][1] if role == "technician" else None)
    answers = Counter()
    for operation, request in Hostile(document, ids, SEED).requests(EACH):
        body = request.pop("json", None)
        if body is not None:
            request["content"] = json.dumps(body).encode()
            request["headers"]["Content-Type"] = "application/json"
        answer = client.request(**request)
        shown = (operation, request, answer.text[:500])
        answers[answer.status_code // 100] += 1
        assert answer.status_code < 500, shown
        assert not [one for one in HIDDEN[role] if one in answer.text], shown
        if answer.is_client_error and operation not in OPERATIONS:  # apps want answers of their own
            assert answer.headers["content-type"] == "application/problem+json", shown
            assert 0 < len(answer.json()["detail"]) < LONGEST_DETAIL, shown
    assert answers[2] >= LEAST[role]
    assert answers[4] > 100
    assert_consistent(deployment.context)


def test_what_is_hidden_is_there(admin, ids):
    """Or nobody could have seen it."""
    shown = [admin.get(f"/v1/technicians/{van}").text for van in ids["technician"]]
    assert sum(OF_ANOTHER in one for one in shown) == 1
    stories = [admin.get(f"/v1/work-orders/{order}/timeline").text for order in ids["order"]]
    assert sum(OF_THE_OFFICE in one for one in stories) > 3
    assert sum(OF_ANOTHER in one for one in stories) > 1
