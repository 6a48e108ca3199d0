"""The measures; each starts one program with its own broker and sink and returns raw figures by name."""

import contextlib
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .brokers import Mosquitto, ProbeBroker, Publisher
from .http_sink import HttpSink
from .job import DOOR, LEVEL
from .measured_process import MeasuredProcess
from .programs import Program

_START_S = 30
_REQUEST_S = 10
_LAST_S = 1  # for the last message of a burst, from an idle program
_CHANGES = 1000
_BURST = 20_000
_PACE_S = 0.1
_MS = 1000
_MEMORY = Path("/dev/shm")  # noqa: S108 - made with mkdtemp, and gone afterwards

Figures = dict[str, list[float]]


@dataclass(frozen=True)
class Effort:
    """Durations and counts of a run."""

    settle_s: float  # before memory and idle CPU are measured
    idle_s: float
    changes: int  # one at a time; a topic may use 40 of the 50 pushes of a day
    ignored: int
    at_once: frozenset[str]  # measures for which all programs run at the same time; idle ones hardly disturb each other


# Programs that run at the same time share more memory, which changes PSS and not RSS.
QUICK = Effort(settle_s=3, idle_s=32, changes=10, ignored=1000, at_once=frozenset({"memory", "idle"}))
FULL = Effort(settle_s=30, idle_s=120, changes=35, ignored=10_000, at_once=frozenset({"idle"}))


@dataclass
class Setting:
    """A running program with its broker, its sink and a publisher."""

    program: MeasuredProcess
    broker: Mosquitto
    sink: HttpSink
    publisher: Publisher

    def change(self, payload: bytes, number: int) -> float | None:
        """Publish a change of the door; return when request `number` was complete, or None."""
        self.publisher.publish([(DOOR, payload)], 1)
        return self.sink.wait_for(number, _REQUEST_S)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Make a folder on the disk; `memory` in it is in RAM, as /run is, if this system has /dev/shm."""
    memory = _MEMORY if _MEMORY.is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix="pushglance-bench-") as files,
        tempfile.TemporaryDirectory(prefix="pushglance-bench-", dir=memory) as run,
    ):
        (Path(files) / "memory").symlink_to(run)
        yield Path(files)


@contextlib.contextmanager
def running_program(program: Program) -> Iterator[Setting]:
    """Start a program; yield when it has reacted to the door and knows the level."""
    with (
        folder() as files,
        Mosquitto(files) as broker,
        HttpSink() as sink,
        MeasuredProcess(program.setup(files, broker.port, sink.port), files) as running,
        Publisher(broker.port, "bench-publisher") as publisher,
    ):
        setting = Setting(running, broker, sink, publisher)
        until_s = time.monotonic() + _START_S
        while program.acts and not sink.count():
            publisher.publish([(LEVEL, b"63.0"), (DOOR, b"closed")], 1)
            if running.has_ended() or time.monotonic() > until_s:
                raise TimeoutError(f"{program.name} does not react: {running.log.read_text()[-500:]}")
            sink.wait_for(1, 0.3)
        if program.acts:
            sink.wait_until_idle(0.7, 5)
        yield setting


def start(program: Program, _effort: Effort) -> Figures:
    """Measure the time from the start to the subscription, ms: first with new settings, then with the same ones."""
    figures = {}
    with folder() as files, HttpSink() as sink, ProbeBroker() as broker:
        command = program.setup(files, broker.port, sink.port)
        for figure in ("first start to SUBSCRIBE, ms", "start to SUBSCRIBE, ms"):
            broker.reset()
            with MeasuredProcess(command, files) as running:
                at_s = broker.subscribed_at(_START_S)
                if at_s is None:
                    raise TimeoutError(f"{program.name} does not subscribe: {running.log.read_text()[-500:]}")
                figures[figure] = [(at_s - running.start_s) * _MS]
    return figures


def memory(program: Program, effort: Effort) -> Figures:
    """Measure the memory of an idle program, MiB."""
    with running_program(program) as setting:
        time.sleep(effort.settle_s)
        rss, pss = setting.program.memory_mib()
        return {"memory (RSS), MiB": [rss], "memory (PSS), MiB": [pss]}


def idle(program: Program, effort: Effort) -> Figures:
    """Measure the CPU time and the wake-ups of an idle program."""
    with running_program(program) as setting:
        time.sleep(effort.settle_s)
        start_s, before = time.monotonic(), setting.program.usage()
        time.sleep(effort.idle_s)
        after, seconds = setting.program.usage(), time.monotonic() - start_s
        return {
            "idle CPU, ms a minute": [(after.cpu_ns - before.cpu_ns) / 1e6 * 60 / seconds],
            "idle wake-ups a second": [(after.wakeups - before.wakeups) / seconds],
        }


def latency(program: Program, effort: Effort) -> Figures:
    """Measure the time from the message of a change to its complete request, ms."""
    with running_program(program) as setting:
        setting.program.wait_until_idle()
        waits = []
        for payload in itertools.islice(itertools.cycle((b"open", b"closed")), effort.changes):
            start_s = time.monotonic()
            at_s = setting.change(payload, setting.sink.count() + 1)
            if at_s is not None:
                waits.append((at_s - start_s) * _MS)
            time.sleep(_PACE_S)
        return {"message to request, ms": waits}


def ignored(program: Program, effort: Effort) -> Figures:
    """Measure the CPU time of a message that changes nothing, us: 1000 per second, a number with noise."""
    figures = {}
    with running_program(program) as setting:
        for qos in (0, 1):
            setting.program.wait_until_idle()
            before = setting.program.usage().cpu_ns
            _publish_at_pace(setting.publisher, effort.ignored, qos)
            setting.program.wait_until_idle()
            cost_us = (setting.program.usage().cpu_ns - before) / 1000 / effort.ignored
            figures[f"CPU per ignored message, us, QoS {qos}"] = [cost_us]
    return figures


def _publish_at_pace(publisher: Publisher, messages: int, qos: int, per_second: int = 1000) -> None:
    start_s = time.monotonic()
    for number in range(messages):
        publisher.publish([(LEVEL, b"63.%d" % (number % 5))], qos)
        time.sleep(max(0.0, start_s + (number + 1) / per_second - time.monotonic()))


def burst(program: Program, _effort: Effort) -> Figures:
    """Publish 20 000 messages at once, the last one a change; measure what the broker dropped."""
    noise = [(LEVEL, b"63.%d" % (number % 5)) for number in range(_BURST - 1)]
    with running_program(program) as setting:
        setting.program.wait_until_idle()
        requests, before = setting.sink.count(), setting.program.usage().cpu_ns
        setting.publisher.publish([*noise, (DOOR, b"open")], 1)
        setting.program.wait_until_idle()
        last_s = setting.sink.wait_for(requests + 1, _LAST_S)
        cost_us = (setting.program.usage().cpu_ns - before) / 1000 / _BURST
        return {
            "dropped of 20 000 at QoS 1": [setting.broker.dropped()],
            "the last of 20 000 arrived": [float(last_s is not None)],
            "CPU per message of the burst, us": [cost_us],
        }


def changes(program: Program, _effort: Effort) -> Figures:
    """Publish 1000 changes at once; count the requests, and measure memory afterwards."""
    payloads = itertools.islice(itertools.cycle((b"open", b"closed")), _CHANGES)
    with running_program(program) as setting:
        setting.program.wait_until_idle()
        before = setting.sink.count()
        setting.publisher.publish([(DOOR, payload) for payload in payloads], 1)
        setting.sink.wait_until_idle(2, 60)
        return {
            "requests for 1000 changes": [float(setting.sink.count() - before)],
            "memory after them (RSS), MiB": [setting.program.memory_mib()[0]],
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
