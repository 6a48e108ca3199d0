"""Pacing by spacing, and backoff: when to push, how long to wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.pacing.budget import Budget
from pushglance.core.pacing.policy import SpacingPacing
from pushglance.core.pacing.staleness import StalenessCost
from pushglance.core.push.backoff import backoff_ms

MINUTE = 60_000


def spent(number, capacity=50, until_ms=10**9):
    """Return a budget of which `number` pushes are spent."""
    return Budget(capacity, [[n, until_ms + n, -1] for n in range(number)], 0)


class Waiting:
    """A sensor, as far as the spacing policy uses it."""

    def __init__(self, is_urgent):
        self.is_urgent = is_urgent


def push_at(now_ms, last_ms, budget, is_urgent=True, has_urgent=True, spacing_ms=20 * MINUTE):
    """Return what the spacing policy answers about a change that has waited since `now_ms`."""
    pacing = SpacingPacing({"spacing_ms": spacing_ms}, StalenessCost([Waiting(has_urgent)]))
    pacing.on_waiting(now_ms, is_urgent)
    return pacing.push_at_ms(now_ms, last_ms, budget)


def test_urgent_change_is_pushed_at_once_after_a_long_gap():
    """An urgent change does not wait if the last push was long ago and one push is left."""
    now = 60 * MINUTE
    assert push_at(now, 0, spent(49))[0] == now
    assert push_at(now, None, spent(0))[0] == now


def test_urgent_change_waits_longer_with_fewer_pushes():
    """The gap after the last push grows from about a second to the whole spacing."""
    assert [push_at(0, 0, spent(number))[0] for number in (0, 25, 40, 49)] == [1171, 37500, 300_000, 20 * MINUTE]


def test_other_changes_wait_for_the_batch_window_and_the_spacing():
    """A change that is not urgent waits two seconds for others, and twenty minutes after the last push."""
    assert push_at(100, None, spent(0), is_urgent=False, has_urgent=False) == (2100, "batching")
    assert push_at(100, 50, spent(0), is_urgent=False, has_urgent=False) == (50 + 20 * MINUTE, "spacing")


def test_last_fifth_is_reserved_for_urgent_changes():
    """With ten pushes left, numbers wait for a debit to return; the door does not."""
    assert push_at(10**8, None, spent(40), is_urgent=False) == (10**9, "budget")
    assert push_at(10**8, None, spent(40))[0] == 10**8
    assert push_at(10**8, None, spent(40), is_urgent=False, has_urgent=False)[1] == "batching"


def test_budget_of_zero_never_pushes():
    """If no push is allowed, the policy names no instant to wait for."""
    assert push_at(0, None, Budget(0, [], 0), spacing_ms=0) == (None, "budget")


@pytest.mark.parametrize(
    ("failures", "wait_ms"), [(0, 5000), (1, 5000), (2, 10_000), (4, 40_000), (12, 3_600_000), (99, 3_600_000)]
)
def test_backoff_doubles_up_to_its_ceiling(failures, wait_ms):
    """The wait doubles with each failure after the first and stops at the ceiling."""
    assert backoff_ms(failures, 5000, 3_600_000, 0) == wait_ms


@given(st.integers(0, 10**6), st.integers(0, 1023))
def test_jitter_only_adds(failures, jitter):
    """Jitter never makes a wait shorter, and adds less than a quarter."""
    plain = backoff_ms(failures, 5000, 3_600_000, 0)
    assert plain <= backoff_ms(failures, 5000, 3_600_000, jitter) < plain * 5 // 4
