"""Customers: entered, read, changed, retired."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.auth import Caller
from api.deps import BasedOn, Ctx
from api.idempotency import IdempotentRoute
from api.records import Cursor, Limit, Retired, answer, page_of
from api.schemas.common import Page
from api.schemas.sites import CustomerChange, CustomerIn, CustomerOut
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.keeping import CUSTOMERS
from geo_dispatch.services.views import customer_view

router = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=IdempotentRoute)


@router.get("", operation_id="list_customers")
def list_customers(
    context: Ctx,
    _caller: Caller,
    limit: Limit = 100,
    cursor: Cursor = None,
    retired: Retired = False,
) -> Page[CustomerOut]:
    """List customers by name."""
    found = records.page(context, CUSTOMERS, retired=retired, after=cursor, limit=limit + 1)
    return page_of(found, limit, customer_view, CustomerOut)


@router.post("", operation_id="create_customer", status_code=201)
def create_customer(
    context: Ctx, caller: Caller, body: CustomerIn, response: Response
) -> CustomerOut:
    """Enter a customer."""
    customer = records.create(context, CUSTOMERS, body.fields(), actor=caller)
    response.headers["Location"] = f"/v1/customers/{customer.id}"
    return answer(response, customer, customer_view, CustomerOut)


@router.get("/{customer_id}", operation_id="get_customer")
def get_customer(
    context: Ctx, _caller: Caller, customer_id: str, response: Response
) -> CustomerOut:
    """Read a customer."""
    customer = records.get(context, CUSTOMERS, customer_id)
    return answer(response, customer, customer_view, CustomerOut)


@router.patch("/{customer_id}", operation_id="change_customer")
def change_customer(
    context: Ctx,
    caller: Caller,
    customer_id: str,
    body: CustomerChange,
    version: BasedOn,
    response: Response,
) -> CustomerOut:
    """Change some fields of a customer."""
    customer = records.change(
        context,
        CUSTOMERS,
        customer_id,
        body.fields(),
        actor=caller,
        expected_version=version,
    )
    return answer(response, customer, customer_view, CustomerOut)


@router.delete("/{customer_id}", operation_id="retire_customer")
def retire_customer(
    context: Ctx, caller: Caller, customer_id: str, version: BasedOn, response: Response
) -> CustomerOut:
    """Retire a customer; the history stays."""
    customer = records.retire(
        context, CUSTOMERS, customer_id, actor=caller, expected_version=version
    )
    return answer(response, customer, customer_view, CustomerOut)
