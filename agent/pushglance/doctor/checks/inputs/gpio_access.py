"""Check the access to GPIO: devices and their permissions, the pin factory, the library that reads the lines."""

import grp
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pushglance.doctor.check_result import NO_SETTINGS, OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.subprocesses import output_of
from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio.gpio_chips import (
    GROUP_READ_WRITE,
    missing_device_hint,
    permission_hint,
    pulse_loss_warning,
)
from pushglance.runtime.inputs.gpio.pin_reader import KERNEL, PinReader

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

_FACTORIES = ("lgpio", "rpigpio", "pigpio", "native")  # in the order in which gpiozero tries them


def sensors_on_real_pins(context: CheckContext) -> "list[SensorPlan]":
    """Return the sensors on GPIO pins; none if the settings use mock pins."""
    plan = context.plan
    if plan is None or plan["gpio"]["factory"] == "mock":
        return []
    return [sensor for sensor in plan["sensors"] if sensor["source"] == "gpio"]


@contextmanager
def borrowed_reader(factory: str) -> Iterator[PinReader]:
    """Yield the library that reads pins, then undo what lgpio does: a pipe file and a changed working directory."""
    with tempfile.TemporaryDirectory() as folder, chdir("."):
        previous = os.environ.get("LG_WD")
        os.environ["LG_WD"] = previous or folder
        try:
            reader = PinReader(factory)
            try:
                yield reader
            finally:
                reader.close()
        finally:
            if previous is None:
                del os.environ["LG_WD"]


def check_pins(context: CheckContext) -> Iterator[CheckResult]:
    """Check the devices, and the library that reads the pins, which is the one that the agent uses."""
    sensors = sensors_on_real_pins(context)
    if context.plan is None or not sensors:
        message = "no sensor of these settings uses a real pin"
        yield CheckResult("pins", SKIPPED, NO_SETTINGS if context.plan is None else message)
        return
    yield _check_devices(context.root / "dev")
    yield _check_reader(context.plan["gpio"]["factory"], sensors)


def _check_reader(factory: str, sensors: "list[SensorPlan]") -> CheckResult:
    """Return which library reads the pins, and what it costs if that is not libgpiod 2."""
    try:
        with borrowed_reader(factory) as reader:
            name, loss = reader.name, reader.loss
    except HardwareUnavailable as error:
        return _unusable(factory, error)
    if not loss:
        return CheckResult("reader", OK, f"{name} reads the pins: it sleeps between edges and detects lost ones")
    if any(sensor["kind"] == "counter" for sensor in sensors):
        return CheckResult("reader", WARNING, pulse_loss_warning(factory, loss))
    if factory == KERNEL:
        return CheckResult(
            "reader", WARNING, f"{name} reads the pins, and its thread wakes 1000 times per second: {loss}"
        )
    return CheckResult("reader", OK, f"{name} reads the pins")


def _check_devices(directory: Path) -> CheckResult:
    devices = sorted(directory.glob("gpiochip*"))
    if not devices:
        return CheckResult("devices", WRONG, missing_device_hint(directory / "gpiochip*"))
    closed = [device for device in devices if not os.access(device, os.R_OK | os.W_OK)]
    if closed:
        return CheckResult("devices", WRONG, permission_hint(closed[0]))
    # Root may open every device; the service runs as a user of the group gpio.
    root_only = [device for device in devices if os.geteuid() == 0 and not _is_open_to_group(device)]
    if root_only:
        message = f"root may open {root_only[0]}, but the group gpio, which the service belongs to, may not"
        hint = f"chgrp gpio {root_only[0]} && chmod g+rw {root_only[0]}; a udev rule makes it permanent"
        return CheckResult("devices", WRONG, message, hint)
    return CheckResult("devices", OK, f"{', '.join(device.name for device in devices)} may be opened")


def _is_open_to_group(device: Path) -> bool:
    state = device.stat()
    try:
        return state.st_gid == grp.getgrnam("gpio").gr_gid and state.st_mode & GROUP_READ_WRITE == GROUP_READ_WRITE
    except KeyError:  # the group gpio does not exist
        return False


def _unusable(factory: str, error: HardwareUnavailable) -> CheckResult:
    working = next((other for other in _FACTORIES if other != factory and _works(other)), None)
    if working is None:
        return CheckResult("reader", WRONG, f"{error} No other pin factory works here, either.")
    return CheckResult("reader", WRONG, str(error), f'fix that, or write factory = "{working}" under [gpio]')


def _works(name: str) -> bool:
    """Return whether a factory works, tried in a separate process: pin libraries leave threads and open devices."""
    program = (
        "from pushglance.doctor.checks.inputs.gpio_access import borrowed_reader\n"
        f"with borrowed_reader({name!r}): print('works')"
    )
    return output_of(sys.executable, "-c", program) == "works\n"
