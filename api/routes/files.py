"""Files of a work order: the raw bytes in, and out again."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response

from api.auth import Caller
from api.deps import Ctx
from api.idempotency import IdempotentRoute
from api.routes.work_orders import readable
from api.schemas.common import Line, Moment
from api.schemas.files import FileOut, FilesOut
from geo_dispatch.dispatch.work.files import ENDINGS, FileKind, NewFile
from geo_dispatch.services.orders import files
from geo_dispatch.services.orders.files import OrderFile

router = APIRouter(
    prefix="/v1/work-orders/{order_id}/files", tags=["evidence"], route_class=IdempotentRoute
)

_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
_CONTENT: Final[dict[str, Any]] = {"content": dict.fromkeys(ENDINGS, _BYTES)}

_SHOWN_IN_PLACE: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
"""What holds no script. All else is saved: an SVG opened in place could act as whoever opens it."""


async def _content(request: Request) -> bytes:
    return await request.body()


Content = Annotated[bytes, Depends(_content)]


@router.post(
    "",
    operation_id="add_order_file",
    status_code=201,
    openapi_extra={"requestBody": {"required": True, **_CONTENT}},
    responses={415: {"description": "`Content-Type` names nothing that such a file may be."}},
)
def add_order_file(
    context: Ctx,
    caller: Caller,
    order_id: str,
    kind: FileKind,
    request: Request,
    content: Content,
    response: Response,
    name: Annotated[Line, Query(description="Left out: after its kind.")] = "",
    taken_at: Annotated[Moment | None, Query(description="When, as the camera says.")] = None,
    signer: Annotated[Line, Query(description="Who signed; needed for a signature.")] = "",
) -> FileOut:
    """Put a photo, a signature or a document on the order's record; at most 10 MB.

    The body is the file itself. The same content sent again is the same file: nothing is added.
    """
    order = readable(context, caller, order_id)
    new = NewFile(
        kind=kind,
        content=content,
        media_type=request.headers.get("content-type", ""),
        name=name,
        taken_at=taken_at,
        signer=signer,
    )
    file = files.add(context, order.id, new, actor=caller)
    response.headers["Location"] = f"/v1/work-orders/{order.id}/files/{file.told.sha256}"
    return _view(file)


@router.get("", operation_id="list_order_files")
def list_order_files(context: Ctx, caller: Caller, order_id: str) -> FilesOut:
    """List the files on the order's record, oldest first."""
    order = readable(context, caller, order_id)
    return FilesOut(items=[_view(file) for file in files.listed(context, order.id)])


@router.get(
    "/{file_id}",
    operation_id="get_order_file",
    response_class=Response,
    responses={200: _CONTENT},
)
def get_order_file(context: Ctx, caller: Caller, order_id: str, file_id: str) -> Response:
    """Read a file as it was sent."""
    order = readable(context, caller, order_id)
    file, content = files.read(context, order.id, file_id)
    told = file.told
    shown = "inline" if told.media_type in _SHOWN_IN_PLACE else "attachment"
    return Response(
        content,
        media_type=told.media_type,
        headers={
            "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(told.name, safe='')}",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _view(file: OrderFile) -> FileOut:
    told = file.told
    return FileOut(
        id=told.sha256,
        kind=told.kind,
        name=told.name,
        media_type=told.media_type,
        size_bytes=told.size_bytes,
        taken_at=told.taken_at,
        signer=told.signer,
        technician_id=told.technician_id,
        added_at=file.added_at,
        added_by=file.added_by,
    )
