"""SIGKILL at random instants: the daemon with a real mosquitto and the sandbox; the laws hold on what arrived.

KILLS sets the number of kills in all stories (default 320), KILL_SEED the seed. A story is several kills with one
store, with a Pushover that fails at times; after the last kill the watch must show the actual state.
"""

import os
import random
import signal
import time

import pytest

from pushglance.runtime.storage.history import last_pushes
from pushglance.sandbox import Fault
from support.agent.daemon import Daemon
from support.homes.simulated_home import Home, home_plan
from support.servers.broker import Broker

KILLS = int(os.environ.get("KILLS", "320"))
SEED = int(os.environ.get("KILL_SEED", "2026"))
STORIES = 8
QUIET_S = 60

# Not "late": no client can prevent that Pushover applies a push after a newer one of the next process.
FAULTS = (
    Fault("drop", applies=True),
    Fault("reset"),
    Fault("status", status=503, applies=True),
    Fault("garbage", applies=True),
    Fault("slow", delay_s=0.2),
    Fault("hang", applies=True, delay_s=1.0),
)


def run_with_kills(daemon, home, sandbox, broker, rng, kills):
    """Kill the daemon repeatedly: before it is ready, while it pushes, waits for an answer, or stops."""
    for number in range(kills):
        if rng.random() < 0.2:
            daemon.spawn()
            time.sleep(rng.random() * 0.4)  # a random moment
        else:
            daemon.start()
        for _ in range(rng.choice((0, 1, 1, 2, 5))):
            if rng.random() < 0.25:
                sandbox.inject(rng.choice(FAULTS))
            home.change()
            time.sleep(rng.random() * 0.06)
        if number % 13 == 12:
            broker.restart()
        if rng.random() < 0.1:
            daemon.process.send_signal(signal.SIGTERM)
            time.sleep(rng.random() * 0.05)
        daemon.kill()


def check_arrivals(arrivals, debits, pushes):
    """Check the laws on what the sandbox received; `debits` are the pushes in the store, oldest first."""
    assert len(arrivals) <= pushes, "a story is much shorter than a day"
    screen, known, newest, rows = {}, {}, {}, iter(debits)
    for arrival in arrivals:
        fields = {name: text for name, text in arrival.fields.items() if text or name in screen}
        row = next(rows, None)
        while row is not None and row.sent != arrival.fields:
            if row.outcome in (None, "unknown"):  # it did not arrive, but the agent cannot know: its fields are unknown
                known.update(dict.fromkeys(row.sent, False))
            row = next(rows, None)
        assert row is not None, f"{arrival.fields} arrived without a debit"
        repeated = [name for name, text in fields.items() if screen.get(name) == text and known[name]]
        assert repeated == [], "these values were on the screen already"
        for name, text in fields.items():
            if name in ("subtext", "count"):
                number = int(text.lstrip("n"))
                assert number >= newest.get(name, 0), "a newer value was shown before"
                newest[name] = number
            screen[name], known[name] = text, row.outcome == "delivered"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("story", range(STORIES))
def test_kills_at_random_instants_keep_the_laws(story, folder, sandbox):
    """Never over, never twice, newest last, each push with a debit, and the last state is shown."""
    rng = random.Random(f"{SEED}-{story}")
    pushes = 50 if story else 8  # in the first story no push is left at the end
    with Broker(folder / "broker") as broker:
        daemon, home = Daemon(folder, home_plan(sandbox, broker, pushes)), Home(broker, rng)
        try:
            run_with_kills(daemon, home, sandbox, broker, rng, KILLS // STORIES)
            sandbox.clear_faults()
            sandbox.release()
            daemon.start()
            wait_for_actual_state(daemon, home, sandbox)
        finally:
            daemon.close()
    debits = [row for row in reversed(last_pushes(folder / "state", 1000)) if row.outcome != "unsent"]
    check_arrivals(sandbox.arrivals(), debits, pushes)


def wait_for_actual_state(daemon, home, sandbox):
    """Request pushes until the watch shows the actual state, or until no push is left; then stop the daemon."""
    until_s = time.monotonic() + QUIET_S
    while time.monotonic() < until_s:
        if all(sandbox.screen().get(name) == text for name, text in home.expected_screen().items()):
            break
        watch = daemon.status()["watches"].get("watch")
        if watch and watch["left"] == 0 and not watch["is_in_flight"]:
            break
        daemon.request(want="push", watch="watch")
        time.sleep(0.2)
    else:
        expected = home.expected_screen()
        pytest.fail(f"the watch shows {sandbox.screen()}, the actual state is {expected}, {daemon.status()}")
    assert daemon.kill(signal.SIGTERM) == 0
