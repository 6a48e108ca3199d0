"""The doctor's check of the store that hubs share, against Redis or Valkey."""

import time

from pushglance.doctor.check_result import OK, SKIPPED, WRONG
from pushglance.doctor.checks.cluster import check_shared_store
from support import plans
from support.servers.broker import free_port
from support.servers.redis_server import RedisServer


def shared(url, **changes):
    """Return a plan of a hub with a shared store."""
    return plans.plan(cluster=plans.cluster(url, lease_ms=8000, **changes))


def test_shared_store_must_be_durable(make_context, steps, tmp_path):
    """A store that may lose writes is wrong, unless the settings trust it."""
    with RedisServer(tmp_path / "good") as server:
        results, words = steps(check_shared_store, make_context(shared(server.url)))
        assert (results, words) == ([("cluster", OK)], "the shared store answers and keeps every write -> ")
        assert steps(check_shared_store, make_context(shared(server.url), has_keys=False))[0] == [("cluster", SKIPPED)]
    with RedisServer(tmp_path / "bad", "appendfsync everysec") as server:
        results, words = steps(check_shared_store, make_context(shared(server.url)))
        assert results == [("cluster", WRONG)]
        assert "may lose a push in a power cut" in words
        assert steps(check_shared_store, make_context(shared(server.url, trust="always")))[0] == [("cluster", OK)]


def test_unreachable_shared_store_is_wrong(make_context, steps):
    """Without it nothing is pushed. Settings without a cluster give no result."""
    results, words = steps(check_shared_store, make_context(shared(f"redis://127.0.0.1:{free_port()}")))
    assert results == [("cluster", WRONG)]
    assert "does not answer" in words
    assert steps(check_shared_store, make_context())[0] == []


def test_a_store_whose_clock_differs_is_wrong(make_context, steps, tmp_path, monkeypatch):
    """Debits return by the store's clock: one that is ahead of this machine's trusted clock is found."""
    plan = shared("") | {"clock": "always"}
    with RedisServer(tmp_path) as server:
        plan["cluster"]["url"] = server.url
        monkeypatch.setattr("pushglance.runtime.clock.wall_ms", lambda: int(time.time() * 1000) - 3_600_000)
        results, words = steps(check_shared_store, make_context(plan))
    assert results == [("cluster", WRONG)]
    assert "3600 s ahead of this machine's" in words or "3599 s ahead of this machine's" in words
