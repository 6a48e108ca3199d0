"""The timetable: who wants to be called when."""

from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.timer_queue import TimerQueue


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 100)), max_size=80), st.integers(0, 100))
def test_nobody_is_called_later_than_wanted(wishes, now_ms):
    """Of all instants a key asked for, the earliest is the one it is popped at; nothing undue is popped."""
    table = TimerQueue()
    for key, at_ms in wishes:
        table.schedule(key, at_ms)
    popped = []
    while (due := table.pop_due(now_ms)) is not None:
        popped.append(due)
    earliest = {key: min(at for other, at in wishes if other == key) for key, _ in wishes}
    assert popped == sorted((at, key) for key, at in earliest.items() if at <= now_ms)
    left = [at for at in earliest.values() if at > now_ms]
    assert table.next_ms() == (min(left) if left else None)


def test_no_wish_changes_nothing():
    """None leaves a waiting entry where it is: it will find nothing to do."""
    table = TimerQueue()
    table.schedule(1, 10)
    table.schedule(1, None)
    assert table.pop_due(10) == (10, 1)
    assert table.pop_due(10) is None
