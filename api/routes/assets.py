"""Files: our own web assets, and the base map, of which viewers read ranges."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from api.deps import State
from geo_dispatch.kernel.errors import NotFound

STATIC_DIR: Final = Path(__file__).parent.parent / "static"

router = APIRouter()


@router.get("/basemap/{area}.pmtiles", operation_id="basemap", include_in_schema=False)
def basemap(area: str, state: State) -> FileResponse:
    """The base map of the area in use; ranges of it, when asked so."""
    path = state.settings.compiled_dir / "basemap.pmtiles"
    if area != state.settings.area or not path.is_file():
        raise NotFound(
            "base map", area, f"build it with: geo-dispatch roads build SOURCE --area {area}"
        )
    return FileResponse(
        path,
        media_type="application/vnd.pmtiles",
        headers={"Cache-Control": "public, max-age=3600"},
    )


def mount_static(app: FastAPI) -> None:
    """Serve what the pages load."""
    app.mount("/static", StaticFiles(directory=STATIC_DIR, check_dir=False), name="static")
