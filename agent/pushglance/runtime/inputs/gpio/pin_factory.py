"""Build the gpiozero pin factory that the settings name.

Without a name gpiozero tries four factories and only warns when one fails. A daemon with the wrong factory would run
without seeing an edge.
"""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

from pushglance.errors import HardwareUnavailable

from .gpio_chips import load_gpiod, missing_device_hint, permission_hint

# Names, not imports: each module needs another library, and mock is for the demo and tests only.
_FACTORIES = {
    "lgpio": ("gpiozero.pins.lgpio", "LGPIOFactory"),
    "rpigpio": ("gpiozero.pins.rpigpio", "RPiGPIOFactory"),
    "pigpio": ("gpiozero.pins.pigpio", "PiGPIOFactory"),
    "native": ("gpiozero.pins.native", "NativeFactory"),
    "mock": ("gpiozero.pins.mock", "MockFactory"),
}
_CHIPS = Path("/dev")


def build_pin_factory(name: str) -> Any:
    """Return the gpiozero factory called `name`. Raises HardwareUnavailable with a hint.

    Importing lgpio creates a pipe `.lgd-nfy*` in LG_WD, or else in the working directory, and makes LG_WD the working
    directory of this process: relative paths must be resolved before.
    """
    module, factory_class = _FACTORIES[name]
    try:
        return getattr(import_module(module), factory_class)()
    except Exception as error:
        raise HardwareUnavailable(_factory_error(name, error)) from error


def _factory_error(name: str, error: Exception) -> str:
    """Return a sentence about a factory that could not be built, with a hint."""
    text = str(error)
    if isinstance(error, ModuleNotFoundError):
        return _library_error(name, (error.name or name).partition(".")[0])
    if ".lgd-nfy" in text:
        return (
            f"lgpio cannot create its pipe in {os.environ.get('LG_WD') or Path.cwd()}: "
            "set LG_WD to a writable directory, e.g. LG_WD=/run/pushglance."
        )
    if "revision" in text.lower():
        return (
            "This machine is not a Raspberry Pi, or /proc/cpuinfo is hidden (unable to locate Pi revision): "
            'write factory = "mock" under [gpio] to try pushglance without pins.'
        )
    if name == "pigpio":
        return f"The pigpio daemon does not answer ({text}): start it with `sudo systemctl start pigpiod`."
    return _device_error(name, error)


def _library_error(name: str, library: str) -> str:
    """Return a sentence about a missing library."""
    if name == "lgpio":  # without libgpiod 2; gpiozero 1 has no such factory
        return f"Pins need libgpiod 2, or gpiozero 2 and lgpio: {load_gpiod()[1]}"
    from pushglance.installation import how_to_add  # noqa: PLC0415 - only after an error

    cure = how_to_add("gpiozero") if library == "gpiozero" else "install it"
    return f'The pin factory {name!r} needs {library}: {cure}, or write factory = "lgpio" under [gpio].'


def _device_error(name: str, error: Exception) -> str:
    """Return a sentence about a GPIO device that is missing, or that this user may not open."""
    if name == "lgpio":
        devices = sorted(_CHIPS.glob("gpiochip*"))
        missing = "/dev/gpiochip*"
    else:
        devices = [path for path in (_CHIPS / "gpiomem", _CHIPS / "mem") if path.exists()]
        missing = "/dev/gpiomem or /dev/mem"
    if not devices:
        return missing_device_hint(missing)
    if not os.access(devices[0], os.R_OK | os.W_OK):
        return permission_hint(devices[0])
    return f"The pin factory {name!r} cannot be used: {error} ({type(error).__name__})."
