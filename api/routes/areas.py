"""Territories in force, and address search."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import shapely
from fastapi import APIRouter, Query
from pydantic import Field

from api.auth import Caller
from api.deps import Ctx, State, parse_lonlat
from api.schemas.common import LocationOut, Output
from geo_dispatch.services.areas import places, territories

router = APIRouter(prefix="/v1", tags=["territories"])


class TerritoryProperties(Output):
    """What a territory is called."""

    name: str
    colour: str | None


class TerritoryFeature(Output):
    """A territory in force."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: dict[str, Any] = Field(description="A GeoJSON MultiPolygon.")
    properties: TerritoryProperties


class TerritoriesOut(Output):
    """The territories in force, as GeoJSON."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[TerritoryFeature]


class PlaceOut(Output):
    """A place that the search found."""

    label: str = Field(examples=["Städtle 14, Vaduz"])
    kind: str = Field(examples=["address"])
    location: LocationOut


class PlacesOut(Output):
    """Places, the best answer first."""

    items: list[PlaceOut]


@router.get("/territories", operation_id="list_territories")
def list_territories(context: Ctx, _caller: Caller) -> TerritoriesOut:
    """Draw the territories in force, a GeoJSON FeatureCollection."""
    return TerritoriesOut(
        features=[
            TerritoryFeature(
                id=territory.id,
                geometry=json.loads(shapely.to_geojson(territory.area)),
                properties=TerritoryProperties(name=territory.name, colour=territory.colour),
            )
            for territory in territories.in_force(context)
        ]
    )


@router.get("/places", operation_id="search_places")
def search_places(
    state: State,
    _caller: Caller,
    q: Annotated[str, Query(min_length=1, description="As typed so far.", examples=["stadtle 1"])],
    near: Annotated[
        str | None, Query(description="lon,lat: the nearest first among equals.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=places.MAX_LIMIT)] = 10,
) -> PlacesOut:
    """Find addresses, streets and places of the area's extract; nobody else is asked."""
    centre = parse_lonlat(near, "near") if near else None
    return PlacesOut(
        items=[
            PlaceOut(
                label=place.label,
                kind=place.kind,
                location=LocationOut(lon=place.lonlat.lon, lat=place.lonlat.lat),
            )
            for place in places.search(state.settings, q, limit, centre)
        ]
    )
