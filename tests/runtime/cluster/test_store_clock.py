"""The store's clock as a hub trusts it."""

import pytest

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


class Machine:
    """A hub's clocks, and the clock of a store that gains on them with each heartbeat."""

    def __init__(self, lead_ms=0):
        self.now_ms = 0
        self.lead_ms = lead_ms
        self.is_synchronised = True
        self.doubts = 0
        self.clock = StoreClock(lambda: self.now_ms if self.is_synchronised else None)
        self.beat(0)

    def beat(self, gain_ms, beats=1):
        """Let so many heartbeats pass."""
        for _ in range(beats):
            self.now_ms += 5000
            self.lead_ms += gain_ms
            self.doubts += self.clock.observe(self.now_ms + self.lead_ms, self.now_ms)

    def trusted_lead_ms(self):
        """Return how far the trusted time is ahead of the true one."""
        return self.clock.latest_ms(self.now_ms) - self.now_ms


@pytest.mark.parametrize("gain_ms", [1900, 500, 20])
@pytest.mark.parametrize("is_synchronised", [True, False])
def test_clock_that_runs_fast_is_not_followed(gain_ms, is_synchronised):
    """A store's clock that gains a little with each heartbeat is not trusted, with and without a wall clock."""
    hub = Machine()
    hub.is_synchronised = is_synchronised
    hub.beat(gain_ms, 4000)
    assert hub.lead_ms >= 80_000
    assert hub.doubts == 1
    assert hub.trusted_lead_ms() <= 2000 + 2000 + 4000 * 5


def test_clock_that_runs_fast_for_days_is_never_followed():
    """The day after which a clock is trusted that was ahead begins again as long as it gains."""
    hub = Machine()
    hub.beat(1900, 4 * 17_280)
    assert hub.doubts == 1
    assert hub.trusted_lead_ms() <= 4000 + 4 * 86_400
    hub.beat(0, 18_000)
    assert hub.trusted_lead_ms() == hub.lead_ms + 2000, "it kept the right pace for a day"


def test_clock_that_gains_slowly_for_weeks_is_found_by_the_wall_clock():
    """A gain that two good monotonic clocks may have is found once it adds up to a minute."""
    hub = Machine()
    hub.beat(2, 29_000)
    assert hub.doubts == 0
    hub.beat(2, 2000)
    assert hub.doubts == 1
    assert hub.trusted_lead_ms() <= 62_000


def test_store_that_is_always_ahead_is_trusted_after_a_day():
    """A clock that is ahead and runs at the right pace is doubted once, not every day."""
    hub = Machine(lead_ms=10 * 60_000)
    hub.beat(0, 5 * 17_280)
    assert hub.doubts == 1
    assert hub.trusted_lead_ms() == 10 * 60_000 + 2000


def test_good_clocks_are_never_doubted():
    """Answers that are late and clocks that drift as crystals do raise no doubt, with and without a wall clock."""
    for is_synchronised in (True, False):
        hub = Machine()
        hub.is_synchronised = is_synchronised
        for number in range(20_000):
            hub.beat(-900 if number % 2 else 900)
            hub.lead_ms += number % 4 == 0 and not is_synchronised  # 50 parts in a million
        assert hub.doubts == 0
