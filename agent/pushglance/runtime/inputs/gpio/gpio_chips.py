"""The GPIO chip of a Raspberry Pi's header by its label, and libgpiod 2, the way to it that knows what it loses.

Chip numbers say nothing: a Pi 5's header was gpiochip4 and is gpiochip0 on newer kernels. Where the library is absent,
or is the older one of the same name, there is a sentence why.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from pushglance.errors import HardwareUnavailable

# As the kernel's drivers call themselves: up to the Pi 3 and Zero 2, the Pi 4, the Pi 5.
LABELS = ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1")
CONSUMER = "pushglance"  # what `gpioinfo` shows beside our lines
_DEVICES = Path("/dev")


def load_gpiod() -> tuple[Any, str]:
    """Return the module gpiod (libgpiod 2) and "", or None and why it cannot be used, with what to type."""
    try:
        gpiod = import_module("gpiod")
    except ImportError as error:
        if not isinstance(error, ModuleNotFoundError):
            return None, f"gpiod cannot be loaded ({error})"
        return None, (
            "gpiod is not installed: type `apt install python3-libgpiod` on Debian 13, or `pip install "
            "'pushglance[gpio]'`, which has it for 64-bit systems"
        )
    if not hasattr(gpiod, "request_lines"):
        return None, (
            f"the gpiod here ({getattr(gpiod, '__version__', '1.x')}) is of libgpiod 1, which is another interface: "
            "type `pip install 'gpiod>=2.2,<3'`"
        )
    return gpiod, ""


def without_gpiod(factory: str, why: str) -> str:
    """Return the sentence about pulses that gpiozero counts by this factory, `why` being the reason."""
    return f"pulses are counted by {factory}, which from some 50 a second on misses edges and does not know it: {why}"


def has_chips() -> bool:
    """Tell whether this machine has any GPIO chip."""
    return any(_DEVICES.glob("gpiochip*"))


def find_chip(gpiod: Any) -> str:
    """Return the path of the header's chip; raises HardwareUnavailable if it is absent or closed to this user."""
    seen = []
    for device in sorted(_DEVICES.glob("gpiochip*")):
        if not gpiod.is_gpiochip_device(str(device)):
            continue
        try:
            with gpiod.Chip(str(device)) as chip:
                label = chip.get_info().label
        except PermissionError as error:
            raise HardwareUnavailable(permission_hint(device)) from error
        except OSError as error:
            raise HardwareUnavailable(f"{device} cannot be opened: {error.strerror}.") from error
        if label in LABELS:
            return str(device)
        seen.append(f"{device} is {label}")
    if not seen:
        raise HardwareUnavailable(no_device(_DEVICES / "gpiochip*"))
    raise HardwareUnavailable(
        f"There is no GPIO chip of a Raspberry Pi's header here ({', '.join(LABELS)}), only: {'; '.join(seen)}."
    )


def consumer_of(gpiod: Any, chip_path: str, gpio: int) -> str:
    """Return what the holder of a line calls itself, "?" if it says nothing, "" if the line is free. Raises OSError."""
    with gpiod.Chip(chip_path) as chip:
        line = chip.get_line_info(gpio)
    return (line.consumer or "?") if line.used else ""


def permission_hint(device: Path | str) -> str:
    """Return the sentence about a GPIO device that this user may not open."""
    return (
        f"This user may not open {device}: add the user to the group gpio with "
        "`sudo usermod -aG gpio USER`, or SupplementaryGroups=gpio in the unit."
    )


def no_device(what: Path | str) -> str:
    """Return the sentence about a GPIO device that is not there."""
    return (
        f"There is no {what} here: in a container, hand the device in (`--device`); "
        "elsewhere, see whether GPIO is enabled."
    )
