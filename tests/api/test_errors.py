"""Every error has a status, and looks the same on the wire."""

import json

import pytest

from api.errors import PROBLEM_JSON, STATUSES, error_to_problem
from geo_dispatch.kernel import errors
from geo_dispatch.kernel.errors import Fault, GeoDispatchError


def _tree(cls: type[GeoDispatchError]) -> list[type[GeoDispatchError]]:
    return [sub for child in cls.__subclasses__() for sub in (child, *_tree(child))]


def test_every_error_of_the_tree_has_a_status():
    missing = [cls.__name__ for cls in _tree(GeoDispatchError) if cls not in STATUSES]
    assert missing == []


def test_every_error_has_a_code_of_its_own():
    codes = [cls.code for cls in _tree(GeoDispatchError)]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.NotFound("technician", "t_1"), 404, "not-found"),
        (errors.VersionConflict("changed by someone else"), 412, "version-conflict"),
        (errors.PreconditionRequired("send If-Match"), 428, "precondition-required"),
        (errors.RedisUnavailable("no Redis"), 503, "redis-unavailable"),
        (errors.Forbidden("not yours"), 403, "forbidden"),
    ],
)
def test_an_error_becomes_a_problem_with_its_code(error, status, code):
    answer = error_to_problem(error)
    body = json.loads(answer.body)
    assert (answer.status_code, answer.media_type) == (status, PROBLEM_JSON)
    assert (body["status"], body["code"], body["detail"]) == (status, code, error.message)
    assert body["type"] == f"urn:geo-dispatch:error:{code}"


def test_all_faults_and_conflicts_are_told():
    invalid = errors.InvalidInput("2 faults", [Fault("a", "is 1"), Fault("b[0].c", "is 2")])
    refused = errors.AssignmentConflict("no", [Fault("missing_skill", "has no hvac")])
    assert json.loads(error_to_problem(invalid).body)["faults"] == [
        {"where": "a", "message": "is 1"},
        {"where": "b[0].c", "message": "is 2"},
    ]
    assert json.loads(error_to_problem(refused).body)["conflicts"] == [
        {"where": "missing_skill", "message": "has no hvac"}
    ]


def test_who_must_wait_is_told_how_long():
    busy = error_to_problem(errors.Busy("the ping stream is full", retry_after_s=7.2))
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "7")
    assert "retry-after" in error_to_problem(errors.DatabaseUnavailable("away")).headers


def test_who_has_no_token_is_told_how_to_show_one():
    answer = error_to_problem(errors.Unauthenticated("no token"))
    assert answer.headers["www-authenticate"].startswith("Bearer")
