"""The shared store: concurrent claims, unsuitable configurations, and calls that are repeated."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pushglance.runtime.cluster.shared_store import SharedStore
from pushglance.runtime.cluster.store_types import Settlement, SharedWatch, StoreUnavailable, StoreVersion
from support import plans
from support.servers.redis_server import RedisServer

HOUR = 3600 * 1000
LATEST_MS = 1 << 52  # a store clock that is trusted without limit
NEW = StoreVersion("", 0)
WATCH = SharedWatch("a" * 16, "*")


def open_session(store, session):
    """Start a session of a hub."""
    store.heartbeat(session, 60_000, f"{session}\tg\t1\t{session}", NEW, "epoch", is_new=True)


def test_concurrent_claims_do_not_exceed_the_budget(tmp_path):
    """Eight hubs that push at the same time to watches with one budget get exactly that budget."""
    with RedisServer(tmp_path) as server:
        watches = [SharedWatch("a" * 16, f"device{number}") for number in range(7)] + [WATCH]

        def claim_often(number):
            store, watch, session = SharedStore(plans.cluster(server.url), ""), watches[number], f"session{number}"
            open_session(store, session)
            (lease,) = store.acquire(session, [(watch, True, [])], LATEST_MS)
            answers = []
            for push in range(30):
                member = f"*/hub{number}/{push}/{session}"  # each counts for all devices of the user
                answers.append(store.claim(session, lease.number, watch, member, 50, LATEST_MS, NEW, ["text"])[0])
            store.close()
            return answers

        with ThreadPoolExecutor(8) as pool:
            answers = [answer for part in pool.map(claim_often, range(8)) for answer in part]
        assert answers.count("claimed") == 50
        assert answers.count("spent") == 8 * 30 - 50


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ((), ""),
        (("appendfsync everysec",), "appendfsync always"),
        (("appendonly no",), "appendonly yes"),
        (("maxmemory 100mb", "maxmemory-policy allkeys-lru"), "noeviction"),
    ],
    ids=["durable", "everysec", "no log", "evicts"],
)
def test_store_that_may_lose_data_is_found(tmp_path, settings, hint):
    """A store that may lose or evict a push has a problem, with the setting to change; a durable one has none."""
    with RedisServer(tmp_path, *settings) as server:
        store = SharedStore(plans.cluster(server.url), "")
        problem = store.durability_problem()
        assert hint in problem
        assert bool(hint) == bool(problem)
        store.close()


def test_error_does_not_contain_the_password(tmp_path):
    """A wrong password gives an error without the password in it; the right one is accepted."""
    with RedisServer(tmp_path, "requirepass sesame") as server:
        right, wrong = (SharedStore(plans.cluster(server.url), password) for password in ("sesame", "swordfish"))
        assert right.durability_problem() == ""
        with pytest.raises(StoreUnavailable) as caught:
            wrong.durability_problem()
        assert "swordfish" not in str(caught.value)
        right.close()
        wrong.close()


def test_claim_needs_its_replicas(tmp_path):
    """A claim that reached fewer replicas than required raises, so that its push does not leave."""
    with RedisServer(tmp_path) as server:
        store = SharedStore(plans.cluster(server.url, replicas=1), "")
        open_session(store, "session")
        (lease,) = store.acquire("session", [(WATCH, True, [])], LATEST_MS)
        with pytest.raises(StoreUnavailable, match="0 of 1 replicas"):
            store.claim("session", lease.number, WATCH, "*/hub/1/session", 50, LATEST_MS, NEW, ["text"])
        store.close()


def test_imported_debits_count_once(tmp_path):
    """Pushes that a machine made before it joined count for every hub, and only once."""
    with RedisServer(tmp_path) as server:
        store = SharedStore(plans.cluster(server.url), "")
        open_session(store, "session")
        imported = ["*/hub/7/before", 5 * HOUR]
        for _ in range(2):
            (lease,) = store.acquire("session", [(WATCH, True, imported)], LATEST_MS)
            ((member, left_ms),) = lease.debits
            assert member == "*/hub/7/before"
            assert 4.9 * HOUR < left_ms <= 5 * HOUR
        store.close()


def test_own_debits_that_the_store_lost_are_restored(tmp_path):
    """What a hub has on its own disk counts again, once, and what the watch shows is unknown then."""
    with RedisServer(tmp_path) as server:
        store = SharedStore(plans.cluster(server.url), "")
        open_session(store, "session")
        (lease,) = store.acquire("session", [(WATCH, True, [])], LATEST_MS)
        store.claim("session", lease.number, WATCH, "*/hub/8/session", 50, LATEST_MS, NEW, ["text"])
        own = ["*/hub/7/", 5 * HOUR, "*/hub/8/", 24 * HOUR, "*/hub/9/session", 6 * HOUR]
        for restored in (2, 0):
            (lease,) = store.acquire("session", [(WATCH, True, own)], LATEST_MS)
            assert lease.restored == restored
            assert {member for member, _ in lease.debits} == {"*/hub/7/", "*/hub/8/session", "*/hub/9/session"}
            assert set(lease.shown.values()) == {None}
        store.close()


def test_another_clock_never_prolongs_a_debit_beyond_a_new_one(tmp_path):
    """While no time of the store is trusted, a debit counts as long as one that was made just now, not for ever."""
    with RedisServer(tmp_path) as server:
        store = SharedStore(plans.cluster(server.url), "")
        open_session(store, "session")
        (lease,) = store.acquire("session", [(WATCH, True, ["*/hub/7/before", 5 * HOUR])], 0)
        assert [left_ms for _, left_ms in lease.debits] == [87_600_000]
        store.close()


def test_claim_waits_for_its_replica_in_the_same_exchange(tmp_path):
    """A claim is confirmed once its replica has the debit; without the replica the store is not used at all."""
    with RedisServer(tmp_path / "main") as server:
        store = SharedStore(plans.cluster(server.url, replicas=1), "")
        assert "0 of 1 replicas" in store.durability_problem()
        port = server.url.rsplit(":", 1)[1].split("/")[0]
        with RedisServer(tmp_path / "copy", f"replicaof 127.0.0.1 {port}") as copy, copy.client() as replica:
            until_s = time.monotonic() + 30
            while store.durability_problem() or replica.info("replication")["master_link_status"] != "up":
                assert time.monotonic() < until_s
                time.sleep(0.05)
            open_session(store, "session")
            (lease,) = store.acquire("session", [(WATCH, True, [])], LATEST_MS)
            answer, version = store.claim(
                "session", lease.number, WATCH, "*/hub/1/session", 50, LATEST_MS, NEW, ["text"]
            )
            assert (answer, version.seq) == ("claimed", 1)
            assert replica.zscore(WATCH.ledger, "*/hub/1/session") is not None
        store.close()


@pytest.fixture
def leased(tmp_path):
    """Return a server, a store, and a lease of WATCH that the session "one" holds; "two" is alive as well."""
    with RedisServer(tmp_path) as server:
        store = SharedStore(plans.cluster(server.url), "")
        for name in ("one", "two"):
            open_session(store, name)
        (lease,) = store.acquire("one", [(WATCH, True, [])], LATEST_MS)
        yield server, store, lease
        store.close()


def test_lost_release_is_repeated_by_a_query(leased):
    """A hub that only queries a lease which the store still records as its own releases it."""
    _, store, _ = leased
    assert store.acquire("two", [(WATCH, True, [])], LATEST_MS) == ["one"]
    assert store.acquire("one", [(WATCH, False, [])], LATEST_MS) == [""]
    (lease,) = store.acquire("two", [(WATCH, True, [])], LATEST_MS)
    assert lease.number == 2


def test_repeated_settlement_changes_nothing(leased):
    """A delivered push that is settled twice, because an answer was lost, keeps its debit and leaves no doubt."""
    server, store, lease = leased
    member = "*/hub/1/one"
    store.claim("one", lease.number, WATCH, member, 50, LATEST_MS, StoreVersion("epoch", 0), ["title"])
    settlement = Settlement(WATCH, "one", lease.number, member, "delivered", "", "f", {"title": "Home"})
    store.settle(settlement)
    with server.client() as client:
        until_ms = client.zscore(WATCH.ledger, member)
        store.settle(settlement)
        assert client.zscore(WATCH.ledger, member) == until_ms
    heartbeat = store.heartbeat("one", 60_000, "one\tg\t1\tone", StoreVersion("epoch", 1), "epoch", is_new=False)
    assert heartbeat.doubts == []
    (again,) = store.acquire("one", [(WATCH, True, [])], LATEST_MS)
    assert again.shown == {"title": "Home"}
