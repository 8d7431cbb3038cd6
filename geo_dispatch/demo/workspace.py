"""Where the demo's roads and territories come from: the checkout, or the copy in the package."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path

from geo_dispatch.demo.seeds import AREA
from geo_dispatch.kernel.errors import InvalidFile


def demo_workspace(here: Path, data: Path) -> Path:
    """A workspace with the demo's area that may be written to.

    Parameters
    ----------
    here
        The working directory: used when it is a checkout.
    data
        The demo's data folder: takes a copy of the packaged workspace otherwise.

    Raises
    ------
    InvalidFile
        Neither is there.
    """
    if is_workspace(here):
        return here.resolve()
    package = files("geo_dispatch")
    with as_file(package.joinpath("_demo")) as packaged:
        if is_workspace(packaged):
            copy = data / "workspace"
            if not is_workspace(copy):
                shutil.copytree(packaged, copy, dirs_exist_ok=True)
            return copy.resolve()
    with as_file(package) as installed:
        checkout = installed.parent  # of an editable install
        if is_workspace(checkout):
            return checkout.resolve()
    raise InvalidFile(
        f"the demo's road_graphs/{AREA} is neither in {here} nor in the installed package; "
        "install it again, or run the demo in a checkout"
    )


def is_workspace(folder: Path) -> bool:
    """Whether the folder holds the demo's area."""
    return any((folder / "road_graphs" / AREA).glob("*.osm.pbf"))
