"""The budget: never exceeded, also across restarts, reboots and wrong clocks."""

from hypothesis import given
from hypothesis import strategies as st

from pushglance.core.decider import Decider
from pushglance.core.pacing.budget import Budget
from support import plans

HOUR = 3600 * 1000
MINUTE = 60_000
HELD = 24 * HOUR + 10 * MINUTE  # a day, and the time that an update may take to arrive
WALL = 1_800_000_000_000


def is_counted(budget, push_id):
    """Return True while the debit of this push is in the budget."""
    return push_id in [entry[0] for entry in budget._entries]


def test_debit_returns_at_its_instant():
    """A push counts until its debit returns, and not a millisecond longer."""
    budget = Budget(2, [], 0)
    budget.debit(1, 1000, -1)
    assert (budget.left(999), budget.left(1000)) == (1, 2)


def test_replaced_debits_count_at_once():
    """After `replace` the pushes left and the return times are those of the new debits."""
    budget = Budget(2, [], 0)
    assert budget.next_slot_ms(0) == 0
    budget.replace([[1, 5000, -1], [2, 3000, -1]])
    assert (budget.left(0), budget.next_slot_ms(0), budget.refill_times_ms(0)) == (0, 3000, [3000, 5000])


def test_refund_removes_the_debit():
    """The debit of a push that surely never left is removed."""
    budget = Budget(1, [], 0)
    budget.debit(7, 1000, -1)
    assert (budget.left(0), is_counted(budget, 7)) == (0, True)
    budget.refund(7)
    assert (budget.left(0), is_counted(budget, 7)) == (1, False)


def test_returned_debits_are_dropped():
    """A budget that is only asked for the next slot holds no debit longer than its window."""
    budget = Budget(5, [], 0)
    for push_id in range(1, 100):
        assert budget.next_slot_ms(push_id * HELD) == push_id * HELD
        budget.debit(push_id, (push_id + 1) * HELD, -1)
    assert [push_id for push_id in range(1, 100) if is_counted(budget, push_id)] == [99]


def test_next_slot_respects_the_reserve():
    """The next slot is the return of the debit that leaves more pushes than the reserve."""
    budget = Budget(3, [[1, 300, -1], [2, 100, -1], [3, 200, -1]], 0)
    assert [budget.next_slot_ms(0, keep) for keep in (0, 1, 2, 3)] == [100, 200, 300, None]
    assert budget.next_slot_ms(150) == 150


def test_debits_count_after_the_capacity_is_reduced():
    """Debits made under a larger budget count under the smaller one."""
    entries = [[number, 1000 + number, -1] for number in range(5)]
    budget = Budget(2, entries, 0)
    assert budget.left(0) == 0
    assert budget.next_slot_ms(0) == 1003


def test_debits_of_a_previous_boot_count_as_just_made():
    """Without a trusted clock the down-time is unknown, so nothing is credited."""
    budget = Budget(2, [[1, -1, WALL]], 500)
    assert budget.left(500 + HELD - 1) == 1
    assert budget.left(500 + HELD) == 2


def test_debits_of_a_previous_boot_count_from_the_first_opening():
    """A restart on the same boot does not extend them; otherwise a machine without a clock would never push."""
    memory = {"opened_ms": 500, "watches": {"watch": {"debits": [[99, -1, -1]]}}}
    budget = Decider(plans.plan(), memory, HOUR).watches[0].budget
    assert budget.refill_times_ms(HOUR) == [500 + HELD]


def test_down_time_is_credited_by_a_trusted_clock():
    """Once the clock is trusted, a debit of a previous boot returns at its wall time."""
    budget = Budget(2, [[1, -1, WALL + HOUR]], 0)
    moved = budget.clock_set(1000, WALL)
    assert moved == [[1, 1000 + HOUR, WALL + HOUR]]
    assert (budget.left(1000 + HOUR - 1), budget.left(1000 + HOUR)) == (1, 2)


def test_down_time_is_credited_once():
    """A second ClockSet on the same boot moves nothing, because the monotonic clock is exact then."""
    budget = Budget(2, [[1, -1, WALL + HOUR]], 0)
    budget.clock_set(1000, WALL)
    assert budget.clock_set(2000, WALL + 1000) == []
    budget.clock_set(3000, WALL + 30 * 24 * HOUR)
    assert budget.left(3000) == 1


def test_credit_of_a_clock_in_the_future_is_taken_back():
    """Down-time credited by a clock in the future is taken back; of two settings the later return counts."""
    budget = Budget(2, [[1, -1, WALL + 6 * HOUR]], 0)
    budget.clock_set(1000, WALL + 5 * HOUR)
    assert budget.refill_times_ms(1000) == [1000 + HOUR]
    assert budget.clock_set(2000, WALL) == [[1, 2000 + 6 * HOUR, WALL + 6 * HOUR]]
    budget.debit(2, 2000 + HELD, WALL + HELD)
    assert budget.clock_set(3000, WALL + 9 * HOUR)[-1][2] == WALL + 9 * HOUR + HELD - 1000
    assert budget.clock_set(4000, WALL) == [], "a later date is kept: the next boot must not believe the wrong one"


def test_jumping_clock_holds_no_debit_longer_than_a_day():
    """A debit of a previous boot was made before the store was opened, so it returns a day later, despite any clock."""
    budget = Budget(1, [[1, -1, WALL + 20 * HOUR]], 0)
    budget.clock_set(HOUR, WALL + HOUR)
    assert budget.refill_times_ms(HOUR) == [20 * HOUR]
    budget.clock_set(19 * HOUR, WALL)
    assert budget.refill_times_ms(19 * HOUR) == [HELD]


def test_clock_set_back_gives_no_early_wall_time():
    """On one boot the latest clock counts: existing debits hold it, also after a restart of the agent."""
    budget = Budget(2, [[1, 5000, WALL + 5000]], 0)
    assert budget.to_wall_ms(9000, WALL + 9000 - 30 * 24 * HOUR) == WALL + 9000
    assert budget.to_wall_ms(9000, -1) == WALL + 9000
    assert Budget(2, [], 0).to_wall_ms(9000, -1) == -1


def test_clock_before_the_newest_debit_is_ignored():
    """A Pi that booted in the past credits nothing and saves nothing."""
    budget = Budget(2, [[1, -1, WALL + HELD]], 0)
    assert budget.clock_set(1000, WALL - 2 * HOUR) == []
    assert budget.left(HELD - 1) == 1


def test_refused_clock_limits_the_credit_of_a_later_one():
    """Of a refused clock and a later one it is unknown which is right, so the one furthest behind credits the debit."""
    budget = Budget(2, [[1, -1, WALL + 2 * HELD]], 0)
    assert budget.clock_set(1000, WALL) == [], "before the debit, so one of the two is wrong"
    budget.clock_set(2000, WALL + 48 * HOUR)
    assert budget.refill_times_ms(2000) == [HELD], "by the later clock alone it would return in 20 minutes"


def test_debit_has_no_wall_time_while_the_clock_is_refused():
    """A clock before the newest debit may be behind; a debit dated by it would return too early after a boot."""
    budget = Budget(3, [[1, -1, WALL + 2 * HELD]], 0)
    budget.clock_set(1000, WALL)
    assert budget.to_wall_ms(5000, WALL) == -1
    budget.clock_set(2000, WALL + HELD)
    assert budget.to_wall_ms(5000, WALL + HELD + 3000) >= WALL + HELD + 3000


def test_debit_without_a_clock_gets_its_wall_time_later():
    """When the clock becomes trusted, debits of this boot get their wall time and are saved."""
    budget = Budget(2, [], 0)
    budget.debit(1, 5000, -1)
    assert budget.clock_set(1000, WALL) == [[1, 5000, WALL + 4000]]


@given(
    st.lists(st.tuples(st.integers(0, 2 * HOUR), st.booleans()), min_size=1, max_size=120),
    st.integers(1, 5),
)
def test_no_24_hours_exceed_the_budget(steps, capacity):
    """For any sequence of tries and reboots, no 24 hours contain more arrivals than the budget."""
    budget, now_ms, arrived, number = Budget(capacity, [], 0), 0, [], 0
    for gap_ms, is_reboot in steps:
        now_ms += gap_ms
        if is_reboot:
            entries = [
                [n, -1, -1] for n in range(1, number + 1) if is_counted(budget, n) and budget.left(now_ms) is not None
            ]
            entries = [entry for entry in entries if is_counted(budget, entry[0])]
            budget = Budget(capacity, entries, now_ms)
        while budget.left(now_ms):
            number += 1
            budget.debit(number, now_ms + HELD, -1)
            arrived.append(now_ms)
    for start in arrived:
        assert len([at for at in arrived if start <= at < start + 24 * HOUR]) <= capacity
