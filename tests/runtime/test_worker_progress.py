"""The progress of the daemon's threads: a limit for what they do, none for waiting."""

import threading

from pushglance.runtime.app import build_agent
from pushglance.runtime.clock import monotonic_ms
from pushglance.runtime.process.systemd import SystemdNotifier
from pushglance.runtime.worker_progress import WorkerProgress
from support import plans


def test_worker_is_stuck_after_its_limit():
    """A worker that began something is stuck once its limit has passed, and not while it waits for work."""
    worker = WorkerProgress("courier")
    now_ms = monotonic_ms()
    assert not worker.is_stuck(now_ms + 10**9)
    worker.busy(5000)
    assert not worker.is_stuck(now_ms + 4000)
    assert worker.is_stuck(now_ms + 60_000)
    worker.idle()
    assert not worker.is_stuck(now_ms + 10**9)


def test_thread_that_ended_is_stuck():
    """A thread that has ended by an error makes no progress any more."""
    go = threading.Event()
    thread = threading.Thread(target=go.wait, args=(10,))
    thread.start()
    worker = WorkerProgress("mqtt")
    worker.follow(thread)
    assert not worker.is_stuck(monotonic_ms())
    go.set()
    thread.join()
    assert worker.is_stuck(monotonic_ms())


def test_every_thread_of_the_daemon_is_watched(tmp_path):
    """The courier, the broker's connection, the pins' thread and the readers of requests are all known to the loop."""
    plan = plans.plan([plans.topic_contact()]) | {"hand": str(tmp_path / "hand"), "mqtt": plans.mqtt()}
    loop = build_agent(plan, tmp_path, tmp_path, SystemdNotifier(None))
    assert {worker.name for worker in loop._workers()} == {"courier", "mqtt", "requests", "simulator"}
    for source in loop._inputs:
        source.stop()
    loop._store.close()
