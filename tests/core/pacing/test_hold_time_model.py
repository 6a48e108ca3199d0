"""Habits: how long states hold, and what showing one is worth."""

from pushglance.core.pacing.hold_time_model import HoldTimeModel

MINUTE = 60_000
HOUR = 60 * MINUTE


def habit_of(*holds_ms):
    """Return the habit of a contact that opened and closed, each state for so long in turn, and where it is now."""
    habit, at_ms = HoldTimeModel(), 0
    habit.change(1, 0)
    for number, hold_ms in enumerate(holds_ms):
        at_ms += hold_ms
        habit.change(number % 2, at_ms)
    return habit, at_ms


def test_what_holds_long_is_worth_more():
    """A door that stays open for an hour each time is worth showing; one that shuts within seconds is not."""
    long, at_ms = habit_of(*[HOUR, 10 * HOUR] * 20)
    long.change(1, at_ms + 10 * HOUR)
    brief, brief_ms = habit_of(*[3000, 10 * HOUR] * 20)
    brief.change(1, brief_ms + 10 * HOUR)
    assert long.expected_hold_ms(at_ms + 10 * HOUR) > 10 * MINUTE
    assert brief.expected_hold_ms(brief_ms + 10 * HOUR) < 10_000


def test_worth_grows_while_it_holds():
    """A state that has outlived the usual is likely to hold on: the longer, the more it is worth."""
    habit, at_ms = habit_of(*[3000, 10 * HOUR] * 20)
    habit.change(1, at_ms + 10 * HOUR)
    start_ms = at_ms + 10 * HOUR
    worths = [habit.expected_hold_ms(start_ms + held_ms) for held_ms in (0, 10_000, MINUTE, 10 * MINUTE, HOUR)]
    assert worths == sorted(worths)
    assert worths[-1] > 20 * worths[0]


def test_the_next_edge_is_where_the_worth_changes():
    """Between now and the next edge the worth stays what it is, so nobody need ask before."""
    habit, at_ms = habit_of(*[5000, HOUR] * 9)
    now_ms = at_ms
    for _ in range(15):
        edge_ms = habit.next_change_ms(now_ms)
        assert edge_ms > now_ms
        assert habit.expected_hold_ms(now_ms) == habit.expected_hold_ms(edge_ms - 1)
        now_ms = edge_ms


def test_flapping_is_told_from_an_ordinary_opening():
    """After brief states brief ones are expected; the same door after a calm hour is expected to stay."""
    habit, at_ms = HoldTimeModel(), 0
    for _ in range(15):
        for level, hold_ms in ((1, HOUR), (0, 4000), (1, 4000), (0, 4000), (1, 4000), (0, 5 * HOUR)):
            habit.change(level, at_ms)
            at_ms += hold_ms
    habit.change(1, at_ms)
    calm_ms = habit.expected_hold_ms(at_ms)
    habit.change(0, at_ms + 4000)
    habit.change(1, at_ms + 8000)
    assert calm_ms > 20 * habit.expected_hold_ms(at_ms + 8000)


def test_calm_is_a_minute_without_change():
    """A change is calm if the state before it held for a minute, and the first one always is."""
    habit = HoldTimeModel()
    habit.change(1, 0)
    assert habit.is_calm
    habit.change(0, MINUTE - 1)
    assert not habit.is_calm
    habit.change(1, 2 * MINUTE)
    assert habit.is_calm


def test_what_was_learnt_survives():
    """A restored habit knows what the old one knew; rubbish is forgotten."""
    habit, _ = habit_of(*[HOUR, 3000] * 20)
    again = HoldTimeModel()
    again.restore(habit.state())
    assert again.state() == habit.state()
    again.restore([1, 2, 3])
    assert again.state() == habit.state()
