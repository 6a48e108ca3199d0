"""Check each pin of the settings: which program uses it, its level, whether anything drives it, edges while watched.

A line that the running agent uses is not touched; the agent's status file is read instead.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.gpio_consumers import consumer_name, processes_with_lines
from pushglance.errors import HardwareUnavailable, PushglanceError
from pushglance.runtime.clock import monotonic_ms
from pushglance.runtime.inputs.gpio.gpio_chips import holder_hint
from pushglance.runtime.inputs.gpio.pin_reader import PinReader
from pushglance.runtime.status.status_reader import has_exited, read_status

from .gpio_access import borrowed_reader, sensors_on_real_pins

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

_CHARGE_S = 0.01  # a pull of 50 kOhm charges a long cable in less
_POLL_S = 0.1
_WIRING_HINT = (
    "check wire, pin and magnet: the switch goes between the pin and ground (pull up) or the pin and 3.3 V (pull down)"
)


def check_lines(context: CheckContext) -> Iterator[CheckResult]:
    """Check each pin, then count edges on all pins for `pin_watch_s` seconds."""
    sensors = sensors_on_real_pins(context)
    if context.plan is None or not sensors:
        return
    status = context.agent_status
    sensors_of_agent = {} if status is None or has_exited(status) else status["sensors"]
    # A pin that the agent cannot read is checked as if it did not run.
    reported = {name: row for name, row in sensors_of_agent.items() if row.get("unknown") != "input"}
    try:
        with borrowed_reader(context.plan["gpio"]["factory"]) as reader:
            free = []
            for sensor in sensors:
                consumer = consumer_name(sensor["gpio"])
                if sensor["name"] in reported:
                    yield _agent_result(sensor, reported[sensor["name"]])
                elif consumer:
                    yield _busy_result(sensor, consumer, processes_with_lines(context.root / "proc"))
                else:
                    free.append(sensor)
                    yield check_free_line(sensor, reader)
            if context.pin_watch_s:
                used = [sensor for sensor in sensors if sensor["name"] in reported]
                yield from _watch_lines(context, reader, free, used)
    except HardwareUnavailable:
        message = "no pin can be checked without a library that reads it (see above)"
        yield CheckResult("lines", SKIPPED, message)


def _name(sensor: "SensorPlan") -> str:
    return f"{sensor['name']}, GPIO {sensor['gpio']}"


def _agent_result(sensor: "SensorPlan", reported: dict[str, Any]) -> CheckResult:
    text = "nothing yet" if reported["text"] is None else reported["text"]
    return CheckResult(_name(sensor), OK, f"used by the running agent, which reports: {text}")


def _busy_result(sensor: "SensorPlan", consumer: str, processes: list[str]) -> CheckResult:
    open_lines = f"; processes with open GPIO lines: {', '.join(processes)}" if processes else ""
    held, _, hint = holder_hint(consumer).partition(": ")
    return CheckResult(_name(sensor), WRONG, held + open_lines, hint.partition(";")[0])


def check_free_line(sensor: "SensorPlan", reader: PinReader) -> CheckResult:
    """Read a free line with its own pull, then with both pulls: a line that follows each pull is not driven."""
    try:
        level = _read_level(sensor["gpio"], sensor["pull"], reader)
    except HardwareUnavailable as error:
        return CheckResult(_name(sensor), WRONG, str(error))
    try:
        follows_pull = [_read_level(sensor["gpio"], pull, reader) for pull in ("up", "down")] == [1, 0]
    except HardwareUnavailable:  # a pin with a fixed resistor on the board accepts one pull only
        return CheckResult(_name(sensor), OK, f"level {level}")
    if not follows_pull:
        return CheckResult(_name(sensor), OK, f"level {level}, driven by what is connected to it")
    if sensor["pull"] == "none":
        message = f"level {level} is random: nothing drives this pin and it has no pull, so it floats"
        return CheckResult(_name(sensor), WRONG, message, f'write pull = "up" under [sensors.{sensor["name"]}]')
    message = f"level {level} from its pull alone: the switch is open, or its wire is disconnected"
    return CheckResult(_name(sensor), OK, message)


def _read_level(gpio: int, pull: str, reader: PinReader) -> int:
    pin = reader.pin(gpio, pull, lambda _at_us, _level: None, monotonic_ms)
    pin.open()
    try:
        time.sleep(_CHARGE_S)
        return pin.level()
    finally:
        pin.close()


def _watch_lines(
    context: CheckContext, reader: PinReader, free: "list[SensorPlan]", used: "list[SensorPlan]"
) -> Iterator[CheckResult]:
    """Count edges on free lines, and changes that the agent reports for the lines it uses, for `pin_watch_s`."""
    edges: Counter[str] = Counter()

    def on_edge(name: str, _at_us: int, _level: int) -> None:
        edges[name] += 1

    with ExitStack() as opened:
        pins = {}
        for sensor in free:
            pin = reader.pin(sensor["gpio"], sensor["pull"], partial(on_edge, sensor["name"]), monotonic_ms)
            with suppress(HardwareUnavailable):  # reported before
                pin.open()
                opened.callback(pin.close)
                pins[sensor["name"]] = pin
        changes = _count_reported_changes(context, [sensor["name"] for sensor in used])
        for sensor in free:
            if sensor["name"] in pins:
                count, level = edges[sensor["name"]], pins[sensor["name"]].level()
                yield _watch_result(sensor, count, f"{count} edges in {context.pin_watch_s:.0f} s, level {level} now")
    for sensor in used:
        count, text = changes[sensor["name"]]
        yield _watch_result(sensor, count, f"{count} settled changes in {context.pin_watch_s:.0f} s, {text} now")


def _count_reported_changes(context: CheckContext, names: list[str]) -> dict[str, tuple[int, str]]:
    """Return how often the agent's text for each of these sensors changed within `pin_watch_s`, and the last text."""
    until_s = time.monotonic() + context.pin_watch_s
    last: dict[str, Any] = {}
    counts: Counter[str] = Counter()
    while time.monotonic() < until_s:
        with suppress(PushglanceError):  # the agent restarts
            sensors = read_status(context.runtime_dir)["sensors"] if names else {}
            for name in names:
                text = sensors.get(name, {}).get("text")
                counts[name] += name in last and last[name] != text
                last[name] = text
        time.sleep(_POLL_S)
    return {name: (counts[name], str(last.get(name))) for name in names}


def _watch_result(sensor: "SensorPlan", count: int, message: str) -> CheckResult:
    if not count:
        return CheckResult(_name(sensor), WARNING, message, f"move it while it is watched; if you did, {_WIRING_HINT}")
    return CheckResult(_name(sensor), OK, message)
