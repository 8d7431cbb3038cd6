"""Bodies of connecting a technician's phone."""

from __future__ import annotations

from pydantic import Field

from api.schemas.common import Flag, Input, Output
from geo_dispatch.services.tracking.phones import App


class ConnectIn(Input):
    """How to connect a phone."""

    rotate: Flag = Field(
        False, description="The technician's other phones' keys are no longer good."
    )


class SetUpOut(Output):
    """How one app is told where to send."""

    app: App
    title: str = Field(examples=["Overland (iPhone)"])
    link: str = Field(description="Opened on the phone; it holds the key.")
    steps: list[str] = Field(description="What a person does, in order.")
    profile: str = Field(description="A file for the app; empty where it takes none.")
    qr_svg: str = Field(description="The link as a QR code: an SVG element.")


class ConnectionOut(Output):
    """A phone's new key, which only these links hold, and how each app is told of it."""

    technician_id: str
    token_id: str = Field(description="Of the new key, to revoke it by.", examples=["tok_4f2k"])
    url: str = Field(description="Where the phone sends to.")
    other_token_ids: list[str] = Field(description="The technician's other keys that are good.")
    doubts: list[str] = Field(description="Why the phone may not reach us, or not safely.")
    set_ups: list[SetUpOut]
