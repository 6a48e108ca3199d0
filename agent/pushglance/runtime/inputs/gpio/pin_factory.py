"""The backend that moves between gpiozero and the pins: the one that is named, or a sentence why not.

gpiozero by itself tries four of them and falls through to the next with a warning. A daemon that then listens to the
wrong one looks alive and hears nothing.
"""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from pushglance.errors import HardwareUnavailable

from .gpio_chips import no_device, permission_hint

# By name, not by import: each of these modules needs a library of its own, and mock is for demo and tests only.
_FACTORIES = {
    "lgpio": ("gpiozero.pins.lgpio", "LGPIOFactory"),
    "rpigpio": ("gpiozero.pins.rpigpio", "RPiGPIOFactory"),
    "pigpio": ("gpiozero.pins.pigpio", "PiGPIOFactory"),
    "native": ("gpiozero.pins.native", "NativeFactory"),
    "mock": ("gpiozero.pins.mock", "MockFactory"),
}
_CHIPS = Path("/dev")


def build_pin_factory(name: str) -> Any:
    """Return the gpiozero factory called `name`; raises HardwareUnavailable with what to do about it.

    Importing lgpio makes a pipe `.lgd-nfy*` in LG_WD or else in the working directory, and LG_WD becomes the working
    directory of this process: relative paths must have been resolved before.
    """
    module, factory_class = _FACTORIES[name]
    try:
        return getattr(import_module(module), factory_class)()
    except Exception as error:
        raise HardwareUnavailable(_why_not(name, error)) from error


def _why_not(name: str, error: Exception) -> str:
    """Return a sentence about a factory that could not be made, with what to do about it."""
    text = str(error)
    if isinstance(error, ModuleNotFoundError):
        return _why_no_library(name, (error.name or name).partition(".")[0])
    if ".lgd-nfy" in text:
        return (
            f"lgpio cannot make its pipe in {os.environ.get('LG_WD') or Path.cwd()}: "
            "set LG_WD to a directory that can be written, e.g. LG_WD=/run/pushglance."
        )
    if "revision" in text.lower():
        return (
            "This is no Raspberry Pi, or /proc/cpuinfo is hidden (unable to locate Pi revision): "
            'write factory = "mock" under [gpio] to try pushglance without pins.'
        )
    if name == "pigpio":
        return f"The pigpio daemon cannot be reached ({text}): start it with `sudo systemctl start pigpiod`."
    return _why_no_chip(name, error)


def _why_no_library(name: str, library: str) -> str:
    """Return a sentence about a library that is not installed."""
    if library == "gpiozero":
        return f"The pin factory {name!r} needs gpiozero: type `pip install 'pushglance[gpio]'`."
    if library == "lgpio":
        return (
            "The pin factory 'lgpio' needs lgpio: type `apt install python3-lgpio` and make the virtual environment "
            "with --system-site-packages, or below Python 3.13 type `pip install 'pushglance[gpio]'`."
        )
    return f'The pin factory {name!r} needs {library}: install it, or write factory = "lgpio" under [gpio].'


def _why_no_chip(name: str, error: Exception) -> str:
    """Return a sentence about a GPIO device that is absent, or closed to this user."""
    if name == "lgpio":
        devices = sorted(_CHIPS.glob("gpiochip*"))
        missing = "/dev/gpiochip*"
    else:
        devices = [path for path in (_CHIPS / "gpiomem", _CHIPS / "mem") if path.exists()]
        missing = "/dev/gpiomem or /dev/mem"
    if not devices:
        return no_device(missing)
    if not os.access(devices[0], os.R_OK | os.W_OK):
        return permission_hint(devices[0])
    return f"The pin factory {name!r} cannot be used: {error} ({type(error).__name__})."
