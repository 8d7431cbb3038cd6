"""The forms of phones' apps that are spoken here: one line each, and nothing else to touch."""

from __future__ import annotations

from typing import Final

from api.ingest import gpslogger, osmand, overland, owntracks, traccar_forward
from api.ingest.forms import Form

FORMS: Final[tuple[Form, ...]] = (
    owntracks.FORM,
    osmand.FORM,
    overland.FORM,
    gpslogger.FORM,
    traccar_forward.FORM,
)


def operation_of(form: Form, method: str) -> str:
    """The operation's id in the OpenAPI document and the table of roles: ``post_owntracks``."""
    return f"{method.lower()}_{form.name}"


OPERATIONS: Final = frozenset(
    operation_of(form, method) for form in FORMS for method in form.methods
)
