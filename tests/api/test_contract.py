"""Every operation keeps to the OpenAPI document, whatever a client makes of the document."""

import os

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.roles import ROLES
from tests.support.one_of_each import one_of_each

EXAMPLES = int(os.environ.get("GEO_DISPATCH_TEST_EXAMPLES", "4"))
"""Requests of each operation; set it to some hundreds to look further."""

KEPT = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ENDLESS = {"stream_events", "stream_etas"}
FEW = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def admin(deployment):
    return deployment.client("admin")


@pytest.fixture(scope="module")
def ids(deployment, admin):
    return one_of_each(admin, deployment.now(), "of one", "of the office")


@pytest.fixture(scope="module")
def operations(admin):
    """What makes requests, by operation id."""
    document = admin.get("/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    return {
        operation["operationId"]: schema[path][method]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


@pytest.fixture(scope="module")
def session(deployment):
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {deployment.token('admin')}"
        yield session


@pytest.mark.parametrize("name", sorted(set(ROLES) - ENDLESS))
def test_an_operation_answers_as_the_document_says(deployment, ids, operations, session, name):
    def of_what_there_is(parameters):
        """Strategies of ids, for what is named by one."""
        kinds = {one: [kind for kind in ids if kind in one] for one in parameters or ()}
        return {one: st.sampled_from(ids[found[0]]) for one, found in kinds.items() if found}

    @FEW
    @given(case=operations[name].as_strategy(), data=st.data())
    def answers(case, data):
        known = of_what_there_is(case.path_parameters)
        if known and data.draw(st.booleans()):
            case.path_parameters.update(data.draw(st.fixed_dictionaries(known)))
            case.headers["If-Match"] = data.draw(st.sampled_from(['"1"', '"2"', '"3"']))
        answer = case.call(base_url=deployment.url, session=session, timeout=60)
        case.validate_response(answer, checks=KEPT)

    answers()
