"""A watch that hubs share: lease acquired, lease lost, and a late push of another hub."""

from pushglance.core.commands import CancelPush, PushGlance, Reply, SaveOutcome
from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT, ValueSeen
from pushglance.core.lease_events import LeaseAcquired, LeaseLost, ShownUnknown
from pushglance.core.request_events import PushRequested
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
SHOWN = {"text": "Garage open"}


def hub():
    """Return a harness whose watch is shared; its door is open, and no hub holds the lease yet."""
    harness = CoreHarness(plans.plan([plans.topic_contact()], cluster={"lease_ms": 15_000}))
    harness.feed(ValueSeen(0, "garage", "open", 0))
    return harness


def acquire(harness, number, shown, debits=()):
    """Let this hub acquire the lease."""
    harness.feed(LeaseAcquired(harness.now_ms, "watch", number, [list(debit) for debit in debits], shown))
    harness.pass_to(harness.now_ms + MINUTE)


def glances(harness):
    """Return the glances pushed so far."""
    return [glance for _, _, glance in harness.pushes]


def test_only_the_lease_holder_pushes_what_differs():
    """A hub on standby pushes nothing; with the lease it knows what the watch shows."""
    harness = hub()
    harness.pass_to(10 * MINUTE)
    acquire(harness, 1, SHOWN)
    assert glances(harness) == []
    acquire(harness, 2, {"text": "Garage closed"})
    assert glances(harness) == [SHOWN]
    assert [command.lease for command in harness.commands if isinstance(command, PushGlance)] == [2]


def test_acquired_debits_count_at_once():
    """The budget is what all hubs have left together, from the first moment."""
    harness = hub()
    harness.pass_to(10 * MINUTE)
    acquire(harness, 1, {}, [(-number, 5 * 60 * MINUTE + number, -1) for number in range(1, 51)])
    assert (harness.watch().budget.left(harness.now_ms), glances(harness)) == (0, [])
    harness.pass_to(6 * 60 * MINUTE)
    assert glances(harness) == [SHOWN]


def test_lease_holder_clears_unfilled_fields():
    """A field of another hub's settings is cleared at once; one that is empty already is not pushed."""
    harness = hub()
    acquire(harness, 1, SHOWN)
    harness.feed(LeaseLost(harness.now_ms, "watch", "led by the hub two"))
    acquire(harness, 2, SHOWN | {"subtext": "of old"})
    assert glances(harness) == [{"subtext": ""}]
    harness.feed(LeaseLost(harness.now_ms, "watch", "led by the hub two"))
    acquire(harness, 3, SHOWN)
    assert glances(harness)[1:] == []


def test_late_push_of_another_hub_makes_fields_uncertain():
    """Its fields are pushed again, also one that no template of this hub fills."""
    harness = hub()
    acquire(harness, 1, SHOWN)
    harness.feed(ShownUnknown(harness.now_ms, "watch", ["text", "count"]))
    harness.pass_to(harness.now_ms + 30 * MINUTE)
    assert glances(harness) == [SHOWN | {"count": ""}]


def test_lost_lease_cancels_the_push_in_flight_and_leaves_no_backoff():
    """What may be under way may have arrived: its outcome is unknown; the next lease starts without a backoff."""
    harness = hub()
    harness.outcome = None
    acquire(harness, 1, {"text": "Garage closed"})
    push = harness.last_push()
    lost_ms = harness.now_ms
    harness.feed(LeaseLost(lost_ms, "watch", "led by the hub two"))
    assert CancelPush("watch", push.push_id) in harness.commands
    outcomes = [command for command in harness.commands if isinstance(command, SaveOutcome)]
    assert [(outcome.outcome, outcome.shown) for outcome in outcomes] == [(UNKNOWN, {"text": None})]
    harness.outcome = DELIVERED
    harness.feed(LeaseAcquired(lost_ms + 1000, "watch", 2, [], {"text": None}))
    harness.pass_to(lost_ms + 4000)
    assert harness.pushes[1:] == [(lost_ms + 3000, "watch", SHOWN)], "after the batch window of two seconds"


def test_parked_state_comes_with_the_lease():
    """A refusal that another hub got parks the watch here, too, until the same instant."""
    harness = hub()
    at_ms = harness.now_ms
    wait = {"for_ms": 12 * 60 * MINUTE, "until_ms": at_ms + 5 * 60 * MINUTE, "until_wall_ms": -1}
    refusal = {"detail": "user is invalid", "cause": "user", "sent": SHOWN} | wait
    harness.feed(LeaseAcquired(at_ms, "watch", 1, [], {"text": "Garage closed"}, refusal))
    assert (harness.watch().state, harness.watch().parked, glances(harness)) == ("parked", "user is invalid", [])
    harness.pass_to(at_ms + 13 * 60 * MINUTE)
    assert harness.pushes == [(at_ms + 5 * 60 * MINUTE, "watch", SHOWN)]


def test_request_on_standby_gets_the_reason():
    """A hub without the lease pushes nothing for a person, and its reply says which hub does."""
    harness = hub()
    harness.feed(LeaseLost(MINUTE, "watch", "led by the hub two"), PushRequested(MINUTE, "watch", 1, "r1"))
    replies = [command for command in harness.commands if isinstance(command, Reply)]
    assert replies == [Reply("r1", 0, "watch", "led by the hub two")]
    assert (harness.watch().why, harness.watch().pending, harness.pushes) == ("standby", {}, [])


def test_late_push_of_another_hub_during_a_push_in_flight():
    """If the push in flight surely never left, its field is still uncertain because of the other hub's push."""
    harness = hub()
    harness.outcome = None
    acquire(harness, 1, {"text": "Garage closed"})
    push = harness.last_push()
    harness.feed(ShownUnknown(harness.now_ms, "watch", ["text"]))
    harness.answer(push, UNSENT)
    assert harness.watch().shown == {"text": None}
