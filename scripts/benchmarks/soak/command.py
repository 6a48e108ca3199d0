"""`scripts/bench soak`: feed a million events to the whole daemon, with the sandbox and mosquitto.

A contact, a gauge, a text and a counter on topics get valid and invalid payloads, 4000 per second. Memory, handles,
threads and the store are measured after a warm-up of a fifth of the events, and again at the end; they must not grow.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.peers.brokers import Mosquitto, Publisher
from benchmarks.peers.measured_process import proc_figures
from pushglance.sandbox import TOKEN, USER, Sandbox
from support import plans
from support.agent.daemon import Daemon

_GROWTH_MIB_MAX = 1.0
_STORE_MIB_MAX = 8.0  # 10 000 transitions per contact, 20 000 pushes, and SQLite's write-ahead log
_WARM_UP = 5  # one fifth of the events
_BATCH = 500  # less than a broker queues for a slow client, so none is lost
_EVENTS_PER_S = 4000  # at a higher rate the broker drops most of them
_LOST_MAX = 0.05
_TOPICS = ("soak/door", "soak/level", "soak/note", "soak/meter")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.description = __doc__
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--events", type=int, default=1_000_000, help="number of events (default 1000000)")
    parser.add_argument("--quick", action="store_true", help="100000 events: half a minute")
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write the figures as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Feed, measure and print; exit with 1 if a figure grew."""
    events = 100_000 if arguments.quick else arguments.events
    with (
        tempfile.TemporaryDirectory(prefix="pushglance-soak-") as name,
        Sandbox() as sandbox,
        Mosquitto(Path(name)) as broker,
    ):
        daemon = Daemon(Path(name), _plan(sandbox, broker)).start()
        try:
            with Publisher(broker.port, "soak-publisher") as publisher:
                _wait_for_note(publisher, daemon, "first")
                start_s = time.monotonic()
                _feed(publisher, daemon, events // _WARM_UP, 0)
                before = _measure(daemon)
                _feed(publisher, daemon, events - events // _WARM_UP, events // _WARM_UP)
                after = _measure(daemon)
            lost = broker.dropped()
        finally:
            daemon.close()
        pushes = len(sandbox.arrivals())
    seconds = time.monotonic() - start_s
    print(f"{events} events in {seconds:.0f} s, {lost} dropped by the broker, {pushes} pushes")
    for figure, value in before.items():
        print(f"{figure:<24}{value:8.1f} after warm-up{after[figure]:8.1f} at the end")
    if arguments.json:
        arguments.json.write_text(json.dumps({"events": events, "before": before, "after": after}, indent=1) + "\n")
    problems = list(_problems(before, after))
    if lost > events * _LOST_MAX:
        problems.append("the broker dropped more than 5 % of the events: the machine is too busy for this benchmark")
    if problems:
        sys.exit("; ".join(problems))


def _problems(before: dict[str, float], after: dict[str, float]) -> Iterator[str]:
    if after["memory (RSS), MiB"] - before["memory (RSS), MiB"] > _GROWTH_MIB_MAX:
        yield f"memory grew by more than {_GROWTH_MIB_MAX} MiB"
    for figure in ("handles", "threads"):
        if after[figure] != before[figure]:
            yield f"{figure} changed from {before[figure]:.0f} to {after[figure]:.0f}"
    if after["store, MiB"] > _STORE_MIB_MAX:
        yield f"the store is larger than {_STORE_MIB_MAX} MiB"


def _feed(publisher: Publisher, daemon: Daemon, events: int, done: int) -> None:
    """Publish in batches; wait from time to time until a note is read, so that no queue hides a slow daemon."""
    start_s = time.monotonic()
    for first in range(done, done + events, _BATCH):
        batch = [(_TOPICS[number % 4], _payload(number)) for number in range(first, first + _BATCH)]
        publisher.publish(batch, 1)
        time.sleep(max(0.0, start_s + (first + _BATCH - done) / _EVENTS_PER_S - time.monotonic()))
        # The status file is written twice a second, so a wait after each batch would slow down the run.
        if first // _BATCH % 20 == 0:
            _wait_for_note(publisher, daemon, f"batch {first}")


def _wait_for_note(publisher: Publisher, daemon: Daemon, note: str) -> None:
    """Publish a note until it is read: the broker may drop it, or the agent may not have subscribed yet."""
    while daemon.status()["sensors"].get("note", {}).get("text") != note:
        daemon.wait_for(lambda: True)  # raises if the daemon has ended
        publisher.publish([("soak/note", note.encode())], 1)
        time.sleep(0.05)


def _payload(number: int) -> bytes:
    if number % 97 == 0:
        return b"\xff not UTF-8"
    round_number = number // 4
    return (
        b"open" if round_number % 2 else b"closed",
        b"%d" % (round_number % 100),
        b"note %d" % round_number,
        b"%d" % round_number,
    )[number % 4]


def _measure(daemon: Daemon) -> dict[str, float]:
    time.sleep(3)  # so that all events are handled and the status file is up to date
    state = daemon.folder / "state"
    size = sum(path.stat().st_size for path in state.iterdir())
    assert daemon.process is not None
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
