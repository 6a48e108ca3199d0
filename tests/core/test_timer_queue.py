"""TimerQueue: keys are popped in time."""

from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.timer_queue import TimerQueue


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 100)), max_size=80), st.integers(0, 100))
def test_key_is_popped_at_its_earliest_instant(requests, now_ms):
    """Each key is popped at the earliest requested instant, and never before it."""
    queue = TimerQueue()
    for key, at_ms in requests:
        queue.schedule(key, at_ms)
    popped = []
    while (due := queue.pop_due(now_ms)) is not None:
        popped.append(due)
    earliest = {key: min(at for other, at in requests if other == key) for key, _ in requests}
    assert popped == sorted((at, key) for key, at in earliest.items() if at <= now_ms)
    left = [at for at in earliest.values() if at > now_ms]
    assert queue.next_ms() == (min(left) if left else None)


def test_none_changes_nothing():
    """None leaves a queued entry unchanged."""
    queue = TimerQueue()
    queue.schedule(1, 10)
    queue.schedule(1, None)
    assert queue.pop_due(10) == (10, 1)
    assert queue.pop_due(10) is None
