"""Several hubs as processes, a real Redis or Valkey, a real mosquitto, the sandbox: killed, stopped, cut off at random.

HUB_STORIES sets how many stories there are (3 unless told otherwise), KILL_SEED which ones; HUB_TROUBLES (14) how many
troubles each has. Whatever befalls them: never over, newest last, and the truth is shown in the end.
"""

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from pushglance.sandbox import Fault
from support.daemon import Daemon
from support.servers.broker import Broker
from support.servers.redis_server import RedisServer
from support.simulated_home import Home, a_plan

STORIES = int(os.environ.get("HUB_STORIES", "3"))
TROUBLES = int(os.environ.get("HUB_TROUBLES", "14"))
SEED = int(os.environ.get("KILL_SEED", "2026"))
LEASE_MS = 2000
QUIET_S = 60
FAULTS = (Fault("drop", applies=True), Fault("reset"), Fault("status", status=503, applies=True))


class Hubs:
    """Some hubs that share one watch, each in a folder of its own."""

    def __init__(self, folder, sandbox, broker, store, names, pushes=50):
        self.sandbox = sandbox
        self.daemons = {}
        for name in names:
            (folder / name).mkdir()
            plan = a_plan(sandbox, broker, pushes)
            plan["cluster"] = {
                "url": store.url,
                "username": "",
                "hub": name,
                "lease_ms": LEASE_MS,
                "trust": "checked",
                "replicas": 0,
                "ca_file": "",
            }
            self.daemons[name] = Daemon(folder / name, plan)

    def start(self):
        """Start those that do not run, all at once."""
        idle = [one for one in self.daemons.values() if one.process is None or one.process.poll() is not None]
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda daemon: daemon.start(), idle))

    def watch(self, name):
        """Return the watch as a hub tells of it, nothing of one that does not run."""
        daemon = self.daemons[name]
        return daemon.live()["watches"].get("watch", {}) if daemon.process.poll() is None else {}

    def leaders(self):
        """Return the hubs that say that they lead."""
        return [name for name in self.daemons if self.watch(name).get("standby_reason") == ""]

    def wait_for(self, is_so, what):
        """Wait until something is so."""
        until_s = time.monotonic() + QUIET_S
        while not (found := is_so()):
            assert time.monotonic() < until_s, f"{what}: {self.sandbox.screen()} {self.tell()}"
            time.sleep(0.05)
        return found

    def wait_for_truth(self, home, *, or_spent=False):
        """Wait until the watch shows the truth, or until no push is left; an impatient person asks for it."""

        def is_so():
            shown = self.sandbox.screen()
            if all(shown.get(name) == text for name, text in home.truth().items()):
                return True
            for name, daemon in self.daemons.items():
                watch = self.watch(name)
                if watch.get("standby_reason") == "" and not watch["is_in_flight"]:
                    if or_spent and watch["left"] == 0:
                        return True
                    with suppress(OSError):  # it ends just now
                        daemon.want(want="push", watch="watch")
            return False

        self.wait_for(is_so, f"the truth is {home.truth()}")

    def tell(self):
        """Return what there is to say about a failure."""
        return {name: (self.watch(name), daemon.log.read_text()[-1500:]) for name, daemon in self.daemons.items()}

    def close(self):
        """End everything."""
        for daemon in self.daemons.values():
            if daemon.process is not None and daemon.process.poll() is None:
                daemon.process.send_signal(signal.SIGCONT)
            daemon.close()


def befall(luck, hubs, store, broker, stopped):
    """Let one trouble happen; return what it was."""
    name = luck.choice(list(hubs.daemons))
    process = hubs.daemons[name].process
    trouble = luck.choice(("kill", "kill", "kill", "stop", "end", "power cut", "silence", "broker"))
    if trouble == "kill" and process.poll() is None:
        hubs.daemons[name].kill()
    elif trouble == "end" and process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
    elif trouble == "stop" and process.poll() is None and not stopped:
        process.send_signal(signal.SIGSTOP)  # as a virtual machine that is moved
        stopped.append(process)
    elif trouble == "power cut":
        store.restart()
    elif trouble == "silence":
        store.process.send_signal(signal.SIGSTOP)
        time.sleep(luck.random() * 2 * LEASE_MS / 1000)  # the moment itself is what the test varies
        store.process.send_signal(signal.SIGCONT)
    elif trouble == "broker":
        broker.restart()
    return trouble


def live_dangerously(luck, hubs, home, store, broker):
    """Let things happen at home, and troubles to the hubs, all the time."""
    stopped = []
    for number in range(TROUBLES):
        for _ in range(luck.randrange(1, 6)):
            if luck.random() < 0.2:
                hubs.sandbox.inject(luck.choice(FAULTS))
            home.happen()
            time.sleep(luck.random() * 0.3)
        befall(luck, hubs, store, broker, stopped)
        if stopped and luck.random() < 0.4:
            stopped.pop().send_signal(signal.SIGCONT)
        if number % 3 == 2:
            hubs.start() if not stopped else None
    for process in stopped:
        process.send_signal(signal.SIGCONT)


def check_newest_last(arrivals):
    """No count and no note ever goes back."""
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
def test_whatever_befalls_hubs(story, folder, sandbox):
    """Hubs, store and broker go at random instants: never over, newest last, and true in the end."""
    luck = random.Random(f"{SEED}-hubs-{story}")
    pushes = 50 if story else 8  # the first story runs out of pushes, and must stand still then
    with Broker(folder / "broker") as broker, RedisServer(folder / "store") as store:
        home = Home(broker, luck)
        hubs = Hubs(folder, sandbox, broker, store, ("one", "two", "three"), pushes)
        try:
            hubs.start()
            live_dangerously(luck, hubs, home, store, broker)
            sandbox.clear_faults()
            hubs.start()
            hubs.wait_for_truth(home, or_spent=True)
        finally:
            hubs.close()
    arrivals = sandbox.arrivals()
    assert 0 < len(arrivals) <= pushes, "never over: a story is much shorter than a day"
    check_newest_last(arrivals)


@pytest.fixture
def pair(folder, sandbox):
    """Run two hubs that show the truth; return them with the home that they watch and the store that they share."""
    with Broker(folder / "broker") as broker, RedisServer(folder / "store") as store:
        home = Home(broker, random.Random(SEED))
        hubs = Hubs(folder, sandbox, broker, store, ("one", "two"))
        try:
            hubs.start()
            hubs.wait_for_truth(home)
            yield hubs, home, store
        finally:
            hubs.close()


@pytest.mark.timeout(120)
def test_without_the_store(pair, sandbox):
    """While the store is away nothing is pushed and each hub says why; when it is back the truth is shown."""
    hubs, home, store = pair
    away = "the shared store is away"
    store.stop()
    hubs.wait_for(
        lambda: all(away in hubs.watch(name).get("standby_reason", "") for name in hubs.daemons), "each hub says so"
    )
    before = len(sandbox.arrivals())
    home.happen()
    hubs.wait_for(lambda: hubs.daemons["one"].live()["links"]["cluster"] == 0, "the link is told")
    assert len(sandbox.arrivals()) == before
    store.start()
    hubs.wait_for_truth(home)


@pytest.mark.timeout(120)
def test_one_hub_at_a_time(pair, sandbox):
    """One hub leads and the other says who; when that one is killed the other knows what was shown, and goes on."""
    hubs, home, _ = pair
    (leader,) = hubs.wait_for(lambda: hubs.leaders() if len(hubs.leaders()) == 1 else None, "one leads")
    other = "two" if leader == "one" else "one"
    hubs.wait_for(lambda: hubs.watch(other)["standby_reason"] == f"led by the hub {leader}", "the other says who")
    before = len(sandbox.arrivals())
    hubs.daemons[leader].kill()
    hubs.wait_for(lambda: hubs.watch(other)["standby_reason"] == "", "the other leads")
    assert hubs.watch(other)["shown"] == home.truth()
    assert hubs.watch(other)["left"] == 50 - before
    assert len(sandbox.arrivals()) == before, "what was shown is not pushed again"
    home.happen()
    hubs.wait_for_truth(home)
