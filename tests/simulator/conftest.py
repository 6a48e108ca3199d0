"""Report at the end of a run how many days were simulated, and how fast."""

import pytest

_KEY = "simulated days and seconds"


@pytest.fixture
def simulated(record_property):
    """Return a function that records simulated days and processor seconds."""

    def note(days, cpu_s):
        record_property(_KEY, (days, cpu_s))

    return note


def pytest_terminal_summary(terminalreporter):
    """Print days per second."""
    noted = [
        value
        for report in terminalreporter.stats.get("passed", [])
        for key, value in report.user_properties
        if key == _KEY
    ]
    if noted:
        days, cpu_s = (sum(column) for column in zip(*noted, strict=True))
        terminalreporter.write_line(f"{days} days simulated, {days / cpu_s:.0f} days per second and core")
