"""The OpenAPI document is true and complete."""

import re

import pytest

from api.app import create_app
from api.ingest.registry import FORMS, OPERATIONS
from api.openapi import UNVERSIONED
from api.roles import ROLES
from geo_dispatch.config import Settings

WRITES = {"post", "patch", "delete"}


@pytest.fixture(scope="module")
def document():
    return create_app(Settings()).openapi()


@pytest.fixture(scope="module")
def operations(document):
    return {
        operation["operationId"]: (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_it_is_of_a_version_that_tools_read(document):
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"]


def test_every_operation_has_a_tag_that_is_described_a_summary_and_a_description(
    document, operations
):
    described = {tag["name"] for tag in document["tags"]}
    for name, (_, _, operation) in operations.items():
        assert len(operation.get("tags", [])) == 1, name
        assert operation["tags"][0] in described, name
        assert operation["summary"], name
        assert operation["description"], name


def test_no_two_schemas_share_a_name(document):
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


def test_operation_ids_are_the_names_in_the_table_of_roles(operations):
    secured = {name for name, (_, _, op) in operations.items() if op.get("security")}
    assert secured == set(ROLES)


def test_every_error_is_documented_as_problem_json(operations):
    for name, (_, _, operation) in operations.items():
        for status, answer in operation["responses"].items():
            told_as_apps_want_it = name in OPERATIONS and status not in ("400", "413")
            if status >= "4" and name != "health_ready" and not told_as_apps_want_it:
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, (name, status)


def test_every_secured_operation_tells_its_roles_and_refusals(operations):
    for name in ROLES:
        _, _, operation = operations[name]
        assert "Roles: " in operation["description"]
        refusals = {"503"} if name in OPERATIONS else {"401", "403"}
        assert refusals <= set(operation["responses"])


def test_changes_need_if_match_and_posts_take_an_idempotency_key(operations):
    for name, (method, path, operation) in operations.items():
        headers = {p["name"].lower(): p for p in operation.get("parameters", ())}
        if method in ("patch", "delete") and name not in UNVERSIONED:
            assert "if-match" in headers, name
            assert {"412", "428"} <= set(operation["responses"]), name
        if method == "post" and path.startswith("/v1/") and not _takes_pings(name):
            assert "idempotency-key" in headers, name


def test_phones_apps_are_documented_where_they_are_taken(document):
    for form in FORMS:
        described = document["paths"][form.path]
        assert {method.upper() for method in described} == form.methods
        for method, operation in described.items():
            assert ("requestBody" in operation) == (method != "get")
            assert operation["responses"]["200"]["content"]


def _takes_pings(name):
    """The same fix twice is one, so that these need no key."""
    return name in OPERATIONS or name.startswith("post_pings")


def test_every_reference_leads_somewhere(document):
    def references(node):
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    for reference in set(references(document)):
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def test_pages_and_assets_are_not_part_of_it(operations):
    paths = {path for _, path, _ in operations.values()}
    assert all(re.match(r"/(v1/|sign-|health/|metrics)", path) for path in paths), paths


def test_it_is_served_to_everybody(deployment, document):
    served = deployment.client(None).get("/openapi.json")
    assert served.headers["content-type"] == "application/json"
    assert served.json()["paths"].keys() == document["paths"].keys()
