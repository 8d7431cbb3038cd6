"""Requests as phones' apps send them, kept as text beside the tests of their forms."""

import base64
from dataclasses import dataclass
from pathlib import Path

from api.ingest.forms import Form, Incoming, Reading
from geo_dispatch.kernel.time import datetime_to_ms
from tests.support.app import MONDAY_MORNING

BODIES = Path(__file__).parents[1] / "api" / "ingest" / "bodies"

RECEIVED_MS = datetime_to_ms(MONDAY_MORNING)
SENT_MS = RECEIVED_MS - 30_000
"""When the fixes of the bodies were taken: 08:59:30 UTC."""

VAN = "tc_van07"


@dataclass(frozen=True)
class Sent:
    """A request, as it goes over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def names(form: str) -> list[str]:
    """The bodies that there are of a form."""
    return sorted(path.stem for path in (BODIES / form).glob("*.http"))


def sent(form: str, name: str, key: str = "gd_key", device: str = VAN) -> Sent:
    """One of the bodies, with the key and the device filled in where the app has them."""
    basic = base64.b64encode(f"van07:{key}".encode()).decode()
    text = (BODIES / form / f"{name}.http").read_text()
    for mark, value in (("{basic}", basic), ("{key}", key), ("{device}", device)):
        text = text.replace(mark, value)
    head, _, body = text.partition("\n\n")
    first, *lines = head.splitlines()
    method, target, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    return Sent(method, target, headers, body.encode())


def incoming(request: Sent, technician_id: str = VAN) -> Incoming:
    """The request as a form gets it."""
    return Incoming(
        method=request.method,
        query_string=request.target.partition("?")[2].encode(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
        technician_id=technician_id,
        received_ms=RECEIVED_MS,
    )


def posted(body: bytes, query: bytes = b"", technician_id: str = VAN) -> Incoming:
    """A request that nobody kept: these bytes."""
    return Incoming("POST", query, {}, body, technician_id, RECEIVED_MS)


def reading(form: Form, name: str, technician_id: str = VAN) -> Reading:
    """What the form reads in one of its bodies."""
    return form.read(incoming(sent(form.name, name), technician_id))
