"""Signals end a command, and leave its cleaning up alone."""

import os
import signal

import pytest

from geo_dispatch.cli.signals import ENDING_SIGNALS, until_signal


@pytest.mark.parametrize("ending", ENDING_SIGNALS)
def test_a_signal_ends_the_block_and_the_next_one_cannot_break_its_cleaning_up(ending):
    cleaned = False
    with until_signal():
        try:
            os.kill(os.getpid(), ending)
            signal.pause()
        finally:
            os.kill(os.getpid(), ending)
            cleaned = True
    assert cleaned
