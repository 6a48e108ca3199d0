"""Pacing by price, through the whole core: what is pushed at once, what waits, and until when."""

from pushglance.core.commands import SaveModel, SaveOutcome
from pushglance.core.events import UNKNOWN, ClockSet, PulsesSeen, Stopping, ValueSeen
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
    """Advance to `at_ms`, then move the door."""
    harness.pass_to(at_ms)
    harness.feed(ValueSeen(at_ms, "garage", word, 0))


def status_of_watch(harness):
    """Return the status of the watch."""
    return status_snapshot(harness.decider, harness.now_ms)["watches"]["watch"]


def test_new_watch_is_pushed_at_once():
    """The first glance does not wait for a price, because what the watch shows is unknown."""
    harness = home()
    assert [push[2] for push in harness.pushes] == [{"text": "Garage closed", "count": "0"}]


def test_calm_urgent_change_is_pushed_at_once():
    """Thirty-eight calm openings and closings a day are each pushed when they settle."""
    harness = home()
    moves = [(HOUR + number * 20 * MINUTE, "open" if number % 2 == 0 else "closed") for number in range(37)]
    for at_ms, word in moves:
        door(harness, at_ms, word)
    assert [push[0] for push in harness.pushes[1:]] == [at_ms for at_ms, _ in moves]


def test_flapping_door_leaves_pushes():
    """A door that flaps every four seconds for an hour leaves pushes for the evening, and its last state is shown."""
    harness = home()
    for number in range(900):
        door(harness, HOUR + number * 4 * SECOND, "open" if number % 2 == 0 else "closed")
    harness.pass_to(3 * HOUR)
    assert len(harness.pushes) < 45
    assert harness.watch().budget.left(3 * HOUR) >= 5
    assert harness.screens["watch"]["text"] == "Garage closed"


def test_urgent_change_waits_20_minutes_at_most():
    """At any price: while more pushes are left than the six that are kept, an urgent change is shown in 20 minutes."""
    harness = home()
    spend(harness, 43)
    at_ms = harness.now_ms + 30 * SECOND
    door(harness, at_ms, "open" if harness.screens["watch"]["text"] == "Garage closed" else "closed")
    assert harness.watch().budget.left(at_ms) == 7
    shown = harness.screens["watch"]["text"]
    harness.pass_to(at_ms + 20 * MINUTE)
    assert harness.screens["watch"]["text"] != shown


def spend(harness, upto):
    """Flap until so many pushes are spent, with two calm minutes between."""
    at_ms = harness.now_ms
    while len(harness.pushes) < upto:
        at_ms += 2 * MINUTE
        door(harness, at_ms, "open" if harness.screens["watch"]["text"] == "Garage closed" else "closed")


def test_other_change_waits_three_hours_at_most():
    """A single visitor is worth very little, and is shown within three hours."""
    harness = home()
    for number in range(1, 400):
        harness.pass_to(HOUR + number * 10 * SECOND)
        harness.feed(PulsesSeen(HOUR + number * 10 * SECOND, "visitors", number))
    start_ms = harness.now_ms
    shown = harness.screens["watch"]["count"]
    assert shown != "399"
    harness.pass_to(start_ms + 3 * HOUR)
    assert harness.screens["watch"]["count"] == "399"


def test_numbers_leave_the_last_sixteenth_to_the_door():
    """Thousands of visitors never take the last sixteenth of the budget, and the door is still pushed at once."""
    harness = home()
    for number in range(1, 5000):
        harness.pass_to(HOUR + number * 10 * SECOND)
        harness.feed(PulsesSeen(HOUR + number * 10 * SECOND, "visitors", number * 20))
        assert harness.watch().budget.left(harness.now_ms) >= 3
    before = len(harness.pushes)
    door(harness, harness.now_ms + 10 * SECOND, "open")
    harness.pass_to(harness.now_ms + 20 * MINUTE)
    assert len(harness.pushes) == before + 1


def test_never_over_in_any_24_hours():
    """A door that moves all day for three days makes at most 50 pushes in any 24 hours and 10 minutes."""
    harness = home()
    for number in range(3 * 24 * 20):
        door(harness, HOUR + number * 3 * MINUTE, "open" if number % 2 == 0 else "closed")
    pushed = [push[0] for push in harness.pushes]
    assert len(pushed) > 100
    assert all(late - early > DAY + 10 * MINUTE for early, late in zip(pushed, pushed[50:], strict=False))


def test_urgent_changes_at_any_price_are_limited():
    """Calm urgent changes are pushed at any price forty times a day at most; after that they wait for the price."""
    harness = home(pushes=50, resets_at_s=0)
    for number in range(48):
        door(harness, HOUR + number * 2 * MINUTE, "open" if number % 2 == 0 else "closed")
    delays = [push[0] - (HOUR + number * 2 * MINUTE) for number, push in enumerate(harness.pushes[1:])]
    assert delays[:39] == [0] * 39
    assert len(harness.pushes) < 48


def test_daily_budget_returns_at_its_hour():
    """With resets_at the whole budget returns at that hour, by a trusted clock."""
    harness = home(resets_at_s=6 * 3600, pushes=5, has_clock=True)
    for number in range(20):
        door(harness, HOUR + number * 5 * MINUTE, "open" if number % 2 == 0 else "closed")
    door(harness, harness.now_ms + MINUTE, "open" if harness.screens["watch"]["text"] == "Garage closed" else "closed")
    harness.pass_to(harness.now_ms + 20 * MINUTE)
    assert harness.watch().budget.left(harness.now_ms) == 0
    assert harness.watch().budget.left(6 * HOUR - 1) == 0
    assert harness.watch().budget.left(6 * HOUR) == 5


def test_daily_budget_needs_a_trusted_clock():
    """While the hour is unknown, a push of a daily budget returns after 24 hours."""
    harness = home(resets_at_s=6 * 3600, pushes=5)
    assert harness.watch().budget.refill_times_ms(harness.now_ms)[0] > DAY


def test_daily_budget_follows_the_autumn_clock_change():
    """When clocks go back an hour, the budget returns at the hour that the clock shows, not an hour before."""
    harness = home(resets_at_s=6 * 3600, pushes=5, has_clock=True)
    for number in range(20):
        door(harness, HOUR + number * 5 * MINUTE, "open" if number % 2 == 0 else "closed")
    harness.feed(ClockSet(3 * HOUR, WALL + 3 * HOUR, -3600))
    assert harness.watch().budget.left(7 * HOUR - 1) == 0
    assert harness.watch().budget.left(7 * HOUR) == 5


def test_a_push_near_the_reset_counts_for_both_days():
    """A push that may reach the watch after its reset counts for the new day, too."""
    harness = home(resets_at_s=6 * 3600, has_clock=True)
    door(harness, 6 * HOUR - 5 * MINUTE, "open")
    assert harness.watch().budget.left(6 * HOUR) == 49


def test_status_explains_why_a_change_waits():
    """The status says when it is shown at the latest and how many pushes are left; worth and price are separate."""
    harness = home(spacing_ms=20 * MINUTE, has_clock=True)
    harness.pass_to(HOUR)
    harness.feed(PulsesSeen(HOUR, "visitors", 1))
    harness.pass_to(HOUR + 5 * SECOND)
    status = status_of_watch(harness)
    assert status["why"] == "price"
    assert status["explanation"] == "shown at the latest 04:00, perhaps sooner: 49 of 50 pushes left"
    price = status["price_explanation"]
    assert price.startswith("visitors +1 is worth 1 s of a right watch, a push now costs ")
    assert price.endswith("; the next push comes back Tue 00:10 (in 23 h 10 min)")
    assert status["price_s"] > status["worth_s"] > 0
    assert status["latest_in_ms"] == 3 * HOUR - 5 * SECOND


def test_status_names_earliest_and_latest_in_one_unit():
    """A change that waits for a push to come back is shown between two times; without a clock, two durations."""
    for has_clock, when in ((True, "00:11 and 02:00"), (False, "70 min from now and 2 h 59 min from now")):
        harness = home(pushes=1, has_clock=has_clock)
        if has_clock:  # otherwise the first values have been pushed
            door(harness, MINUTE, "open")
        harness.feed(PulsesSeen(23 * HOUR, "visitors", 1))
        harness.pass_to(23 * HOUR + MINUTE)
        status = status_of_watch(harness)
        assert status["why"] == "budget"
        reason = "waits for a push to come back to the budget; 0 of 1 pushes left"
        assert status["explanation"] == f"shown between {when}: {reason}"
        assert status["price_explanation"] == ""


def test_status_counts_pushes_that_came_early():
    """A push within the spacing after the one before counts as early; with `resets_at` that is not known."""
    for resets_at_s, early in ((-1, 2), (6 * 3600, None)):
        harness = home(spacing_ms=20 * MINUTE, has_clock=True, resets_at_s=resets_at_s)
        for at_ms, word in ((HOUR, "open"), (HOUR + 5 * MINUTE, "closed"), (2 * HOUR, "open")):
            door(harness, at_ms, word)
        door(harness, 2 * HOUR + 19 * MINUTE, "closed")
        status = status_of_watch(harness)
        assert (50 - status["left"], status["early"], status["spacing_ms"]) == (5, early, 20 * MINUTE)


def test_no_explanation_when_nothing_waits():
    """A watch that is up to date has no explanation."""
    assert status_of_watch(home())["explanation"] == ""


def test_stale_gauge_is_not_pushed_at_any_price():
    """A watch is known to show "?", so a gauge that gets a value again waits for the price."""
    sensors = [plans.gauge(stale_ms=HOUR)]
    harness = CoreHarness(plans.plan(sensors, [plans.watch(pacing="price", spacing_ms=0, text=[["tank", ""]])]))
    pacing, budget = harness.watch().pacing, harness.watch().budget
    harness.feed(ValueSeen(0, "tank", "40", 0))
    harness.pass_to(12 * HOUR)
    assert harness.screens["watch"]["text"] == "?"
    pacing.on_waiting(12 * HOUR, is_urgent=False)
    pacing.latest_ms = 15 * HOUR
    assert not pacing._has_no_price(12 * HOUR, budget)


def test_uncertain_push_counts_as_unknown():
    """After a push that may not have arrived, the shown value is unknown, and the change is pushed again."""
    harness = home()
    harness.outcome = UNKNOWN
    door(harness, HOUR, "open")
    harness.pass_to(HOUR + 30 * SECOND)
    assert [push[2] for push in harness.pushes[1:]] == [{"text": "Garage open"}] * 3


def test_learnt_models_survive_a_restart():
    """After a restart, the same events give the same decisions as without one."""
    harness = home()
    for number in range(200):
        door(harness, HOUR + number * 5 * MINUTE, "open" if number % 2 == 0 else "closed")
    harness.feed(Stopping(harness.now_ms))
    learnt = {}
    for command in harness.commands:
        if isinstance(command, SaveModel):
            learnt |= command.states  # like a store: each save holds the models that changed since the last one
    assert set(learnt) == {"sensor garage", "watch watch"}
    again = CoreHarness(harness.plan, {"learnt": learnt})
    assert again.watch().pacing.state() == harness.watch().pacing.state()
    assert again.decider.sensors["garage"].hold_times.state() == harness.decider.sensors["garage"].hold_times.state()


def test_invalid_models_are_dropped():
    """A damaged model makes pacing less accurate, but does not stop the agent."""
    learnt = {"sensor garage": [[1], 2], "watch watch": {"counts": [[]], "watched": 3}}
    assert home({"learnt": learnt}).pushes


def test_delivered_push_resets_the_staleness():
    """After a push the staleness of the next change starts at zero."""
    harness = home()
    door(harness, HOUR, "open")
    assert [type(command) for command in harness.commands if isinstance(command, SaveOutcome)]
    assert status_of_watch(harness)["worth_s"] is None
