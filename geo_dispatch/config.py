"""Settings of a deployment: environment first, then one TOML file, then these defaults.

``GEO_DISPATCH_<NAME>`` sets one from the environment; ``geo-dispatch.toml`` in the workspace (or
the file that ``GEO_DISPATCH_CONFIG`` names) sets them by the names below.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from geo_dispatch.kernel.errors import Fault, InvalidFile, InvalidInput

GRAPH_FILE: Final = "roads.graph"
HIERARCHY_FILE: Final = "roads.hierarchy"
METRIC_FILE: Final = "roads.metric"
BASEMAP_FILE: Final = "basemap.pmtiles"
PLACES_FILE: Final = "places.db"

_PREFIX: Final = "GEO_DISPATCH_"
_LIKE: Final = 0.75
"""How alike a name must be to a setting's to have been meant: two letters swapped in four."""


class Settings(BaseSettings):
    """What a deployment may set; `docs/settings.md` is made from these descriptions."""

    model_config = SettingsConfigDict(env_prefix="GEO_DISPATCH_", extra="forbid", frozen=True)

    workspace: Path = Field(Path(), description="Folder with territories/ and road_graphs/.")
    data: Path | None = Field(
        None, description="Folder for the database and the embedded Redis; default WORKSPACE/var."
    )
    area: str = Field("liechtenstein", description="Area of road_graphs/ and territories/ in use.")
    time_zone: str = Field("Europe/Vaduz", description="IANA time zone of shifts and days.")

    database_url: str = Field("", description="SQLAlchemy URL; default a SQLite file in DATA.")
    redis_url: str = Field("", description="Redis >= 6.2 to use; default an embedded one.")
    redis_fsync: Literal["everysec", "always"] = Field(
        "everysec", description="How often the embedded Redis syncs its log to disk."
    )
    shards: int = Field(
        1, ge=1, le=1024, description="Home shards of technicians in Redis; may grow."
    )

    host: str = Field("127.0.0.1", description="Address that the API binds to.")
    port: int = Field(8080, ge=0, le=65535, description="Port that the API binds to; 0 is any.")
    public_url: str = Field("", description="URL that browsers and phones see, if not HOST:PORT.")

    position_stale_s: float = Field(
        120.0, gt=0, description="Positions older than this are shown as old."
    )
    position_silent_s: float = Field(
        900.0, gt=0, description="Whose last sign of life is older than this is silent."
    )

    webhook_allow: str = Field(
        "",
        description="Hosts and networks that webhooks may reach by plain HTTP and at private "
        "addresses, such as erp.internal,10.0.0.0/8.",
    )

    messages_kept_days: int = Field(
        400,
        ge=1,
        description="How long messages and what became of them are kept; those of open orders, "
        "and those still to be delivered, stay. The record of orders keeps what people were told.",
    )

    tracking_outside_shifts: Literal["never", "on_call", "always"] = Field(
        "never",
        description="Whether fixes outside shifts are kept: never, while on call, or always. "
        "Leave and private times never are.",
    )
    tracking_overtime_min: int = Field(
        120,
        ge=0,
        le=1440,
        description="Who is at work on an order when the shift ends is tracked for so many minutes "
        "at most.",
    )
    fixes_kept_days: int = Field(
        90,
        ge=3,
        description="How long fixes are kept; visits and their evidence stay on the orders.",
    )
    quarantine_kept_days: int = Field(
        30, ge=1, description="How long fixes that were refused are kept."
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Logs.")
    log_format: Literal["auto", "json", "console"] = Field(
        "auto", description="auto: console on a terminal, json elsewhere."
    )

    clock_epoch: AwareDatetime | None = Field(
        None, description="Simulations: what time it was at CLOCK_STARTED."
    )
    clock_started: AwareDatetime | None = Field(
        None, description="Simulations: the real time at which the scaled clock began."
    )
    clock_factor: float = Field(1.0, gt=0, le=1000, description="Simulations: speed of the clock.")

    @field_validator("time_zone")
    @classmethod
    def _time_zone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("is not an IANA time zone; write one such as Europe/Vaduz") from error
        return name

    @model_validator(mode="after")
    def _clock_is_whole(self) -> Settings:
        if (self.clock_epoch is None) != (self.clock_started is None):
            raise ValueError("clock_epoch and clock_started go together: set both or neither")
        if self.clock_factor != 1.0 and self.clock_epoch is None:
            raise ValueError("clock_factor needs clock_epoch and clock_started")
        return self

    @model_validator(mode="after")
    def _stale_comes_before_silent(self) -> Settings:
        if self.position_stale_s > self.position_silent_s:
            raise ValueError(
                f"position_stale_s ({self.position_stale_s:g}) is longer than position_silent_s "
                f"({self.position_silent_s:g}); a position is stale before its sender is silent"
            )
        return self

    @property
    def data_dir(self) -> Path:
        """Folder of everything that the deployment writes."""
        return (self.data or self.workspace / "var").resolve()

    @property
    def sql_url(self) -> str:
        """SQLAlchemy URL of the records."""
        return self.database_url or f"sqlite:///{self.data_dir / 'geo-dispatch.db'}"

    @property
    def compiled_dir(self) -> Path:
        """Folder of the area's compiled files: road graph, base map, places."""
        return (self.workspace / "road_graphs" / "compiled" / self.area).resolve()

    @property
    def graph_path(self) -> Path:
        """The area's compiled road graph."""
        return self.compiled_dir / GRAPH_FILE

    @property
    def hierarchy_path(self) -> Path:
        """The hierarchy of the area's road graph."""
        return self.compiled_dir / HIERARCHY_FILE

    @property
    def metric_path(self) -> Path:
        """The weights of that hierarchy."""
        return self.compiled_dir / METRIC_FILE

    @property
    def live_metric_path(self) -> Path:
        """The weights under the changes on the road that are in force."""
        return self.data_dir / f"{self.area}-{METRIC_FILE}"

    @property
    def basemap_path(self) -> Path:
        """The area's base map."""
        return self.compiled_dir / BASEMAP_FILE

    @property
    def places_path(self) -> Path:
        """The area's address index."""
        return self.compiled_dir / PLACES_FILE

    @property
    def territories_dir(self) -> Path:
        """Folder where planners edit the area's territories."""
        return (self.workspace / "territories" / self.area).resolve()

    @property
    def recipe_dir(self) -> Path:
        """Folder of the area's recipe and extract."""
        return (self.workspace / "road_graphs" / self.area).resolve()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library names it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the TOML file."""
        return (
            init_settings,
            env_settings,
            TomlConfigSettingsSource(settings_cls, toml_file=config_file()),
        )


def config_file() -> Path:
    """The TOML file in force: ``GEO_DISPATCH_CONFIG``, or geo-dispatch.toml of the workspace."""
    named = os.environ.get("GEO_DISPATCH_CONFIG")
    workspace = Path(os.environ.get("GEO_DISPATCH_WORKSPACE", "."))
    return Path(named) if named else workspace / "geo-dispatch.toml"


def load_settings(**overrides: Any) -> Settings:
    """The settings in force, with the given ones on top.

    Raises
    ------
    InvalidInput
        A setting has a value that it can't have, or there is no such setting; all are listed.
        So is a variable of the environment that is spelt almost like a setting.
    InvalidFile
        The TOML file is not TOML, or the one that was named is not there.
    """
    if os.environ.get("GEO_DISPATCH_CONFIG") and not config_file().is_file():
        raise InvalidFile(f"{config_file()} is no file; correct or unset GEO_DISPATCH_CONFIG")
    faults = _misspelt(os.environ)
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        faults += [
            Fault(
                ".".join(map(str, one["loc"])) or "settings",
                f"{one['msg'].removeprefix('Value error, ')} ({one['input']!r})",
            )
            for one in error.errors()
        ]
        raise _refusal(faults) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidFile(f"{config_file()} is not TOML: {error}") from error
    except OSError as error:
        raise InvalidFile(f"{config_file()} cannot be read: {error.strerror}") from error
    if faults:
        raise _refusal(faults)
    return settings


def _refusal(faults: list[Fault]) -> InvalidInput:
    return InvalidInput(
        f"settings: {'; '.join(map(str, faults))}; set them in the environment as "
        f"GEO_DISPATCH_<NAME> or in {config_file()}",
        faults,
    )


def _misspelt(environment: Iterable[str]) -> list[Fault]:
    """Variables that are no setting but look like one; others may be somebody else's."""
    known = [name.upper() for name in Settings.model_fields]
    ours = [one for one in environment if one.upper().startswith(_PREFIX)]
    names = {one: one.upper().removeprefix(_PREFIX) for one in ours}
    meant = {
        variable: get_close_matches(name, known, n=1, cutoff=_LIKE)
        for variable, name in names.items()
        if name not in {*known, "CONFIG"}
    }
    return [
        Fault(variable, f"is no setting; did you mean {_PREFIX}{like[0]}?")
        for variable, like in sorted(meant.items())
        if like
    ]


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment that gives a child process the same settings."""
    values = settings.model_dump(exclude_none=True)
    return {
        f"GEO_DISPATCH_{name.upper()}": value.isoformat()
        if isinstance(value, datetime)
        else str(value)
        for name, value in values.items()
        if value != ""
    }
