"""The clock: wall time is told only once it can be trusted, and again when it jumps."""

import pytest

from pushglance.core.events import ClockSet, DayChanged
from pushglance.runtime import clock as clock_module
from pushglance.runtime.clock import SystemClock

WALL = 1_795_425_600_000  # 2026-11-23 09:20 UTC
NOON = (WALL // 86_400_000) * 86_400_000 + 43_200_000


@pytest.fixture
def world(monkeypatch):
    """Let a test set the wall clock, and whether the kernel calls it synchronised; the zone is UTC."""
    world = {"wall": NOON, "is_synchronised": False}
    monkeypatch.setenv("TZ", "UTC")
    clock_module.time.tzset()
    monkeypatch.setattr(clock_module, "wall_ms", lambda: world["wall"])
    monkeypatch.setattr(clock_module, "is_synchronised", lambda: world["is_synchronised"])
    yield world
    monkeypatch.undo()
    clock_module.time.tzset()


def test_an_unsynchronised_clock_says_nothing(world):
    """A Pi without a clock chip boots in the past: until the kernel is sure, there is no wall time."""
    clock = SystemClock("synchronised")
    assert clock.poll_events(1000) == []
    assert clock.deadline_ms() is None
    world["is_synchronised"] = True
    assert clock.poll_events(2000) == [ClockSet(2000, NOON, 0), DayChanged(2000, NOON // 86_400_000)]


def test_trust_stays(world):
    """A network that goes later does not make a clock wrong that was set once."""
    world["is_synchronised"] = True
    clock = SystemClock("synchronised")
    clock.poll_events(0)
    world["is_synchronised"] = False
    world["wall"] += 3_600_000
    assert clock.poll_events(3_600_000) == []
    world["wall"] += 10_000_000
    assert clock.poll_events(3_600_001) == [ClockSet(3_600_001, world["wall"], 0)]


def test_a_clock_in_the_past_is_never_trusted(world):
    """Nobody can vouch for a clock that is older than this program."""
    world["wall"] = 1_000_000_000_000
    world["is_synchronised"] = True
    assert SystemClock("always").poll_events(0) == []
    assert SystemClock("synchronised").poll_events(0) == []


def test_a_vouched_clock_is_trusted_at_once(world):
    """With trust = "always" the user has said that the clock is right."""
    assert SystemClock("always").poll_events(0)[0] == ClockSet(0, NOON, 0)


def test_a_jump_is_told_and_a_drift_is_not(world):
    """A clock that is set anew is a fact; one that is slewed by milliseconds is none."""
    clock = SystemClock("always")
    clock.poll_events(0)
    world["wall"] += 30_500
    assert clock.poll_events(30_000) == []
    world["wall"] -= 5000
    assert clock.poll_events(30_001) == [ClockSet(30_001, NOON + 25_500, 0)]


def test_midnight(world):
    """The day turns at local midnight, once, and the clock asks to be looked at just then."""
    world["wall"] = NOON + 43_200_000 - 1000
    clock = SystemClock("always")
    day = NOON // 86_400_000
    assert clock.poll_events(0) == [ClockSet(0, world["wall"], 0), DayChanged(0, day)]
    at_ms = clock.deadline_ms()
    assert 1000 <= at_ms <= 1100
    world["wall"] += at_ms
    assert clock.poll_events(at_ms) == [DayChanged(at_ms, day + 1)]
    assert clock.poll_events(at_ms + 1) == []


def test_summer_time(world, monkeypatch):
    """A change of the zone's offset is told, so that hours shown are local ones."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    clock_module.time.tzset()
    world["wall"] = 1_774_746_000_000  # 2026-03-29 01:00 UTC, when summer time begins
    clock = SystemClock("always")
    world["wall"] -= 1000
    assert clock.poll_events(0)[0].utc_offset_s == 3600
    world["wall"] += 2000
    assert clock.poll_events(2000) == [ClockSet(2000, world["wall"], 7200)]


def test_the_kernel_is_asked_without_harm():
    """Asking the kernel whether its clock is synchronised gives a plain yes or no on this machine, too."""
    assert clock_module.is_synchronised() in (True, False)
