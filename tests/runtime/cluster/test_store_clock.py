"""The store's clock as a hub trusts it."""

from pushglance.runtime.cluster.store_clock import StoreClock

HOUR = 3600 * 1000


def test_jump_ahead_is_not_trusted_for_a_day():
    """The store's clock is followed at its own pace; a jump ahead is trusted only after more than a day."""
    clock = StoreClock(lambda: 50_000)
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


def test_clock_that_is_ahead_at_the_start_is_not_trusted_for_a_day():
    """A store that jumped ahead while no hub ran is found by this machine's own synchronised clock."""
    clock = StoreClock(lambda: 5 * HOUR)
    assert clock.observe(29 * HOUR, 1000)
    assert clock.latest_ms(1000) < 5 * HOUR + 60_000
    assert not clock.observe(53 * HOUR, 1000 + 24 * HOUR)
    assert clock.latest_ms(1000 + 24 * HOUR) < 29 * HOUR + 60_000
    assert not clock.observe(54 * HOUR, 1000 + 25 * HOUR)
    assert clock.latest_ms(1000 + 25 * HOUR) >= 54 * HOUR


def test_no_debit_ages_before_the_own_clock_is_synchronised():
    """Without a synchronised clock of its own a hub trusts no time of the store; then it compares the two."""
    wall_ms = None
    clock = StoreClock(lambda: wall_ms)
    assert not clock.observe(29 * HOUR, 1000)
    assert (clock.is_trusted(), clock.latest_ms(1000)) == (False, 0)
    wall_ms = 29 * HOUR - 20_000
    assert not clock.observe(29 * HOUR + 5000, 6000)
    assert clock.is_trusted()
    assert clock.latest_ms(6000) >= 29 * HOUR


def test_a_store_without_another_clock_is_trusted_after_a_day():
    """A hub that never gets the time trusts the store's after every debit from before has returned."""
    clock = StoreClock(lambda: None)
    clock.observe(29 * HOUR, 1000)
    clock.observe(53 * HOUR, 1000 + 24 * HOUR)
    assert not clock.is_trusted()
    clock.observe(54 * HOUR, 1000 + 25 * HOUR)
    assert clock.is_trusted()
