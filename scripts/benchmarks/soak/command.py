"""`scripts/bench soak`: hours in minutes. A million events through the whole daemon, against the sandbox and mosquitto.

A contact, a gauge, a text and a counter on topics get changes, numbers and rubbish, 4000 a second. After a warm-up of a
fifth, memory, handles, threads and the store are looked at, and again at the end: all of them must have stayed.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.peers.brokers import Link, Mosquitto
from benchmarks.peers.running import proc_figures
from pushglance.sandbox import TOKEN, USER, Sandbox
from support import plans
from support.daemon import Daemon

_GROWTH_MIB_MAX = 1.0
_STORE_MIB_MAX = 8.0  # 10 000 transitions of each contact, 20 000 pushes, and a log of SQLite's beside them
_WARM = 5  # a fifth of the events are warm-up
_BATCH = 500  # less than a broker keeps for a slow client: none is lost
_A_SECOND = 4000  # faster, and a broker drops most of it before it was an event for anybody
_LOST_MAX = 0.05
_TOPICS = ("soak/door", "soak/level", "soak/note", "soak/meter")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what may be asked."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--events", type=int, default=1_000_000, help="how many (default 1000000)")
    parser.add_argument("--quick", action="store_true", help="a tenth of that: half a minute")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures as JSON, too")


def run(arguments: argparse.Namespace) -> None:
    """Feed, look, print; ends with 1 if something grew that must not."""
    events = 100_000 if arguments.quick else arguments.events
    with (
        tempfile.TemporaryDirectory(prefix="pushglance-soak-") as name,
        Sandbox() as sandbox,
        Mosquitto(Path(name)) as broker,
    ):
        daemon = Daemon(Path(name), _plan(sandbox, broker)).start()
        try:
            with Link(broker.port, "soak-publisher") as link:
                _wait_for_note(link, daemon, "first")
                began_s = time.monotonic()
                _feed(link, daemon, events // _WARM, 0)
                before = _look(daemon)
                _feed(link, daemon, events - events // _WARM, events // _WARM)
                after = _look(daemon)
            lost = broker.dropped()
        finally:
            daemon.close()
        pushes = len(sandbox.arrivals())
    seconds = time.monotonic() - began_s
    print(f"{events} events in {seconds:.0f} s, {lost} dropped by the broker, {pushes} pushes")
    for figure, value in before.items():
        print(f"{figure:<24}{value:8.1f} after warm-up{after[figure]:8.1f} at the end")
    if arguments.json:
        arguments.json.write_text(json.dumps({"events": events, "before": before, "after": after}, indent=1) + "\n")
    complaints = list(_complaints(before, after))
    if lost > events * _LOST_MAX:
        complaints.append("the broker dropped so much that this was no soak: the machine is too busy")
    if complaints:
        sys.exit("; ".join(complaints))


def _complaints(before: dict[str, float], after: dict[str, float]) -> Iterator[str]:
    if after["memory (RSS), MiB"] - before["memory (RSS), MiB"] > _GROWTH_MIB_MAX:
        yield f"memory grew by more than {_GROWTH_MIB_MAX} MiB"
    for figure in ("handles", "threads"):
        if after[figure] != before[figure]:
            yield f"{figure} did not stay"
    if after["store, MiB"] > _STORE_MIB_MAX:
        yield f"the store has more than {_STORE_MIB_MAX} MiB"


def _feed(link: Link, daemon: Daemon, events: int, done: int) -> None:
    """Publish in batches, and wait now and then until a note has come through, so that no queue hides what is slow."""
    began_s = time.monotonic()
    for first in range(done, done + events, _BATCH):
        batch = [(_TOPICS[number % 4], _payload(number)) for number in range(first, first + _BATCH)]
        link.publish(batch, 1)
        time.sleep(max(0.0, began_s + (first + _BATCH - done) / _A_SECOND - time.monotonic()))
        # The live file is written twice a second: asking for each batch would be waiting, not soaking.
        if first // _BATCH % 20 == 0:
            _wait_for_note(link, daemon, f"batch {first}")


def _wait_for_note(link: Link, daemon: Daemon, note: str) -> None:
    """Publish a note until it is read: the broker may have dropped the one before, or not know the agent yet."""
    while daemon.live()["sensors"].get("note", {}).get("text") != note:
        daemon.wait_for(lambda: True)  # or it has ended
        link.publish([("soak/note", note.encode())], 1)
        time.sleep(0.05)


def _payload(number: int) -> bytes:
    if number % 97 == 0:
        return b"\xff rubbish"
    turn = number // 4
    return (b"open" if turn % 2 else b"closed", b"%d" % (turn % 100), b"note %d" % turn, b"%d" % turn)[number % 4]


def _look(daemon: Daemon) -> dict[str, float]:
    time.sleep(3)  # what is on its way arrives, and the live file is true
    state = daemon.folder / "state"
    size = sum(path.stat().st_size for path in state.iterdir())
    return {**proc_figures(daemon.process.pid), "store, MiB": size / 2**20}


def _plan(sandbox: Sandbox, broker: Mosquitto) -> dict[str, object]:
    sensors = [
        plans.topic_contact("door", "soak/door", urgent=1),
        plans.gauge("level", topic="soak/level"),
        plans.text("note", topic="soak/note"),
        plans.counter("meter", source="mqtt", counts="total", topic="soak/meter") | {"qos": 1, "pointer": ""},
    ]
    shown = {"title": [["door", ""]], "text": [["note", ""]], "count": [["meter", ""]], "percent": [["level", ""]]}
    watch = plans.watch("soak", spacing_ms=1000, **shown)
    return plans.plan(
        sensors,
        [watch],
        pushover={"url": sandbox.url, "connect_ms": 2000, "read_ms": 2000, "ca_file": ""},
        mqtt=plans.mqtt(broker.port, version="5"),
        secrets={"token": TOKEN, "users": {"soak": USER}, "mqtt_password": ""},
    )
