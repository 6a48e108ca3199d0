"""SIGKILL at random instants: the whole daemon, a real mosquitto, the sandbox; the laws on what the sandbox received.

KILLS sets how many there are in all (320 unless told otherwise), KILL_SEED which ones. A story is some kills in a row
on one store, with a Pushover that fails now and then; then a quiet end, in which the watch must come to show the truth.
"""

import os
import random
import signal
import time

import pytest

from pushglance.runtime.storage.history import last_pushes
from pushglance.sandbox import Fault
from support.daemon import Daemon
from support.servers.broker import Broker
from support.simulated_home import Home, a_plan

KILLS = int(os.environ.get("KILLS", "320"))
SEED = int(os.environ.get("KILL_SEED", "2026"))
STORIES = 8
QUIET_S = 60

# Not "late": what Pushover carries out after a newer push of the next process, no client can help.
FAULTS = (
    Fault("drop", applies=True),
    Fault("reset"),
    Fault("status", status=503, applies=True),
    Fault("garbage", applies=True),
    Fault("slow", delay_s=0.2),
    Fault("hang", applies=True, delay_s=1.0),
)


def live_dangerously(daemon, home, sandbox, broker, luck, kills):
    """Kill the daemon again and again: before it is ready, while it hears, pushes, waits for an answer, or stops."""
    for number in range(kills):
        if luck.random() < 0.2:
            daemon.spawn()
            time.sleep(luck.random() * 0.4)  # the moment itself is what the test varies
        else:
            daemon.start()
        for _ in range(luck.choice((0, 1, 1, 2, 5))):
            if luck.random() < 0.25:
                sandbox.inject(luck.choice(FAULTS))
            home.happen()
            time.sleep(luck.random() * 0.06)
        if number % 13 == 12:
            broker.restart()
        if luck.random() < 0.1:
            daemon.process.send_signal(signal.SIGTERM)
            time.sleep(luck.random() * 0.05)
        daemon.kill()


def check_arrivals(arrivals, booked, pushes):
    """Hold what the sandbox received against the laws; `booked` is the store's account, oldest first."""
    assert len(arrivals) <= pushes, "never over: a story is much shorter than a day"
    screen, known, newest, rows = {}, {}, {}, iter(booked)
    for arrival in arrivals:
        fields = {name: text for name, text in arrival.fields.items() if text or name in screen}
        row = next(rows, None)
        while row is not None and row.sent != arrival.fields:
            if row.outcome in (None, "unknown"):  # it never came, but the agent cannot know: its fields are in doubt
                known.update(dict.fromkeys(row.sent, False))
            row = next(rows, None)
        assert row is not None, f"{arrival.fields} arrived without a debit"
        repeated = [name for name, text in fields.items() if screen.get(name) == text and known[name]]
        assert repeated == [], "never twice: these were surely on the screen already"
        for name, text in fields.items():
            if name in ("subtext", "count"):
                number = int(text.lstrip("n"))
                assert number >= newest.get(name, 0), "newest last"
                newest[name] = number
            screen[name], known[name] = text, row.outcome == "delivered"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("story", range(STORIES))
def test_killed_at_any_instant(story, folder, sandbox):
    """However often it is killed, and whenever: never over, never twice, newest last, booked, and true in the end."""
    luck = random.Random(f"{SEED}-{story}")
    pushes = 50 if story else 8  # the first story runs out of pushes, and must stand still then
    with Broker(folder / "broker") as broker:
        daemon, home = Daemon(folder, a_plan(sandbox, broker, pushes)), Home(broker, luck)
        try:
            live_dangerously(daemon, home, sandbox, broker, luck, KILLS // STORIES)
            sandbox.clear_faults()
            sandbox.release()
            daemon.start()
            end_quietly(daemon, home, sandbox)
        finally:
            daemon.close()
    booked = [row for row in reversed(last_pushes(folder / "state", 1000)) if row.outcome != "unsent"]
    check_arrivals(sandbox.arrivals(), booked, pushes)


def end_quietly(daemon, home, sandbox):
    """Wait until the watch shows the truth, or until no push is left; an impatient person asks for it."""
    until_s = time.monotonic() + QUIET_S
    while time.monotonic() < until_s:
        if all(sandbox.screen().get(name) == text for name, text in home.truth().items()):
            break
        watch = daemon.live()["watches"].get("watch")
        if watch and watch["left"] == 0 and not watch["is_in_flight"]:
            break
        daemon.want(want="push", watch="watch")
        time.sleep(0.2)
    else:
        pytest.fail(f"the watch shows {sandbox.screen()}, the truth is {home.truth()}, {daemon.live()}")
    assert daemon.kill(signal.SIGTERM) == 0
