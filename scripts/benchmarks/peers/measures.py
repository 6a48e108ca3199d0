"""The measures. Each starts one program on brokers and sinks of its own and returns raw figures by name."""

import contextlib
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .brokers import FalseBroker, Link, Mosquitto
from .programs import Program
from .running import Running
from .sink import Sink
from .topics import DOOR, LEVEL

_START_S = 30
_REQUEST_S = 10
_LAST_S = 1  # for the last of a burst, from a program that has nothing more to do
_CHANGES = 1000
_BURST = 20_000
_PACE_S = 0.1
_MS = 1000
_MEMORY = Path("/dev/shm")  # noqa: S108 - made with mkdtemp, and gone afterwards

Figures = dict[str, list[float]]


@dataclass(frozen=True)
class Effort:
    """How long things take."""

    settle_s: float  # before memory is looked at, and before an idle program is watched
    idle_s: float
    changes: int  # of which each is waited for; a topic may spend 40 of the 50 pushes of a day
    ignored: int
    at_once: frozenset[str]  # measures for which all programs run at the same time: at rest they hardly disturb others


# At the same time programs share more of their memory, which PSS sees and RSS does not.
QUICK = Effort(settle_s=3, idle_s=32, changes=10, ignored=1000, at_once=frozenset({"memory", "idle"}))
FULL = Effort(settle_s=30, idle_s=120, changes=35, ignored=10_000, at_once=frozenset({"idle"}))


@dataclass
class Place:
    """One program at work: its broker, its sink, and a link that publishes."""

    program: Running
    broker: Mosquitto
    sink: Sink
    link: Link

    def change(self, word: bytes, number: int) -> float | None:
        """Publish a change of the door and return when request `number` was there."""
        self.link.publish([(DOOR, word)], 1)
        return self.sink.wait_for(number, _REQUEST_S)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Make a folder on the disk; `memory` in it is one that is none, as /run is, where there is such a thing."""
    memory = _MEMORY if _MEMORY.is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix="pushglance-bench-") as files,
        tempfile.TemporaryDirectory(prefix="pushglance-bench-", dir=memory) as run,
    ):
        (Path(files) / "memory").symlink_to(run)
        yield Path(files)


@contextlib.contextmanager
def at_work(program: Program) -> Iterator[Place]:
    """Start a program and return once it has reacted to the door and knows the level."""
    with (
        folder() as files,
        Mosquitto(files) as broker,
        Sink() as sink,
        Running(program.setup(files, broker.port, sink.port), files) as running,
        Link(broker.port, "bench-publisher") as link,
    ):
        place = Place(running, broker, sink, link)
        until_s = time.monotonic() + _START_S
        while program.acts and not sink.count():
            link.publish([(LEVEL, b"63.0"), (DOOR, b"closed")], 1)
            if running.has_ended() or time.monotonic() > until_s:
                raise TimeoutError(f"{program.name} does not come to work: {running.log.read_text()[-500:]}")
            sink.wait_for(1, 0.3)
        if program.acts:
            sink.wait_for_calm(0.7, 5)
        yield place


def start(program: Program, _effort: Effort) -> Figures:
    """Measure from the start to the subscription, ms: with settings that are new to it, and again with the same."""
    figures = {}
    with folder() as files, Sink() as sink, FalseBroker() as broker:
        command = program.setup(files, broker.port, sink.port)
        for figure in ("first start to SUBSCRIBE, ms", "start to SUBSCRIBE, ms"):
            broker.forget()
            with Running(command, files) as running:
                at_s = broker.subscribed_at(_START_S)
                if at_s is None:
                    raise TimeoutError(f"{program.name} does not subscribe: {running.log.read_text()[-500:]}")
                figures[figure] = [(at_s - running.began_s) * _MS]
    return figures


def memory(program: Program, effort: Effort) -> Figures:
    """Measure memory at rest, MiB."""
    with at_work(program) as place:
        time.sleep(effort.settle_s)
        rss, pss = place.program.memory_mib()
        return {"memory (RSS), MiB": [rss], "memory (PSS), MiB": [pss]}


def idle(program: Program, effort: Effort) -> Figures:
    """Measure what doing nothing costs."""
    with at_work(program) as place:
        time.sleep(effort.settle_s)
        began_s, before = time.monotonic(), place.program.spent()
        time.sleep(effort.idle_s)
        after, seconds = place.program.spent(), time.monotonic() - began_s
        return {
            "idle CPU, ms a minute": [(after.cpu_ns - before.cpu_ns) / 1e6 * 60 / seconds],
            "idle wake-ups a second": [(after.wakes - before.wakes) / seconds],
        }


def latency(program: Program, effort: Effort) -> Figures:
    """Measure from a change's message to its complete request, ms."""
    with at_work(program) as place:
        place.program.rest()
        waits = []
        for word in itertools.islice(itertools.cycle((b"open", b"closed")), effort.changes):
            began_s = time.monotonic()
            at_s = place.change(word, place.sink.count() + 1)
            if at_s is not None:
                waits.append((at_s - began_s) * _MS)
            time.sleep(_PACE_S)
        return {"message to request, ms": waits}


def ignored(program: Program, effort: Effort) -> Figures:
    """Measure the CPU time of a message that changes nothing, us: a thousand a second, a number that trembles."""
    figures = {}
    with at_work(program) as place:
        for qos in (0, 1):
            place.program.rest()
            before = place.program.spent().cpu_ns
            _publish_at_pace(place.link, effort.ignored, qos)
            place.program.rest()
            cost_us = (place.program.spent().cpu_ns - before) / 1000 / effort.ignored
            figures[f"CPU per ignored message, us, QoS {qos}"] = [cost_us]
    return figures


def _publish_at_pace(link: Link, messages: int, qos: int, a_second: int = 1000) -> None:
    began_s = time.monotonic()
    for number in range(messages):
        link.publish([(LEVEL, b"63.%d" % (number % 5))], qos)
        time.sleep(max(0.0, began_s + (number + 1) / a_second - time.monotonic()))


def burst(program: Program, _effort: Effort) -> Figures:
    """Publish 20 000 at once, the last of which is a change; measure what the broker dropped."""
    noise = [(LEVEL, b"63.%d" % (number % 5)) for number in range(_BURST - 1)]
    with at_work(program) as place:
        place.program.rest()
        requests, before = place.sink.count(), place.program.spent().cpu_ns
        place.link.publish([*noise, (DOOR, b"open")], 1)
        place.program.rest()
        came = place.sink.wait_for(requests + 1, _LAST_S)
        cost_us = (place.program.spent().cpu_ns - before) / 1000 / _BURST
        return {
            "dropped of 20 000 at QoS 1": [place.broker.dropped()],
            "the last of 20 000 arrived": [float(came is not None)],
            "CPU per message of the burst, us": [cost_us],
        }


def changes(program: Program, _effort: Effort) -> Figures:
    """Publish 1000 changes at once; count the requests, and look at memory afterwards."""
    words = itertools.islice(itertools.cycle((b"open", b"closed")), _CHANGES)
    with at_work(program) as place:
        place.program.rest()
        before = place.sink.count()
        place.link.publish([(DOOR, word) for word in words], 1)
        place.sink.wait_for_calm(2, 60)
        return {
            "requests for 1000 changes": [float(place.sink.count() - before)],
            "memory after them (RSS), MiB": [place.program.memory_mib()[0]],
        }


MEASURES: dict[str, Callable[[Program, Effort], Figures]] = {
    "start": start,
    "memory": memory,
    "idle": idle,
    "latency": latency,
    "ignored": ignored,
    "burst": burst,
    "changes": changes,
}
FOR_ALL = {"start", "memory", "idle"}  # the others need a program that acts
