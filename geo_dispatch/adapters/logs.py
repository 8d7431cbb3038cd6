"""Structured logs: one line per event, JSON for machines, colours for a terminal.

Tracebacks come as Python's own text, without the values of variables: tokens and bodies of requests
are among them, and drawing them took a second of CPU each, 20 s on a busy machine, in which the API
answered nobody. They are bounded too: a log that is read slowly holds up whoever writes it.
"""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress
from typing import Final, TextIO, cast

import structlog

from geo_dispatch.config import Settings

_FRAMES: Final = 30
"""Of each error in a chain, the innermost: the outer ones are the server's and the framework's."""

_MESSAGE_CHARACTERS: Final = 2_000
"""Of what an error says: the database's repeat whole statements."""

_TRACEBACK_CHARACTERS: Final = 16_000
"""Of all errors in a chain together: some 200 lines."""


class _Patient:
    """A stream that drops what it can't write: requests go on when the log's disk is full."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write the text, if possible."""
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """Hand on what was written, if possible."""
        with suppress(OSError):
            self._stream.flush()


def start_logging(settings: Settings, process: str) -> None:
    """Send the logs of this process, its libraries' too, to stderr.

    Parameters
    ----------
    process
        What writes them: ``"api"``, ``"worker"``.
    """

    def name_process(
        _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        event["process"] = process
        return event

    shared: list[structlog.typing.Processor] = [
        name_process,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    as_json = settings.log_format == "json" or (
        settings.log_format == "auto" and not sys.stderr.isatty()
    )
    last: list[structlog.typing.Processor] = [
        structlog.processors.ExceptionRenderer(_traceback_text),
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        ),
    ]
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Patient(sys.stderr))),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)
    logging.captureWarnings(capture=True)


def _traceback_text(exc_info: structlog.typing.ExcInfo) -> str:
    """The error and what led to it, the root first."""
    told = traceback.TracebackException(*exc_info, limit=-_FRAMES).format()
    text = "".join(_shortened(part, _MESSAGE_CHARACTERS, tail=0) for part in told)
    return _shortened(text, _TRACEBACK_CHARACTERS, tail=_TRACEBACK_CHARACTERS // 2).rstrip("\n")


def _shortened(text: str, most: int, *, tail: int) -> str:
    """The text, with what is beyond ``most`` left out before its last ``tail`` characters."""
    if len(text) <= most:
        return text
    left_out = len(text) - most
    return f"{text[: most - tail]}\n[... {left_out} characters ...]\n{text[len(text) - tail :]}"
