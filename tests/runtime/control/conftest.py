"""Fixtures for requests: an event queue and a clock."""

import pytest

from support.event_recorder import EventRecorder, ManualClock


@pytest.fixture
def queue():
    return EventRecorder()


@pytest.fixture
def clock():
    return ManualClock()
