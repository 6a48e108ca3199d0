"""Check the access to GPIO: devices and their permissions, the pin factory, the library that reads the lines."""

import grp
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushglance.doctor.check_result import NO_SETTINGS, OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.subprocesses import output_of
from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio.gpio_chips import (
    load_gpiod,
    missing_device_hint,
    permission_hint,
    pulse_loss_warning,
)
from pushglance.runtime.inputs.gpio.pin_factory import build_pin_factory

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

_FACTORIES = ("lgpio", "rpigpio", "pigpio", "native")  # in the order in which gpiozero tries them
_GROUP_READ_WRITE = 0o060


def sensors_on_real_pins(context: CheckContext) -> "list[SensorPlan]":
    """Return the sensors on GPIO pins; none if the settings use mock pins."""
    plan = context.plan
    if plan is None or plan["gpio"]["factory"] == "mock":
        return []
    return [sensor for sensor in plan["sensors"] if sensor["source"] == "gpio"]


@contextmanager
def borrowed_pin_factory(name: str) -> Iterator[Any]:
    """Yield a pin factory, then close it and undo lgpio's side effects: a pipe file and a changed working directory."""
    with tempfile.TemporaryDirectory() as folder, chdir("."):
        previous = os.environ.get("LG_WD")
        os.environ["LG_WD"] = previous or folder
        try:
            factory = build_pin_factory(name)
            try:
                yield factory
            finally:
                factory.close()
        finally:
            if previous is None:
                del os.environ["LG_WD"]


def check_pins(context: CheckContext) -> Iterator[CheckResult]:
    """Check the devices, import the factory, and name the library that reads the lines."""
    sensors = sensors_on_real_pins(context)
    if context.plan is None or not sensors:
        message = "no sensor of these settings uses a real pin"
        yield CheckResult("pins", SKIPPED, NO_SETTINGS if context.plan is None else message)
        return
    yield _check_devices(context.root / "dev")
    name = context.plan["gpio"]["factory"]
    yield _check_factory(name)
    if name == "lgpio":
        yield _check_reader(sensors)


def _check_reader(sensors: "list[SensorPlan]") -> CheckResult:
    """Return which library reads the lines, and what it costs if that is lgpio."""
    gpiod, why_absent = load_gpiod()
    if gpiod is not None:
        message = (
            f"libgpiod 2 reads the lines (gpiod {gpiod.__version__}): it sleeps between edges and detects lost ones"
        )
        return CheckResult("reader", OK, message)
    if any(sensor["kind"] == "counter" for sensor in sensors):
        return CheckResult("reader", WARNING, pulse_loss_warning("lgpio", why_absent))
    message = f"lgpio reads the lines, and its thread wakes 1000 times per second: {why_absent}"
    return CheckResult("reader", WARNING, message)


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
        return state.st_gid == grp.getgrnam("gpio").gr_gid and state.st_mode & _GROUP_READ_WRITE == _GROUP_READ_WRITE
    except KeyError:  # the group gpio does not exist
        return False


def _check_factory(name: str) -> CheckResult:
    try:
        with borrowed_pin_factory(name):
            return CheckResult("factory", OK, f"the pin factory {name!r} works")
    except HardwareUnavailable as error:
        working = next((other for other in _FACTORIES if other != name and _works(other)), None)
        if working is None:
            return CheckResult("factory", WRONG, f"{error} No other pin factory works here, either.")
        message = f"{error} gpiozero would fall back to {working!r}, pushglance does not."
        return CheckResult("factory", WRONG, message, f'fix that, or write factory = "{working}" under [gpio]')


def _works(name: str) -> bool:
    """Return whether a factory works, tried in a separate process: pin libraries leave threads and open devices."""
    program = (
        "from pushglance.doctor.checks.inputs.gpio_access import borrowed_pin_factory\n"
        f"with borrowed_pin_factory({name!r}): print('works')"
    )
    return output_of(sys.executable, "-c", program) == "works\n"
