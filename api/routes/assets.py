"""Files: our own web assets, and the base map, of which viewers read ranges."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from api.deps import State
from geo_dispatch.kernel.errors import NotFound

STATIC_DIR: Final = Path(__file__).parent.parent / "static"

router = APIRouter()


@router.get("/basemap/{area}.pmtiles", operation_id="basemap", include_in_schema=False)
def basemap(area: str, state: State) -> FileResponse:
    """The base map of the area in use; ranges of it, when asked so."""
    path = state.settings.basemap_path
    if area != state.settings.area or not path.is_file():
        raise NotFound(
            "base map", area, f"build it with: geo-dispatch roads build SOURCE --area {area}"
        )
    return FileResponse(
        path,
        media_type="application/vnd.pmtiles",
        headers={"Cache-Control": "public, max-age=3600"},
    )


class FreshStaticFiles(StaticFiles):
    """Files that browsers ask for again each time, mostly to hear that nothing changed.

    Without a word on caching a browser may keep a script for a tenth of its age, and run old
    scripts in a new page.
    """

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, or 304."""
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


def mount_static(app: FastAPI) -> None:
    """Serve what the pages load."""
    app.mount("/static", FreshStaticFiles(directory=STATIC_DIR, check_dir=False), name="static")
