"""Pacing by price, through the whole core: what goes at once, what waits, and until when."""

from pushglance.core.commands import SaveModel, SaveOutcome
from pushglance.core.events import UNKNOWN, ClockSet, PulsesSeen, Stopping, ValueSeen
from pushglance.core.pacing.budget import ARRIVAL_MS, WINDOW_MS
from pushglance.core.pacing.policy import URGENT_ALLOWANCE, OTHER_WAIT_MS, URGENT_WAIT_MS
from pushglance.core.status.status_snapshot import status_snapshot
from support import plans
from support.core_harness import CoreHarness

SECOND = 1000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WALL = 1_795_392_000_000  # a midnight


def home(memory=None, sensors=None, now_ms=0, has_clock=False, **watch):
    """Return a harness with an urgent door on a topic and a counter, paced by price, closed and shown."""
    watch = {"spacing_ms": 0, "text": [["garage", ""]], "count": [["visitors", "total"]]} | watch
    sensors = sensors or [plans.topic_contact(), plans.counter(resets="never")]
    harness = CoreHarness(plans.plan(sensors, [plans.watch(pacing="price", **watch)]), memory, now_ms)
    if has_clock:
        harness.feed(ClockSet(now_ms, WALL + now_ms, 0))
    harness.feed(ValueSeen(now_ms, "garage", "closed", 0))
    harness.pass_to(now_ms + MINUTE)
    return harness


def door(harness, at_ms, word):
    """Let time pass up to `at_ms`, then move the door."""
    harness.pass_to(at_ms)
    harness.feed(ValueSeen(at_ms, "garage", word, 0))


def waits(harness):
    """Return what the picture says about the watch now."""
    return status_snapshot(harness.decider, harness.now_ms)["watches"]["watch"]


def test_a_new_watch_is_filled_at_once():
    """The first glance does not wait for a price: nobody knows what the screen shows."""
    harness = home()
    assert [push[2] for push in harness.pushes] == [{"text": "Garage closed", "count": "0"}]


def test_an_urgent_change_after_a_calm_minute_goes_at_once():
    """Thirty-eight calm openings and closings a day: each is pushed at the instant at which it settles."""
    harness = home()
    moves = [(HOUR + number * 20 * MINUTE, "open" if number % 2 == 0 else "closed") for number in range(37)]
    for at_ms, word in moves:
        door(harness, at_ms, word)
    assert [push[0] for push in harness.pushes[1:]] == [at_ms for at_ms, _ in moves]


def test_a_flapping_door_does_not_empty_the_budget():
    """A door that flaps for an hour, every four seconds, leaves pushes for the evening, and ends with the truth."""
    harness = home()
    for number in range(900):
        door(harness, HOUR + number * 4 * SECOND, "open" if number % 2 == 0 else "closed")
    harness.pass_to(3 * HOUR)
    assert len(harness.pushes) < 45
    assert harness.watch().budget.left(3 * HOUR) >= 5
    assert harness.screens["watch"]["text"] == "Garage closed"


def test_nothing_urgent_waits_longer_than_twenty_minutes():
    """However dear a push is: while one is left, what is urgent is shown within 20 minutes."""
    harness = home()
    spend(harness, 49)
    at_ms = harness.now_ms + 30 * SECOND
    door(harness, at_ms, "open")
    assert harness.watch().budget.left(at_ms) >= 1
    harness.pass_to(at_ms + URGENT_WAIT_MS)
    assert harness.screens["watch"]["text"] == "Garage open"


def spend(harness, upto):
    """Flap until so many pushes are spent, with two calm minutes between."""
    at_ms = harness.now_ms
    while len(harness.pushes) < upto:
        at_ms += 2 * MINUTE
        door(harness, at_ms, "open" if harness.screens["watch"]["text"] == "Garage closed" else "closed")


def test_nothing_else_waits_longer_than_three_hours():
    """A single visitor is worth next to nothing, and is on the watch within three hours all the same."""
    harness = home()
    for number in range(1, 400):
        harness.pass_to(HOUR + number * 10 * SECOND)
        harness.feed(PulsesSeen(HOUR + number * 10 * SECOND, "visitors", number))
    start_ms = harness.now_ms
    shown = harness.screens["watch"]["count"]
    assert shown != "399"
    harness.pass_to(start_ms + OTHER_WAIT_MS)
    assert harness.screens["watch"]["count"] == "399"


def test_numbers_leave_the_last_ones_to_the_door():
    """Visitors by the thousand never take the last sixteenth of the budget, and the door still goes at once."""
    harness = home()
    for number in range(1, 5000):
        harness.pass_to(HOUR + number * 10 * SECOND)
        harness.feed(PulsesSeen(HOUR + number * 10 * SECOND, "visitors", number * 20))
        assert harness.watch().budget.left(harness.now_ms) >= 3
    before = len(harness.pushes)
    door(harness, harness.now_ms + 10 * SECOND, "open")
    harness.pass_to(harness.now_ms + URGENT_WAIT_MS)
    assert len(harness.pushes) == before + 1


def test_never_over_in_any_24_hours():
    """A door that moves all day for three days makes at most 50 pushes in any 24 hours and 10 minutes."""
    harness = home()
    for number in range(3 * 24 * 20):
        door(harness, HOUR + number * 3 * MINUTE, "open" if number % 2 == 0 else "closed")
    pushed = [push[0] for push in harness.pushes]
    assert len(pushed) > 100
    assert all(late - early > WINDOW_MS + ARRIVAL_MS for early, late in zip(pushed, pushed[50:], strict=False))


def test_the_lane_has_a_bound_of_its_own():
    """Calm urgent changes go unpriced forty times a day at most; after that they ask for the price."""
    harness = home(pushes=50, resets_at_s=0)
    for number in range(URGENT_ALLOWANCE + 8):
        door(harness, HOUR + number * 2 * MINUTE, "open" if number % 2 == 0 else "closed")
    delays = [push[0] - (HOUR + number * 2 * MINUTE) for number, push in enumerate(harness.pushes[1:])]
    assert delays[:URGENT_ALLOWANCE] == [0] * URGENT_ALLOWANCE
    assert len(harness.pushes) < URGENT_ALLOWANCE + 8


def test_a_calendar_day_comes_back_at_its_hour():
    """With resets_at the whole budget is back at that hour, by a trusted clock."""
    harness = home(resets_at_s=6 * 3600, pushes=5, has_clock=True)
    for number in range(20):
        door(harness, HOUR + number * 5 * MINUTE, "open" if number % 2 == 0 else "closed")
    assert harness.watch().budget.left(harness.now_ms) == 0
    assert harness.watch().budget.left(6 * HOUR - 1) == 0
    assert harness.watch().budget.left(6 * HOUR) == 5


def test_a_calendar_day_needs_a_trusted_clock():
    """While the hour is not known, a push of a calendar day comes back after 24 hours like any other."""
    harness = home(resets_at_s=6 * 3600, pushes=5)
    assert harness.watch().budget.refill_times_ms(harness.now_ms)[0] > DAY


def test_a_day_of_25_hours_is_one_day():
    """When clocks go back an hour, the budget comes back at the hour that the clock shows, not an hour before."""
    harness = home(resets_at_s=6 * 3600, pushes=5, has_clock=True)
    for number in range(20):
        door(harness, HOUR + number * 5 * MINUTE, "open" if number % 2 == 0 else "closed")
    harness.feed(ClockSet(3 * HOUR, WALL + 3 * HOUR, -3600))
    assert harness.watch().budget.left(7 * HOUR - 1) == 0
    assert harness.watch().budget.left(7 * HOUR) == 5


def test_a_push_near_the_reset_counts_for_both_days():
    """What may reach the watch after its reset is of the new day, too."""
    harness = home(resets_at_s=6 * 3600, has_clock=True)
    door(harness, 6 * HOUR - 5 * MINUTE, "open")
    assert harness.watch().budget.left(6 * HOUR) == 49


def test_it_says_why_a_change_waits():
    """The picture tells what waits, what it is worth, what a push costs, what is left and until when at the latest."""
    harness = home(spacing_ms=20 * MINUTE, has_clock=True)
    harness.pass_to(HOUR)
    harness.feed(PulsesSeen(HOUR, "visitors", 1))
    harness.pass_to(HOUR + 5 * SECOND)
    told = waits(harness)
    assert told["why"] == "price"
    assert told["explanation"].startswith("waits to be worth a push; 49 of 50 pushes left until 00:10 (in 23 h")
    assert "visitors +1 is worth 2 s, a push costs " in told["explanation"]
    assert told["explanation"].endswith("at the latest 04:00 (in 3 h)")
    assert told["price_s"] > told["worth_s"] > 0
    assert told["latest_in_ms"] == OTHER_WAIT_MS - 5 * SECOND


def test_nothing_waits_nothing_is_told():
    """When the watch shows the truth there is no sentence."""
    assert waits(home())["explanation"] == ""


def test_a_watch_that_shows_a_stale_value_is_not_blank():
    """A screen with "?" is known to show it: a gauge that is heard again goes by its price, not for nothing."""
    sensors = [plans.gauge(stale_ms=HOUR)]
    harness = CoreHarness(plans.plan(sensors, [plans.watch(pacing="price", spacing_ms=0, text=[["tank", ""]])]))
    pacing, budget = harness.watch().pacing, harness.watch().budget
    harness.feed(ValueSeen(0, "tank", "40", 0))
    harness.pass_to(12 * HOUR)
    assert harness.screens["watch"]["text"] == "?"
    pacing.on_waiting(12 * HOUR, is_urgent=False)
    pacing.latest_ms = 15 * HOUR
    assert not pacing._has_no_price(12 * HOUR, budget)


def test_doubt_is_worth_as_much_as_not_knowing():
    """After a push that may not have arrived the change is wholly unknown again, and is sent once more."""
    harness = home()
    harness.outcome = UNKNOWN
    door(harness, HOUR, "open")
    harness.pass_to(HOUR + 30 * SECOND)
    assert [push[2] for push in harness.pushes[1:]] == [{"text": "Garage open"}] * 3


def test_what_was_learnt_is_kept_and_taken_up():
    """What a day taught comes back after a restart: the same facts make the same decisions as without one."""
    harness = home()
    for number in range(200):
        door(harness, HOUR + number * 5 * MINUTE, "open" if number % 2 == 0 else "closed")
    harness.feed(Stopping(harness.now_ms))
    learnt = {}
    for command in harness.commands:
        if isinstance(command, SaveModel):
            learnt |= command.states  # as a store does: each save holds what was learnt since the last one
    assert set(learnt) == {"sensor garage", "watch watch"}
    again = CoreHarness(harness.plan, {"learnt": learnt})
    assert again.watch().pacing.state() == harness.watch().pacing.state()
    assert again.decider.sensors["garage"].hold_times.state() == harness.decider.sensors["garage"].hold_times.state()


def test_rubbish_that_was_learnt_is_forgotten():
    """A damaged memory of what was learnt costs wit, never the agent."""
    learnt = {"sensor garage": [[1], 2], "watch watch": {"counts": [[]], "watched": 3}}
    assert home({"learnt": learnt}).pushes


def test_a_delivered_push_settles_what_is_told():
    """After a push nothing is owed any more: the next change starts from nothing."""
    harness = home()
    door(harness, HOUR, "open")
    assert [type(command) for command in harness.commands if isinstance(command, SaveOutcome)]
    assert waits(harness)["worth_s"] is None
