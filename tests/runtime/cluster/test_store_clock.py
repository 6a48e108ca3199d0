"""The store's clock as a hub trusts it."""

from pushglance.runtime.cluster.store_clock import StoreClock

HOUR = 3600 * 1000


def test_jump_ahead_is_not_trusted_for_a_day():
    """The store's clock is followed at its own pace; a jump ahead is trusted only after more than a day."""
    clock = StoreClock()
    assert clock.latest_ms(1000) == 0
    assert not clock.observe(50_000, 1000)
    assert clock.observe(50_000 + 5 * HOUR, 2000)
    assert clock.latest_ms(2000) < 60_000
    assert not clock.observe(50_000 + 29 * HOUR, 2000 + 24 * HOUR)
    assert clock.latest_ms(2000 + 24 * HOUR) < 60_000 + 24 * HOUR
    assert not clock.observe(50_000 + 30 * HOUR, 2000 + 25 * HOUR)
    assert clock.latest_ms(2000 + 25 * HOUR) >= 50_000 + 30 * HOUR
    assert not clock.observe(40_000, 3000 + 25 * HOUR)
    assert clock.latest_ms(3000 + 25 * HOUR) < 60_000, "a clock that is set back is trusted at once"
