"""Counts the rows of the capability list that passing tests show: ``@pytest.mark.capability``."""

import pytest

ROWS = pytest.StashKey[dict[str, bool]]()


def pytest_configure(config):
    config.stash[ROWS] = {}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        rows = item.config.stash[ROWS]
        for mark in item.iter_markers("capability"):
            for row in mark.args:
                rows[row] = rows.get(row, True) and report.passed
    return report


def pytest_terminal_summary(terminalreporter, config):
    rows = config.stash[ROWS]
    if rows:
        passed = sorted(row for row, shown in rows.items() if shown)
        terminalreporter.write_line(
            f"capability rows shown: {len(passed)} of {len(rows)} marked ({', '.join(passed)})"
        )
