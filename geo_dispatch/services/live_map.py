"""The dispatcher's map, ready to be put into a page."""

from __future__ import annotations

from geo_dispatch.adapters.folium_map import MapParts, live_map, map_parts
from geo_dispatch.services.context import Context

__all__ = ["MapParts", "live_map_parts"]


def live_map_parts(ctx: Context) -> MapParts:
    """The map of the area's roads; without a base map where none has been built."""
    settings = ctx.settings
    built = settings.basemap_path.is_file()
    return map_parts(
        live_map(ctx.roads.bounds, f"/basemap/{settings.area}.pmtiles" if built else None)
    )
