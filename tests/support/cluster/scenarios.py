"""Scenarios that random runs seldom reach: each is a failure known from other distributed systems."""

from pushglance.core.events import UNKNOWN

from .virtual_cluster import CAPACITY, LawBroken


def expired_hub_goes_on(cluster):
    """A hub was cut off and another one took over, but its loop does not know that yet."""
    cluster.make_holder("one")
    cluster.push("one")
    cluster.make_holder("two")
    cluster.push("two")
    cluster.push("one", is_loop_current=False)


def hub_gets_its_lease_back(cluster):
    """A hub lost its lease and acquired it again; what its loop decided under the first must not leave."""
    cluster.make_holder("one")
    cluster.push("one")
    cluster.make_holder("two")
    cluster.push("two")
    for other in ("two", "three"):
        cluster.expire(other)
    cluster.tick("one")
    cluster.push("one", is_loop_current=False)


def store_comes_back_empty(cluster):
    """The store loses everything, and the hub that spent the budget dies."""
    for name in ("one", "two"):
        cluster.tick(name)
    cluster.make_holder("one")
    for _ in range(CAPACITY):
        cluster.push("one")
    cluster.lose_data()
    cluster.kill("one")
    cluster.make_holder("two")
    for _ in range(CAPACITY):
        cluster.push("two")


def store_comes_back_older(cluster):
    """A copy of the store from before the pushes is restored, and the hub that made them restarts."""
    cluster.make_holder("one")
    cluster.copy_store()
    for _ in range(CAPACITY):
        cluster.push("one")
    cluster.lose_data()
    cluster.kill("one")
    cluster.make_holder("one")
    for _ in range(CAPACITY):
        cluster.push("one")


def store_comes_back_older_and_catches_up(cluster):
    """A copy from before the pushes is restored, and another hub pushes until the number of claims fits again."""
    for name in ("one", "two"):
        cluster.tick(name)
    cluster.copy_store()
    cluster.make_holder("one")
    for _ in range(CAPACITY // 2):
        cluster.push("one")
    cluster.lose_data()
    cluster.kill("one")
    cluster.make_holder("two")
    for _ in range(CAPACITY // 2):
        cluster.push("two")
    cluster.make_holder("one")
    for _ in range(CAPACITY // 2):
        cluster.push("one")


def store_loses_the_ledger_alone(cluster):
    """The ledger vanishes, and a hub takes over that made none of the pushes; those that made them stand by."""
    for name in ("one", "two"):
        cluster.make_holder(name)
        for _ in range(CAPACITY // 2):
            cluster.push(name)
    cluster.lose_ledger()
    cluster.make_holder("three")
    for name in ("one", "two"):
        cluster.tick(name)
    for _ in range(CAPACITY):
        cluster.push("three")


def store_loses_the_ledger_and_a_hub_pushes_at_once(cluster):
    """The ledger vanishes, and a hub that made none of the pushes takes over before the others look at the store."""
    for name in ("one", "two"):
        cluster.make_holder(name)
        for _ in range(CAPACITY // 2):
            cluster.push(name)
    cluster.lose_ledger()
    cluster.make_holder("three")
    for _ in range(CAPACITY):
        cluster.push("three")


def holder_learns_that_the_ledger_is_lost(cluster):
    """The ledger vanishes while a hub holds the lease; its claim finds that, and no hub pushes for a day."""
    cluster.make_holder("one")
    for _ in range(CAPACITY // 2):
        cluster.push("one")
    cluster.make_holder("two")
    cluster.lose_ledger()
    for _ in range(CAPACITY):
        cluster.push("two")
    cluster.advance_hours(24.5)
    cluster.make_holder("two")
    if not cluster.push("two"):
        raise LawBroken("after a day the budget has not come back")


def hub_was_suspended(cluster):
    """A push arrives after one of the hub that took over; the doubt about the screen must be noted."""
    cluster.make_holder("one")
    cluster.push("one", is_late=True)
    cluster.make_holder("two")
    cluster.push("two")
    cluster.arrive("one")


def push_arrives_late(cluster):
    """A push arrives nine minutes after its claim, and its hub dies before it can record that."""
    cluster.make_holder("one")
    cluster.push("one", is_late=True)
    cluster.advance_hours(0.15)
    cluster.arrive("one", is_killed=True)
    cluster.make_holder("two")
    for _ in range(CAPACITY - 1):
        cluster.push("two")
    cluster.advance_hours(23.9)
    cluster.make_holder("two")
    cluster.push("two")


def no_push_is_answered(cluster):
    """Every push stays without an answer."""
    cluster.make_holder("one")
    for _ in range(CAPACITY + 2):
        cluster.push("one", outcome=UNKNOWN)


SCENARIOS = (
    expired_hub_goes_on,
    hub_gets_its_lease_back,
    store_comes_back_empty,
    store_comes_back_older,
    store_comes_back_older_and_catches_up,
    store_loses_the_ledger_alone,
    store_loses_the_ledger_and_a_hub_pushes_at_once,
    holder_learns_that_the_ledger_is_lost,
    hub_was_suspended,
    push_arrives_late,
    no_push_is_answered,
)
