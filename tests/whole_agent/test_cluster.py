"""Several hubs as processes, with a real Redis or Valkey, mosquitto and the sandbox, and with random failures.

HUB_STORIES sets the number of stories (default 3), KILL_SEED their seed, HUB_TROUBLES the failures per story (default
14). In each story the budget holds, no value goes back, and the last state is shown at the end.
"""

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from pushglance.sandbox import Fault
from support import plans
from support.agent.daemon import Daemon
from support.homes.simulated_home import Home, home_plan
from support.servers.broker import Broker
from support.servers.redis_server import RedisServer

STORIES = int(os.environ.get("HUB_STORIES", "3"))
TROUBLES = int(os.environ.get("HUB_TROUBLES", "14"))
SEED = int(os.environ.get("KILL_SEED", "2026"))
LEASE_MS = 2000
QUIET_S = 60
FAULTS = (Fault("drop", applies=True), Fault("reset"), Fault("status", status=503, applies=True))


class Hubs:
    """Several hubs that share one watch, each in its own folder."""

    def __init__(self, folder, sandbox, broker, store, names, pushes=50):
        self.sandbox = sandbox
        self.daemons = {}
        for name in names:
            (folder / name).mkdir()
            plan = home_plan(sandbox, broker, pushes)
            plan["cluster"] = plans.cluster(store.url, hub=name, lease_ms=LEASE_MS)
            self.daemons[name] = Daemon(folder / name, plan)

    def start(self):
        """Start all hubs that do not run."""
        ended = [
            daemon for daemon in self.daemons.values() if daemon.process is None or daemon.process.poll() is not None
        ]
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda daemon: daemon.start(), ended))

    def watch(self, name):
        """Return the watch from the status of a hub; empty if the hub does not run."""
        daemon = self.daemons[name]
        return daemon.status()["watches"].get("watch", {}) if daemon.process.poll() is None else {}

    def lease_holders(self):
        """Return the hubs that hold the lease."""
        return [name for name in self.daemons if self.watch(name).get("standby_reason") == ""]

    def wait_for(self, condition, what):
        """Wait until a condition holds, and return its value."""
        until_s = time.monotonic() + QUIET_S
        while not (value := condition()):
            assert time.monotonic() < until_s, f"{what}: {self.sandbox.screen()} {self.describe()}"
            time.sleep(0.05)
        return value

    def wait_for_actual_state(self, home, *, or_used_up=False):
        """Request pushes until the watch shows the actual state, or with `or_used_up` until no push is left."""

        def is_shown():
            shown = self.sandbox.screen()
            if all(shown.get(name) == text for name, text in home.expected_screen().items()):
                return True
            for name, daemon in self.daemons.items():
                watch = self.watch(name)
                if watch.get("standby_reason") == "" and not watch["is_in_flight"]:
                    if or_used_up and watch["left"] == 0:
                        return True
                    with suppress(OSError):  # the daemon has just ended
                        daemon.request(want="push", watch="watch")
            return False

        self.wait_for(is_shown, f"the actual state is {home.expected_screen()}")

    def describe(self):
        """Return the status and the log of each hub, for the message of a failure."""
        return {name: (self.watch(name), daemon.log.read_text()[-1500:]) for name, daemon in self.daemons.items()}

    def close(self):
        """End all hubs."""
        for daemon in self.daemons.values():
            if daemon.process is not None and daemon.process.poll() is None:
                daemon.process.send_signal(signal.SIGCONT)
            daemon.close()


def cause_trouble(rng, hubs, store, broker, stopped):
    """Cause one random failure; return its name."""
    name = rng.choice(list(hubs.daemons))
    process = hubs.daemons[name].process
    failure = rng.choice(("kill", "kill", "kill", "stop", "end", "power cut", "store hangs", "broker"))
    if failure == "kill" and process.poll() is None:
        hubs.daemons[name].kill()
    elif failure == "end" and process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
    elif failure == "stop" and process.poll() is None and not stopped:
        process.send_signal(signal.SIGSTOP)  # like a virtual machine that is migrated
        stopped.append(process)
    elif failure == "power cut":
        store.restart()
    elif failure == "store hangs":
        store.process.send_signal(signal.SIGSTOP)
        time.sleep(rng.random() * 2 * LEASE_MS / 1000)  # a random moment
        store.process.send_signal(signal.SIGCONT)
    elif failure == "broker":
        broker.restart()
    return failure


def run_with_failures(rng, hubs, home, store, broker):
    """Change sensors and cause failures at random."""
    stopped = []
    for number in range(TROUBLES):
        for _ in range(rng.randrange(1, 6)):
            if rng.random() < 0.2:
                hubs.sandbox.inject(rng.choice(FAULTS))
            home.change()
            time.sleep(rng.random() * 0.3)
        cause_trouble(rng, hubs, store, broker, stopped)
        if stopped and rng.random() < 0.4:
            stopped.pop().send_signal(signal.SIGCONT)
        if number % 3 == 2:
            hubs.start() if not stopped else None
    for process in stopped:
        process.send_signal(signal.SIGCONT)


def check_newest_last(arrivals):
    """Check that no counter and no note decreases."""
    newest = {}
    for arrival in arrivals:
        for name in ("subtext", "count"):
            text = arrival.fields.get(name)
            if text:
                number = int(text.lstrip("n"))
                assert number >= newest.get(name, 0), f"{name} fell from {newest[name]} to {number}"
                newest[name] = number


@pytest.mark.timeout(300)
@pytest.mark.parametrize("story", range(STORIES))
def test_random_failures_of_hubs_keep_the_laws(story, folder, sandbox):
    """Hubs, store and broker fail at random; the budget holds, no value goes back, and the last state is shown."""
    rng = random.Random(f"{SEED}-hubs-{story}")
    pushes = 50 if story else 8  # in the first story no push is left at the end
    with Broker(folder / "broker") as broker, RedisServer(folder / "store") as store:
        home = Home(broker, rng)
        hubs = Hubs(folder, sandbox, broker, store, ("one", "two", "three"), pushes)
        try:
            hubs.start()
            run_with_failures(rng, hubs, home, store, broker)
            sandbox.clear_faults()
            hubs.start()
            hubs.wait_for_actual_state(home, or_used_up=True)
        finally:
            hubs.close()
    arrivals = sandbox.arrivals()
    assert 0 < len(arrivals) <= pushes, "a story is much shorter than a day"
    check_newest_last(arrivals)


@pytest.fixture
def pair(folder, sandbox):
    """Run two hubs that show the actual state; yield them with their home and their store."""
    with Broker(folder / "broker") as broker, RedisServer(folder / "store") as store:
        home = Home(broker, random.Random(SEED))
        hubs = Hubs(folder, sandbox, broker, store, ("one", "two"))
        try:
            hubs.start()
            hubs.wait_for_actual_state(home)
            yield hubs, home, store
        finally:
            hubs.close()


@pytest.mark.timeout(120)
def test_no_push_without_the_shared_store(pair, sandbox):
    """Each hub shows the reason; when the store is back, the actual state is pushed."""
    hubs, home, store = pair
    reason = "the shared store is unavailable"
    store.stop()
    hubs.wait_for(
        lambda: all(reason in hubs.watch(name).get("standby_reason", "") for name in hubs.daemons),
        "each hub shows the reason",
    )
    before = len(sandbox.arrivals())
    home.change()
    hubs.wait_for(lambda: hubs.daemons["one"].status()["links"]["cluster"] == 0, "the status shows the link as down")
    assert len(sandbox.arrivals()) == before
    store.start()
    hubs.wait_for_actual_state(home)


@pytest.mark.timeout(120)
def test_other_hub_takes_over(pair, sandbox):
    """One hub holds the lease. If it is killed, the other one knows what was shown and continues."""
    hubs, home, _ = pair
    (holder,) = hubs.wait_for(
        lambda: hubs.lease_holders() if len(hubs.lease_holders()) == 1 else None, "one hub has the lease"
    )
    other = "two" if holder == "one" else "one"
    hubs.wait_for(lambda: hubs.watch(other)["standby_reason"] == f"hub {holder} pushes to it", "the other hub names it")
    hubs.wait_for(
        lambda: hubs.watch(holder)["shown"] == home.expected_screen(), "the holder has the answer to its last push"
    )
    before = len(sandbox.arrivals())
    hubs.daemons[holder].kill()
    hubs.wait_for(lambda: hubs.watch(other)["standby_reason"] == "", "the other hub has the lease")
    assert hubs.watch(other)["shown"] == home.expected_screen()
    assert hubs.watch(other)["left"] == 50 - before
    assert len(sandbox.arrivals()) == before, "the shown state is not pushed again"
    home.change()
    hubs.wait_for_actual_state(home)
