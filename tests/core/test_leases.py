"""A watch that hubs share: what the core makes of a lease taken, lost, and of a late push of another hub."""

from pushglance.core.commands import PushGlance
from pushglance.core.events import LeaseLost, LeaseTaken, ShownDoubted, ValueSeen
from support import plans
from support.core_harness import House

MINUTE = 60_000
SHOWN = {"text": "Garage open"}


def hub():
    """Return a house whose watch is shared; its door is open, and nobody leads it yet."""
    house = House(plans.plan([plans.topic_contact()], cluster={"lease_ms": 15_000}))
    house.tell(ValueSeen(0, "garage", "open", 0))
    return house


def lead(house, number, shown, debits=()):
    """Let this hub take the lease."""
    house.tell(LeaseTaken(house.now_ms, "watch", number, [list(debit) for debit in debits], shown))
    house.pass_to(house.now_ms + MINUTE)


def glances(house):
    """Return what was pushed so far."""
    return [glance for _, _, glance in house.pushes]


def test_nothing_is_pushed_without_a_lease_and_what_is_shown_is_not_pushed_again():
    """A hub that stands by is silent; with the lease it knows what the screen shows."""
    house = hub()
    house.pass_to(10 * MINUTE)
    lead(house, 1, SHOWN)
    assert glances(house) == []
    lead(house, 2, {"text": "Garage closed"})
    assert glances(house) == [SHOWN]
    assert [order.lease for order in house.orders if isinstance(order, PushGlance)] == [2]


def test_a_spent_ledger_is_taken_over():
    """The budget is what the hubs have left together, from the first moment on."""
    house = hub()
    house.pass_to(10 * MINUTE)
    lead(house, 1, {}, [(-number, 5 * 60 * MINUTE + number, -1) for number in range(1, 51)])
    assert (house.watch().budget.left(house.now_ms), glances(house)) == (0, [])
    house.pass_to(6 * 60 * MINUTE)
    assert glances(house) == [SHOWN]


def test_a_field_that_nobody_fills_is_cleared_by_whoever_leads():
    """A field that another hub's settings filled is blanked at once, and one that is blank already is left alone."""
    house = hub()
    lead(house, 1, SHOWN)
    house.tell(LeaseLost(house.now_ms, "watch", "led by the hub two"))
    lead(house, 2, SHOWN | {"subtext": "of old"})
    assert glances(house) == [{"subtext": ""}]
    house.tell(LeaseLost(house.now_ms, "watch", "led by the hub two"))
    lead(house, 3, SHOWN)
    assert glances(house)[1:] == []


def test_a_late_push_of_another_hub_leaves_doubt():
    """Whatever fields it named, also one that nobody fills here, are told anew."""
    house = hub()
    lead(house, 1, SHOWN)
    house.tell(ShownDoubted(house.now_ms, "watch", ["text", "count"]))
    house.pass_to(house.now_ms + 30 * MINUTE)
    assert glances(house) == [SHOWN | {"count": ""}]
