"""What the logs of a process hold."""

import subprocess
import sys
from pathlib import Path

import pytest

FAILING = """
import logging, structlog
from geo_dispatch.adapters.logs import start_logging
from geo_dispatch.config import Settings

def fail(secret):
    raise ValueError("broken")

start_logging(Settings(log_format="{format}"), "api")
for logger in (structlog.get_logger(), logging.getLogger("library")):
    try:
        fail("gd_" + "secret")
    except ValueError:
        logger.exception("failed")
"""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_says_where_and_why_but_not_what_variables_held(log_format):
    script = FAILING.replace("{format}", log_format)
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stdout == ""
    assert ended.stderr.count("ValueError: broken") == 2
    assert ended.stderr.count("in fail") == 2
    assert "gd_secret" not in ended.stderr


ENDLESS = """
import logging, structlog
from geo_dispatch.adapters.logs import start_logging
from geo_dispatch.config import Settings

def fail(times):
    if times == 0:
        raise ValueError("said " * 200_000)
    try:
        fail(times - 1)
    except ValueError as error:
        raise ValueError(f"wrong at {times} of 200") from error

start_logging(Settings(log_format="{format}"), "api")
for logger in (structlog.get_logger(), logging.getLogger("library")):
    try:
        fail(200)
    except ValueError:
        logger.exception("failed")
"""


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_is_bounded_and_keeps_the_root_and_the_last_error(log_format):
    script = ENDLESS.replace("{format}", log_format)
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert len(ended.stderr) < 2 * 18_000
    assert ended.stderr.count("ValueError: said said") == 2
    assert ended.stderr.count("ValueError: wrong at 200 of 200") == 2
    assert "characters ...]" in ended.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_log_that_cannot_be_written_stops_nothing():
    script = (
        "import structlog; from geo_dispatch.adapters.logs import start_logging; "
        "from geo_dispatch.config import Settings; start_logging(Settings(), 'api'); "
        "[structlog.get_logger().info('request') for _ in range(3)]; print('went on')"
    )
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.stdout == "went on\n"
