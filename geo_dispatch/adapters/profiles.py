"""Speed profiles: the one that the package ships, or a planner's own TOML file."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

from geo_dispatch.kernel.errors import Fault, InvalidFile
from geo_dispatch.roads.profile import Profile, parse_profile

CAR = "car"
"""The profile that the package ships."""


def profile_text(name: str, folder: Path) -> str:
    """The TOML text of ``car``, or of the file ``name`` in ``folder``.

    Raises
    ------
    InvalidFile
        There is no such profile.
    """
    if name == CAR:
        return (resources.files("geo_dispatch.roads") / "car.toml").read_text("utf-8")
    path = folder / name
    if not path.is_file():
        fault = Fault(
            "profile", f"there is no file {path}; write {CAR!r} for the one that comes along"
        )
        raise InvalidFile(f"profile {name!r}: {fault.message}", [fault])
    return path.read_text("utf-8")


def read_profile(text: str, where: str) -> Profile:
    """The profile from its TOML text.

    Raises
    ------
    InvalidInput
        The text is not TOML, or not a profile.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidFile(f"{where} is not TOML: {error}", [Fault(where, str(error))]) from error
    return parse_profile(table, where)
