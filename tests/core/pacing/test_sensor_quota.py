"""Shares: one topic cannot spend the whole budget of a watch."""

from pushglance.core.events import UNSENT, EdgeSeen, ValueSeen
from pushglance.core.pacing.budget import ARRIVAL_MS, WINDOW_MS
from pushglance.core.status.status_snapshot import picture
from support import plans
from support.core_harness import House

MINUTE = 60_000
HOUR = 60 * MINUTE


def noisy_home(share=80, **watch):
    """Return a house whose note on a topic changes each minute for ten hours, beside a door on a pin."""
    sensors = [plans.contact(), plans.text(share=share, urgent=1)]
    watch = {"spacing_ms": 0, "text": [["garage", ""]], "subtext": [["note", ""]]} | watch
    house = House(plans.plan(sensors, [plans.watch(**watch)]))
    house.tell(EdgeSeen(0, "garage", 0))
    shout(house, 600)
    return house


def shout(house, minutes):
    """Change the note each minute."""
    start_ms = house.now_ms
    for minute in range(1, minutes + 1):
        house.pass_to(start_ms + minute * MINUTE)
        house.tell(ValueSeen(house.now_ms, "note", f"n{house.now_ms}", 0))


def test_a_topic_leaves_a_fifth_to_the_others():
    """However often it shouts, forty pushes are for it; nine are left, and a door on a pin goes at once."""
    house = noisy_home()
    assert house.watch().budget.left(house.now_ms) == 9
    told = picture(house.decider, house.now_ms)["watches"]["watch"]
    assert told["why"] == "share"
    assert told["because"].startswith("waits for a push of its own share to come back; 9 of 50 pushes left")
    before = len(house.pushes)
    house.tell(EdgeSeen(house.now_ms, "garage", 1))
    house.pass_to(house.now_ms + 20 * MINUTE)
    assert len(house.pushes) == before + 1
    assert house.screens["watch"] == {"text": "Garage open", "subtext": f"n{600 * MINUTE}"}


def test_a_share_comes_back_as_the_budget_does():
    """What waits for its share is shown when the first of its pushes has come back."""
    house = noisy_home()
    first_ms = house.pushes[1][0]
    house.pass_to(first_ms + WINDOW_MS + ARRIVAL_MS)
    assert house.screens["watch"]["subtext"] == f"n{600 * MINUTE}"


def test_a_whole_share_is_no_bound():
    """With share = 100 a topic may spend everything, as a pin may."""
    assert noisy_home(share=100).watch().budget.left(600 * MINUTE) == 0


def test_a_sensor_alone_on_its_watch_has_all_of_it():
    """Where nothing else is shown there is nobody to keep anything for."""
    house = House(plans.plan([plans.text(share=80, urgent=1)], [plans.watch(spacing_ms=0, text=[["note", ""]])]))
    shout(house, 600)
    assert house.watch().budget.left(house.now_ms) == 0


def test_what_never_left_is_of_no_share():
    """Pushes that surely never left cost a share as little as the budget."""
    house = noisy_home()
    house.outcome = UNSENT
    house.pass_to(house.now_ms + WINDOW_MS)
    assert house.watch()._shares.free_at_ms(house.now_ms, ["note"]) == house.now_ms
