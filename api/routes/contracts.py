"""Service contracts: entered, read, changed, retired, and due for renewal."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Response

from api.auth import Caller
from api.deps import BasedOn, Ctx
from api.idempotency import IdempotentRoute
from api.records import Cursor, Limit, Retired, answer, page_of
from api.schemas.common import Page
from api.schemas.sla import ContractChange, ContractIn, ContractOut, RenewalsOut
from geo_dispatch.services.records import contracts
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.records.contracts import CONTRACTS
from geo_dispatch.services.views import contract_view

router = APIRouter(prefix="/v1/contracts", tags=["contracts"], route_class=IdempotentRoute)


@router.get("", operation_id="list_contracts")
def list_contracts(
    context: Ctx,
    _caller: Caller,
    limit: Limit = 100,
    cursor: Cursor = None,
    retired: Retired = False,
) -> Page[ContractOut]:
    """List contracts by name."""
    found = records.page(context, CONTRACTS, retired=retired, after=cursor, limit=limit + 1)
    return page_of(found, limit, contract_view, ContractOut)


@router.get("/renewals", operation_id="list_renewals")
def list_renewals(context: Ctx, _caller: Caller) -> RenewalsOut:
    """List contracts that end or renew within 60, 30 or 7 days, or ended unseen."""
    due = contracts.renewals(context)
    return RenewalsOut.model_validate({"items": [msgspec.to_builtins(one) for one in due]})


@router.post("", operation_id="create_contract", status_code=201)
def create_contract(
    context: Ctx, caller: Caller, body: ContractIn, response: Response
) -> ContractOut:
    """Enter a contract."""
    contract = records.create(context, CONTRACTS, body.fields(), actor=caller)
    response.headers["Location"] = f"/v1/contracts/{contract.id}"
    return answer(response, contract, contract_view, ContractOut)


@router.get("/{contract_id}", operation_id="get_contract")
def get_contract(
    context: Ctx, _caller: Caller, contract_id: str, response: Response
) -> ContractOut:
    """Read a contract."""
    contract = records.get(context, CONTRACTS, contract_id)
    return answer(response, contract, contract_view, ContractOut)


@router.patch("/{contract_id}", operation_id="change_contract")
def change_contract(
    context: Ctx,
    caller: Caller,
    contract_id: str,
    body: ContractChange,
    version: BasedOn,
    response: Response,
) -> ContractOut:
    """Change some fields of a contract; orders placed before keep what they were promised."""
    contract = records.change(
        context, CONTRACTS, contract_id, body.fields(), actor=caller, expected_version=version
    )
    return answer(response, contract, contract_view, ContractOut)


@router.delete("/{contract_id}", operation_id="retire_contract")
def retire_contract(
    context: Ctx, caller: Caller, contract_id: str, version: BasedOn, response: Response
) -> ContractOut:
    """End a contract; its history stays."""
    contract = records.retire(
        context, CONTRACTS, contract_id, actor=caller, expected_version=version
    )
    return answer(response, contract, contract_view, ContractOut)
