"""Each pin of the settings: who holds it, its level now, whether anything drives it, and edges while it is watched.

A line that the running agent holds is left alone: what the agent tells of it is looked at instead.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.gpio_consumers import name_of_holder, processes_with_lines
from pushglance.errors import HardwareUnavailable, PushglanceError
from pushglance.runtime.clock import monotonic_ms
from pushglance.runtime.inputs.gpio.input_pin import InputPin
from pushglance.runtime.status.status_reader import is_gone, read_status

from .gpio_access import lent_factory, on_real_pins

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

_CHARGE_S = 0.01  # a pull of 50 kOhm moves a long cable within
_LOOK_S = 0.1
_WIRING = "the switch goes between the pin and ground (pull up) or 3.3 V (pull down): look at wire, pin and magnet"


def check_lines(patient: CheckContext) -> Iterator[CheckResult]:
    """Look at each pin, and watch them all if that is asked for."""
    sensors = on_real_pins(patient)
    if patient.plan is None or not sensors:
        return
    is_agent = patient.live is not None and not is_gone(patient.live)
    told = patient.live["sensors"] if patient.live is not None and is_agent else {}
    try:
        with lent_factory(patient.plan["gpio"]["factory"]) as factory:
            free = []
            for sensor in sensors:
                holder = name_of_holder(sensor["gpio"])
                if sensor["name"] in told:
                    yield _told_by_agent(sensor, told[sensor["name"]])
                elif holder:
                    yield _busy(sensor, holder, processes_with_lines(patient.root / "proc"))
                else:
                    free.append(sensor)
                    yield probe(sensor, factory)
            if patient.watch_s:
                yield from _watch(patient, factory, free, [one for one in sensors if one["name"] in told])
    except HardwareUnavailable:
        yield CheckResult("lines", SKIPPED, "without a pin factory that works (see above) no pin can be looked at")


def _name(sensor: "SensorPlan") -> str:
    return f"{sensor['name']}, GPIO {sensor['gpio']}"


def _told_by_agent(sensor: "SensorPlan", told: dict[str, Any]) -> CheckResult:
    text = "nothing yet" if told["text"] is None else told["text"]
    return CheckResult(_name(sensor), OK, f"the running agent holds it and says: {text}")


def _busy(sensor: "SensorPlan", holder: str, processes: list[str]) -> CheckResult:
    by = f"; of all processes these have GPIO lines open: {', '.join(processes)}" if processes else ""
    cure = "stop that program, or a line of config.txt (dtoverlay) that names this pin, or take another pin"
    return CheckResult(_name(sensor), WRONG, f"it is held by what calls itself {holder!r}{by}", cure)


def probe(sensor: "SensorPlan", factory: Any) -> CheckResult:
    """Read a free line with its own pull and with both others: what follows every pull is driven by nothing."""
    try:
        level = _level(sensor["gpio"], sensor["pull"], factory)
    except HardwareUnavailable as error:
        return CheckResult(_name(sensor), WRONG, str(error))
    try:
        follows = [_level(sensor["gpio"], pull, factory) for pull in ("up", "down")] == [1, 0]
    except HardwareUnavailable:  # a pin with a resistor on the board takes one pull only
        return CheckResult(_name(sensor), OK, f"level {level}")
    if not follows:
        return CheckResult(_name(sensor), OK, f"level {level}, driven by what is wired to it")
    if sensor["pull"] == "none":
        detail = f"level {level} by chance: nothing drives it and nothing pulls it, so it floats"
        return CheckResult(_name(sensor), WRONG, detail, 'write pull = "up", or fit a resistor')
    return CheckResult(_name(sensor), OK, f"level {level} by its pull alone: the switch is open, or its wire is off")


def _level(gpio: int, pull: str, factory: Any) -> int:
    pin = InputPin(factory, gpio, pull, lambda _at_us, _level: None, monotonic_ms)
    pin.open()
    try:
        time.sleep(_CHARGE_S)
        return pin.level()
    finally:
        pin.close()


def _watch(
    patient: CheckContext, factory: Any, free: "list[SensorPlan]", held: "list[SensorPlan]"
) -> Iterator[CheckResult]:
    """Count edges of free lines, and changes that the agent tells of its own, for so many seconds."""
    edges: Counter[str] = Counter()

    def on_edge(name: str, _at_us: int, _level: int) -> None:
        edges[name] += 1

    pins = {}
    for sensor in free:
        pin = InputPin(factory, sensor["gpio"], sensor["pull"], partial(on_edge, sensor["name"]), monotonic_ms)
        with suppress(HardwareUnavailable):  # told before
            pin.open()
            pins[sensor["name"]] = pin
    try:
        changes = _changes_told(patient, [sensor["name"] for sensor in held])
        for sensor in free:
            if sensor["name"] in pins:
                level = pins[sensor["name"]].level()
                yield _seen(
                    sensor, f"{edges[sensor['name']]} edges", edges[sensor["name"]], f"level {level} now", patient
                )
    finally:
        for pin in pins.values():
            pin.close()
    for sensor in held:
        count, text = changes[sensor["name"]]
        yield _seen(sensor, f"{count} settled changes", count, f"{text} now", patient)


def _changes_told(patient: CheckContext, names: list[str]) -> dict[str, tuple[int, str]]:
    """Return how often what the agent tells of these sensors changed, and what it tells at the end."""
    until_s = time.monotonic() + patient.watch_s
    last: dict[str, Any] = {}
    counts: Counter[str] = Counter()
    while time.monotonic() < until_s:
        with suppress(PushglanceError):  # the agent starts again
            sensors = read_status(patient.runtime_dir)["sensors"] if names else {}
            for name in names:
                text = sensors.get(name, {}).get("text")
                counts[name] += name in last and last[name] != text
                last[name] = text
        time.sleep(_LOOK_S)
    return {name: (counts[name], str(last.get(name))) for name in names}


def _seen(sensor: "SensorPlan", seen: str, count: int, now: str, patient: CheckContext) -> CheckResult:
    detail = f"{seen} in {patient.watch_s:.0f} s, {now}"
    if not count:
        return CheckResult(_name(sensor), WARNING, detail, f"move it while it is watched; if you did, {_WIRING}")
    return CheckResult(_name(sensor), OK, detail)
