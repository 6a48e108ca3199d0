"""The election of the hub that pushes to a watch, and whether a hub may take part in it."""

from pushglance.core.events import LinkChanged
from pushglance.runtime.cluster.broker_health import BrokerHealth
from pushglance.runtime.cluster.leader_election import Hub, LeaderElection

RECORDS = [f"watch:{number}" for number in range(300)]
HUBS = [Hub(key, key, "g", is_receiving=True) for key in "abc"]


def test_hub_survives_encoding():
    """What `encode` wrote, `decode` reads."""
    assert [Hub.decode(hub.encode()) for hub in HUBS] == HUBS


def test_every_hub_picks_the_same_and_few_watches_move():
    """Each hub computes the same, fair election, and a hub that goes moves only its own watches."""
    election, other = LeaderElection(), LeaderElection()
    election.set_hubs(HUBS)
    other.set_hubs(reversed(HUBS))
    before = {record: election.pick(record) for record in RECORDS}
    assert before == {record: other.pick(record) for record in RECORDS}
    assert all(60 < list(before.values()).count(key) < 140 for key in "abc")
    election.set_hubs(HUBS[:2])
    assert all(election.pick(record) == key for record, key in before.items() if key != "c")


def test_hub_without_broker_is_picked_last():
    """A hub that receives nothing from the broker gets no watch while another one does."""
    election = LeaderElection()
    election.set_hubs([HUBS[0], HUBS[1]._replace(is_receiving=False)])
    assert {election.pick(record) for record in RECORDS} == {"a"}
    election.set_hubs([hub._replace(is_receiving=False) for hub in HUBS])
    assert {election.pick(record) for record in RECORDS} == {"a", "b", "c"}


def test_hub_acquires_leases_only_with_current_values():
    """A hub acquires no lease before the retained messages are in or after a suspension; short breaks do not matter."""
    events = []

    class FakeQueue:
        put = staticmethod(events.append)

    health = BrokerHealth(FakeQueue, 10_000, 0, has_topics=True)
    assert not health.may_acquire(5000)
    health.put(LinkChanged(6000, "mqtt", 1))
    assert not health.may_acquire(7000)
    assert health.may_acquire(8000)
    assert health.is_receiving(8000)
    health.put(LinkChanged(9000, "mqtt", 0))
    assert health.is_receiving(10_000)
    assert not health.may_acquire(10_000)
    assert not health.is_receiving(19_000)
    assert health.may_acquire(29_000), "if no hub receives anything, one must push nevertheless"
    health.put(LinkChanged(30_000, "mqtt", 1))
    assert health.may_acquire(32_000)
    health.on_suspended(40_000)
    assert not health.is_receiving(41_000)
    assert len(events) == 3
