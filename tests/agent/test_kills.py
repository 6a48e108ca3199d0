"""SIGKILL at random instants: the whole daemon, a real mosquitto, the sandbox; the laws on what the sandbox received.

KILLS sets how many there are in all (320 unless told otherwise), KILL_SEED which ones. A story is some kills in a row
on one store, with a Pushover that fails now and then; then a quiet end, in which the watch must come to show the truth.
"""

import os
import random
import signal
import time

import pytest

import plans
from broker import Broker
from daemon import Daemon
from pushglance.runtime.storage.history import last_pushes
from pushglance.sandbox import TOKEN, USER, Fault

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


class Home:
    """Tell a real broker what happens at home, as retained messages."""

    def __init__(self, broker, luck):
        self._luck = luck
        self._broker = broker
        self._door, self._note, self._meter = 0, 0, 5000
        for topic in ("door", "note", "meter"):
            self._tell(topic)

    def _tell(self, topic):
        value = {"door": ("closed", "open")[self._door], "note": f"n{self._note}", "meter": str(self._meter)}[topic]
        self._broker.publish(f"home/{topic}", value, retain=True)

    def happen(self):
        """Let one thing happen."""
        topic = self._luck.choice(("door", "door", "note", "meter"))
        if topic == "door":
            self._door = 1 - self._door
        elif topic == "note":
            self._note += 1
        else:
            self._meter += self._luck.randrange(1, 50)
        self._tell(topic)

    def truth(self):
        """Return what the watch should show."""
        door = "Garage open" if self._door else "Garage closed"
        return {"title": "Home", "text": door, "subtext": f"n{self._note}", "count": str(self._meter)}


def a_plan(sandbox, broker, pushes):
    """Return a Plan of three urgent sensors on topics: each change wants to be pushed at once."""
    sensors = [
        plans.topic_contact(topic="home/door"),
        plans.text(topic="home/note", urgent=1),
        plans.counter("meter", source="mqtt", counts="total", topic="home/meter", resets="never", urgent=1)
        | {"qos": 1, "pointer": ""},
    ]
    fields = {"title": ["Home"], "text": [["garage", ""]], "subtext": [["note", ""]], "count": [["meter", "total"]]}
    return plans.plan(
        sensors,
        [plans.watch(pushes=pushes, spacing_ms=0, **fields) | {"device": ""}],
        pushover={"url": sandbox.url, "connect_ms": 2000, "read_ms": 700, "ca_file": ""},
        mqtt={
            "host": broker.host,
            "port": broker.port,
            "version": "5",
            "username": "",
            "client_id": "",
            "keepalive_s": 60,
            "tls": 0,
            "ca_file": "",
            "cert_file": "",
            "key_file": "",
        },
        secrets={"token": TOKEN, "users": {"watch": USER}, "mqtt_password": ""},
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
                sandbox.next(luck.choice(FAULTS))
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
