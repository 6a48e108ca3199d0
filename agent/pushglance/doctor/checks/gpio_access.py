"""The way to the pins: GPIO devices and their rights, the pin factory, the library that reads the lines."""

import grp
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG, CheckContext, CheckResult
from pushglance.doctor.probes.subprocesses import output_of
from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio.gpio_chips import load_gpiod, no_device, permission_hint, without_gpiod
from pushglance.runtime.inputs.gpio.pin_factory import build_pin_factory

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

_FACTORIES = ("lgpio", "rpigpio", "pigpio", "native")  # in the order in which gpiozero tries them
_GROUP_MAY = 0o060


def on_real_pins(patient: CheckContext) -> "list[SensorPlan]":
    """Return the sensors on pins, none where the settings name no real ones."""
    plan = patient.plan
    if plan is None or plan["gpio"]["factory"] == "mock":
        return []
    return [sensor for sensor in plan["sensors"] if sensor["source"] == "gpio"]


@contextmanager
def lent_factory(name: str) -> Iterator[Any]:
    """Lend a pin factory; lgpio's pipe and the working directory that it changes to go away again."""
    with tempfile.TemporaryDirectory() as folder, chdir("."):
        before = os.environ.get("LG_WD")
        os.environ["LG_WD"] = before or folder
        try:
            factory = build_pin_factory(name)
            try:
                yield factory
            finally:
                factory.close()
        finally:
            if before is None:
                del os.environ["LG_WD"]


def check_pins(patient: CheckContext) -> Iterator[CheckResult]:
    """Look at the devices, import the factory, and say what reads the lines."""
    sensors = on_real_pins(patient)
    if patient.plan is None or not sensors:
        yield CheckResult("pins", SKIPPED, "no sensor of these settings is on a real pin")
        return
    yield from _devices(patient.root / "dev")
    name = patient.plan["gpio"]["factory"]
    yield _factory(name)
    if name == "lgpio":
        yield _reader(sensors)


def _reader(sensors: "list[SensorPlan]") -> CheckResult:
    """Say which library reads the lines of lgpio's chip, and what it costs if that is lgpio."""
    gpiod, why = load_gpiod()
    if gpiod is not None:
        detail = f"libgpiod 2 reads them (gpiod {gpiod.__version__}): it sleeps between edges and knows what it loses"
        return CheckResult("reader", OK, detail)
    if any(sensor["kind"] == "counter" for sensor in sensors):
        return CheckResult("reader", WARNING, without_gpiod("lgpio", why))
    return CheckResult("reader", WARNING, f"lgpio reads them, and its thread wakes a thousand times a second: {why}")


def _devices(directory: Path) -> Iterator[CheckResult]:
    devices = sorted(directory.glob("gpiochip*"))
    if not devices:
        yield CheckResult("devices", WRONG, no_device(directory / "gpiochip*"))
        return
    closed = [device for device in devices if not os.access(device, os.R_OK | os.W_OK)]
    if closed:
        yield CheckResult("devices", WRONG, permission_hint(closed[0]))
        return
    strange = [device for device in devices if os.geteuid() == 0 and not _is_for_the_group(device)]
    if strange:
        detail = f"root may open {strange[0]}, but the group gpio, which the service is in, may not"
        yield CheckResult(
            "devices", WRONG, detail, f"chgrp gpio {strange[0]} && chmod g+rw {strange[0]}, lasting: a udev rule"
        )
        return
    yield CheckResult("devices", OK, f"{', '.join(device.name for device in devices)} may be opened")


def _is_for_the_group(device: Path) -> bool:
    found = device.stat()
    try:
        return found.st_gid == grp.getgrnam("gpio").gr_gid and found.st_mode & _GROUP_MAY == _GROUP_MAY
    except KeyError:
        return False


def _factory(name: str) -> CheckResult:
    try:
        with lent_factory(name):
            return CheckResult("factory", OK, f"the pin factory {name!r} works")
    except HardwareUnavailable as error:
        instead = next((other for other in _FACTORIES if other != name and _works(other)), None)
        if instead is None:
            return CheckResult("factory", WRONG, f"{error} No other one works here, either.")
        detail = f"{error} gpiozero would fall back to {instead!r}, pushglance does not."
        return CheckResult("factory", WRONG, detail, f'mend it, or write factory = "{instead}" under [gpio]')


def _works(name: str) -> bool:
    """Try a factory in a process of its own: libraries for pins leave threads and open devices behind."""
    program = (
        f"from pushglance.doctor.checks.gpio_access import lent_factory\nwith lent_factory({name!r}): print('works')"
    )
    return output_of(sys.executable, "-c", program) == "works\n"
