"""A watch that hubs share: what the core makes of a lease taken, lost, and of a late push of another hub."""

from pushglance.core.commands import PushGlance
from pushglance.core.events import LeaseAcquired, LeaseLost, ShownUnknown, ValueSeen
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
SHOWN = {"text": "Garage open"}


def hub():
    """Return a harness whose watch is shared; its door is open, and nobody leads it yet."""
    harness = CoreHarness(plans.plan([plans.topic_contact()], cluster={"lease_ms": 15_000}))
    harness.feed(ValueSeen(0, "garage", "open", 0))
    return harness


def lead(harness, number, shown, debits=()):
    """Let this hub take the lease."""
    harness.feed(LeaseAcquired(harness.now_ms, "watch", number, [list(debit) for debit in debits], shown))
    harness.pass_to(harness.now_ms + MINUTE)


def glances(harness):
    """Return what was pushed so far."""
    return [glance for _, _, glance in harness.pushes]


def test_nothing_is_pushed_without_a_lease_and_what_is_shown_is_not_pushed_again():
    """A hub that stands by is silent; with the lease it knows what the screen shows."""
    harness = hub()
    harness.pass_to(10 * MINUTE)
    lead(harness, 1, SHOWN)
    assert glances(harness) == []
    lead(harness, 2, {"text": "Garage closed"})
    assert glances(harness) == [SHOWN]
    assert [command.lease for command in harness.commands if isinstance(command, PushGlance)] == [2]


def test_a_spent_ledger_is_taken_over():
    """The budget is what the hubs have left together, from the first moment on."""
    harness = hub()
    harness.pass_to(10 * MINUTE)
    lead(harness, 1, {}, [(-number, 5 * 60 * MINUTE + number, -1) for number in range(1, 51)])
    assert (harness.watch().budget.left(harness.now_ms), glances(harness)) == (0, [])
    harness.pass_to(6 * 60 * MINUTE)
    assert glances(harness) == [SHOWN]


def test_a_field_that_nobody_fills_is_cleared_by_whoever_leads():
    """A field that another hub's settings filled is blanked at once, and one that is blank already is left alone."""
    harness = hub()
    lead(harness, 1, SHOWN)
    harness.feed(LeaseLost(harness.now_ms, "watch", "led by the hub two"))
    lead(harness, 2, SHOWN | {"subtext": "of old"})
    assert glances(harness) == [{"subtext": ""}]
    harness.feed(LeaseLost(harness.now_ms, "watch", "led by the hub two"))
    lead(harness, 3, SHOWN)
    assert glances(harness)[1:] == []


def test_a_late_push_of_another_hub_leaves_doubt():
    """Whatever fields it named, also one that nobody fills here, are told anew."""
    harness = hub()
    lead(harness, 1, SHOWN)
    harness.feed(ShownUnknown(harness.now_ms, "watch", ["text", "count"]))
    harness.pass_to(harness.now_ms + 30 * MINUTE)
    assert glances(harness) == [SHOWN | {"count": ""}]
