"""An office that is sent bad input, and its record, which holds after every test."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.app import VADUZ
from tests.support.consistency import assert_consistent


@pytest.fixture(scope="module")
def office(deployment) -> httpx.Client:
    return deployment.client("dispatcher")


@pytest.fixture(scope="module")
def site(office) -> str:
    return office.post("/v1/sites", json={"name": "Town hall", "location": VADUZ}).json()["id"]


@pytest.fixture(scope="module")
def van(office) -> str:
    return office.post("/v1/technicians", json={"call_sign": "Van 07"}).json()["id"]


@pytest.fixture(scope="module")
def order(office, site) -> str:
    return office.post("/v1/work-orders", json={"type": "repair", "site_id": site}).json()["id"]


@pytest.fixture(autouse=True)
def record_holds(deployment) -> Iterator[None]:
    """Whatever the test sends, the record is consistent when it ends."""
    yield
    assert_consistent(deployment.context)


@pytest.fixture
def unchanged(deployment) -> Iterator[None]:
    """Nothing is entered or told while the test runs."""
    with deployment.context.store.read() as unit:
        before = unit.last_seq()
    yield
    with deployment.context.store.read() as unit:
        assert unit.last_seq() == before
