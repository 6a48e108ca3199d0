"""The pieces of a hub by themselves: what it remembers, which clock it believes, which watches are its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pushglance.core.events import LinkChanged
from pushglance.errors import StoreError
from pushglance.runtime.cluster.broker_health import BrokerHealth
from pushglance.runtime.cluster.cluster_state import Known
from pushglance.runtime.cluster.leader_election import Choice, Hub, read_hub
from pushglance.runtime.cluster.shared_store import Memory, Settlement, SharedStore, SharedWatch, StoreUnavailable
from pushglance.runtime.cluster.store_clock import StoreClock
from pushglance.runtime.paths import leave_cluster
from support.servers.redis_server import RedisServer

HOUR = 3600 * 1000
LATEST_MS = 1 << 52


def cluster(server, **changes):
    """Return the plan of a hub on a server."""
    return {
        "url": server.url,
        "username": "",
        "hub": "hub",
        "lease_ms": 60_000,
        "trust": "checked",
        "replicas": 0,
        "ca_file": "",
    } | changes


def test_claims_at_the_same_time(tmp_path):
    """Eight hubs that push to watches of one budget at the same time get exactly what it holds."""
    with RedisServer(tmp_path) as server:
        memory = Memory("", 0)
        watches = [SharedWatch("a" * 16, f"device{number}") for number in range(7)] + [SharedWatch("a" * 16, "*")]

        def spend(number):
            store, watch, session = SharedStore(cluster(server), ""), watches[number], f"session{number}"
            store.beat(session, 60_000, "k\tg\t1\thub", memory, "epoch", is_new=True)
            (lease,) = store.take(session, [(watch, True, [])], LATEST_MS)
            answers = []
            for push in range(30):
                member = f"*/hub{number}/{push}/{session}"  # each counts for all devices of the user
                answers.append(store.claim(session, lease.number, watch, member, 50, LATEST_MS, memory, ["text"])[0])
            store.close()
            return answers

        with ThreadPoolExecutor(8) as pool:
            answers = [answer for part in pool.map(spend, range(8)) for answer in part]
        assert answers.count("claimed") == 50
        assert answers.count("spent") == 8 * 30 - 50


def test_unfit_stores(tmp_path):
    """A store that may forget or evict a push is told from one that keeps it, with what to set."""
    for number, (settings, detail) in enumerate(
        [
            ((), ""),
            (("appendfsync everysec",), "appendfsync always"),
            (("appendonly no",), "appendonly yes"),
            (("maxmemory 100mb", "maxmemory-policy allkeys-lru"), "noeviction"),
        ]
    ):
        with RedisServer(tmp_path / str(number), *settings) as server:
            store = SharedStore(cluster(server), "")
            assert detail in store.why_unfit()
            assert bool(detail) == bool(store.why_unfit())
            store.close()


def test_password(tmp_path):
    """A wrong password is a sentence without the password in it; the right one opens."""
    with RedisServer(tmp_path, "requirepass sesame") as server:
        right, wrong = SharedStore(cluster(server), "sesame"), SharedStore(cluster(server), "swordfish")
        assert right.why_unfit() == ""
        with pytest.raises(StoreUnavailable) as caught:
            wrong.why_unfit()
        assert "swordfish" not in str(caught.value)
        right.close()
        wrong.close()


def test_replicas_that_are_not_there(tmp_path):
    """A claim that fewer replicas hold than are asked for does not let a push leave."""
    with RedisServer(tmp_path) as server:
        store, watch, memory = SharedStore(cluster(server, replicas=1), ""), SharedWatch("a" * 16, "*"), Memory("", 0)
        store.beat("session", 60_000, "k\tg\t1\thub", memory, "epoch", is_new=True)
        (lease,) = store.take("session", [(watch, True, [])], LATEST_MS)
        with pytest.raises(StoreUnavailable, match="0 of 1 replicas"):
            store.claim("session", lease.number, watch, "*/hub/1/session", 50, LATEST_MS, memory, ["text"])
        store.close()


def test_debits_of_before_are_brought(tmp_path):
    """What a machine pushed before it shared its watch counts for every hub, once."""
    with RedisServer(tmp_path) as server:
        store, watch, memory = SharedStore(cluster(server), ""), SharedWatch("a" * 16, "*"), Memory("", 0)
        store.beat("session", 60_000, "k\tg\t1\thub", memory, "epoch", is_new=True)
        brought = ["*/hub/7/before", 5 * HOUR]
        for _ in range(2):
            (lease,) = store.take("session", [(watch, True, brought)], LATEST_MS)
            ((member, left_ms),) = lease.debits
            assert member == "*/hub/7/before"
            assert 4.9 * HOUR < left_ms <= 5 * HOUR
        store.close()


def test_known_survives(tmp_path):
    """A hub keeps its name and its memory; one whose file is damaged believes that the store has lost something."""
    known = Known(tmp_path, 7)
    known.note(Memory("epoch", 5))
    again = Known(tmp_path, 9)
    assert (again.hub, again.memory, again.booked_before) == (known.hub, Memory("epoch", 5), 7)
    path = tmp_path / "pushglance.cluster"
    path.write_text(path.read_text().replace("epoch", "other"))
    assert Known(tmp_path, 9).memory == Memory("lost", 0)


def test_jumps_ahead_are_not_believed():
    """The store's clock is followed at its own pace; a jump ahead counts only when a day has passed since."""
    clock = StoreClock()
    assert clock.latest_ms(1000) == 0
    assert not clock.see(50_000, 1000)
    assert clock.see(50_000 + 5 * HOUR, 2000)
    assert clock.latest_ms(2000) < 60_000
    assert not clock.see(50_000 + 29 * HOUR, 2000 + 24 * HOUR)
    assert clock.latest_ms(2000 + 24 * HOUR) < 60_000 + 24 * HOUR
    assert not clock.see(50_000 + 30 * HOUR, 2000 + 25 * HOUR)
    assert clock.latest_ms(2000 + 25 * HOUR) >= 50_000 + 30 * HOUR
    assert not clock.see(40_000, 3000 + 25 * HOUR)
    assert clock.latest_ms(3000 + 25 * HOUR) < 60_000, "set back: the earlier time is believed at once"


def test_choice():
    """Every hub comes to the same answer, a hub that goes moves only its own watches, and the deaf lead last."""
    hubs = [Hub(key, key, "g", hears=True) for key in "abc"]
    assert [read_hub(hub.told()) for hub in hubs] == hubs
    records = [f"watch:{number}" for number in range(300)]
    choice, other = Choice(), Choice()
    choice.among(hubs)
    other.among(reversed(hubs))
    before = {record: choice.leader(record) for record in records}
    assert before == {record: other.leader(record) for record in records}
    assert all(60 < list(before.values()).count(key) < 140 for key in "abc")
    choice.among(hubs[:2])
    assert all(choice.leader(record) == leader for record, leader in before.items() if leader != "c")
    choice.among([hubs[0], hubs[1]._replace(hears=False)])
    assert {choice.leader(record) for record in records} == {"a"}


def test_who_does_not_hear_does_not_lead():
    """A hub takes no watch before it has heard what is true, nor after it stood still; short breaks cost nothing."""
    events = []

    class EventQueue:
        put = staticmethod(events.append)

    hearing = BrokerHealth(EventQueue, 10_000, 0, has_topics=True)
    assert not hearing.may_lead(5000)
    hearing.put(LinkChanged(6000, "mqtt", 1))
    assert not hearing.may_lead(7000)
    assert hearing.may_lead(8000)
    assert hearing.hears(8000)
    hearing.put(LinkChanged(9000, "mqtt", 0))
    assert hearing.hears(10_000)
    assert not hearing.may_lead(10_000)
    assert not hearing.hears(19_000)
    assert hearing.may_lead(29_000), "where nobody hears, somebody must lead"
    hearing.put(LinkChanged(30_000, "mqtt", 1))
    assert hearing.may_lead(32_000)
    hearing.stood_still(40_000)
    assert not hearing.hears(41_000)
    assert len(events) == 3


def test_two_threads_know_the_most(tmp_path):
    """Two threads note beats and claims at once: none is lost, and an older one takes no newer one's place."""
    known = Known(tmp_path, 0)
    failures = []

    def note(first):
        try:
            for seq in range(first, first + 100, 2):
                known.note(Memory("epoch", seq))
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=note, args=(first,)) for first in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    known.note(Memory("epoch", 3))
    assert (failures, known.memory, Known(tmp_path, 0).memory) == ([], Memory("epoch", 100), Memory("epoch", 100))


def test_leaving_the_cluster_is_forgotten(tmp_path):
    """What a machine pushes alone after it has left is brought when it comes back, as if it had never been there."""
    first = Known(tmp_path, 10)
    leave_cluster(tmp_path)
    again = Known(tmp_path, 60)
    assert (again.booked_before, again.hub != first.hub) == (60, True)
    leave_cluster(tmp_path)
    leave_cluster(tmp_path)


def one_lease(server):
    """Return a store, a watch, and a lease of it that the session "one" holds; "two" lives as well."""
    store, watch = SharedStore(cluster(server), ""), SharedWatch("a" * 16, "*")
    for name in ("one", "two"):
        store.beat(name, 60_000, f"{name}\tg\t1\t{name}", Memory("", 0), "epoch", is_new=True)
    (lease,) = store.take("one", [(watch, True, [])], LATEST_MS)
    return store, watch, lease


def test_a_lease_whose_return_was_lost_is_free(tmp_path):
    """A hub that does not want what the store still holds for it lets others have it."""
    with RedisServer(tmp_path) as server:
        store, watch, _ = one_lease(server)
        assert store.take("two", [(watch, True, [])], LATEST_MS) == ["one"]
        assert store.take("one", [(watch, False, [])], LATEST_MS) == [""]
        (lease,) = store.take("two", [(watch, True, [])], LATEST_MS)
        assert lease.number == 2
        store.close()


def test_an_end_that_is_told_twice_is_noted_once(tmp_path):
    """Told again because its answer was lost, a delivered push leaves no doubt and its debit where it was."""
    with RedisServer(tmp_path) as server:
        store, watch, lease = one_lease(server)
        member = "*/hub/1/one"
        store.claim("one", lease.number, watch, member, 50, LATEST_MS, Memory("epoch", 0), ["title"])
        end = Settlement(watch, "one", lease.number, member, "delivered", "", "f", {"title": "Home"})
        store.settle(end)
        with server.client() as client:
            counts_until = client.zscore(watch.ledger, member)
            store.settle(end)
            assert client.zscore(watch.ledger, member) == counts_until
        beat = store.beat("one", 60_000, "one\tg\t1\tone", Memory("epoch", 1), "epoch", is_new=False)
        assert beat.doubts == []
        (again,) = store.take("one", [(watch, True, [])], LATEST_MS)
        assert again.shown == {"title": "Home"}
        store.close()
