"""Find libgpiod 2 and the GPIO chip of a Raspberry Pi's header.

The chip is found by its label, because its number varies: a Pi 5's header is gpiochip4 on older kernels and gpiochip0
on newer ones.
"""

import grp
import os
import pwd
from importlib import import_module
from pathlib import Path
from typing import Any

from pushglance.errors import HardwareUnavailable

# Names of the kernel's drivers: up to the Pi 3 and Zero 2, the Pi 4, the Pi 5.
LABELS = ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1")
CONSUMER = "pushglance"  # the name that `gpioinfo` shows for our lines
GROUP_READ_WRITE = 0o060
_GROUP = "gpio"
_DEVICES = Path("/dev")


def load_gpiod() -> tuple[Any, str]:
    """Return the module gpiod (libgpiod 2) and "", or None and the reason with the command to type."""
    try:
        gpiod = import_module("gpiod")
    except ImportError as error:
        if not isinstance(error, ModuleNotFoundError):
            return None, f"gpiod cannot be loaded ({error})"
        return None, f"gpiod is not installed: {_how_to_add_gpiod()}"
    if not hasattr(gpiod, "request_lines"):
        return None, (
            f"the gpiod here ({getattr(gpiod, '__version__', '1.x')}) belongs to libgpiod 1, which has another "
            f"interface: {_how_to_add_gpiod()}"
        )
    return gpiod, ""


def _how_to_add_gpiod() -> str:
    from pushglance.installation import how_to_add  # noqa: PLC0415 - a daemon with gpiod does not need it

    return how_to_add("gpio")


def pulse_loss_warning(factory: str, reason: str) -> str:
    """Return a warning that gpiozero counts the pulses with this factory and may lose some, and the reason."""
    return f"pulses are counted with {factory}, which misses edges without notice above about 50 a second: {reason}"


def has_chips() -> bool:
    """Return True if this machine has a GPIO chip."""
    return any(_DEVICES.glob("gpiochip*"))


def find_chip(gpiod: Any) -> str:
    """Return the path of the header's chip. Raises HardwareUnavailable if it is absent or may not be opened.

    A Pi 5 has a dozen chips. Others than the header's may be closed to this user, or fail.
    """
    seen, refusals = [], []
    for device in sorted(_DEVICES.glob("gpiochip*")):
        if not gpiod.is_gpiochip_device(str(device)):
            continue
        try:
            with gpiod.Chip(str(device)) as chip:
                label = chip.get_info().label
        except PermissionError:
            refusals.append(permission_hint(device))
        except OSError as error:
            refusals.append(f"{device} cannot be opened: {error.strerror}.")
        else:
            if label in LABELS:
                return str(device)
            seen.append(f"{device} is {label}")
    if refusals:
        raise HardwareUnavailable(refusals[0])
    if not seen:
        raise HardwareUnavailable(missing_device_hint(_DEVICES / "gpiochip*"))
    raise HardwareUnavailable(
        f"This machine has no GPIO chip of a Raspberry Pi's header ({', '.join(LABELS)}), only: {'; '.join(seen)}."
    )


def consumer_of(gpiod: Any, chip_path: str, gpio: int) -> str:
    """Return the name of the program that uses a line, "?" if it gave none, "" if it is free. Raises OSError."""
    with gpiod.Chip(chip_path) as chip:
        line = chip.get_line_info(gpio)
    return (line.consumer or "?") if line.used else ""


# Consumers that are drivers of the kernel, by the begin of their names, and the line of config.txt that loads them.
_DRIVERS = {
    "onewire": "dtoverlay=w1-gpio",
    "w1": "dtoverlay=w1-gpio",
    "dht11": "dtoverlay=dht11",
    "ir-receiver": "dtoverlay=gpio-ir",
    "gpio-ir": "dtoverlay=gpio-ir",
    "button": "dtoverlay=gpio-key",
    "power_ctrl": "dtoverlay=gpio-poweroff",
    "pps": "dtoverlay=pps-gpio",
    "spi": "dtparam=spi=on",
    "i2c": "dtparam=i2c_arm=on",
    "pwm": "dtoverlay=pwm",
    "led": "a line with led",
}


def holder_hint(consumer: str) -> str:
    """Return what holds a line, and what to do about it: a driver of the kernel follows from a line of config.txt."""
    name = consumer.lower()
    line = next((line for begin, line in _DRIVERS.items() if name.startswith(begin)), "")
    if line or "@" in name:
        which = f"e.g. {line}" if line else "with dtoverlay or dtparam"
        return (
            f"held by {consumer!r}, a driver of the kernel: remove its line from config.txt ({which}) and restart, or "
            "use another pin"
        )
    return f"in use by {consumer!r}: stop that program, or use another pin; `pushglance doctor` looks for its process"


def permission_hint(device: Path | str) -> str:
    """Return a sentence about a GPIO device that this user may not open: it depends on the group gpio."""
    user = _user_name()
    begin = f"This user may not open {device}"
    try:
        group = grp.getgrnam(_GROUP)
        state = Path(device).stat()
    except KeyError:
        return (
            f"{begin}, and this system has no group {_GROUP}: type `sudo groupadd --system {_GROUP}`, then "
            f"{_open_to_group(device)}, then `sudo usermod -aG {_GROUP} {user}`, and log in again."
        )
    except OSError:
        return f"{begin}: add the user to the group {_GROUP} with `sudo usermod -aG {_GROUP} {user}`."
    if state.st_gid != group.gr_gid or state.st_mode & GROUP_READ_WRITE != GROUP_READ_WRITE:
        return f"{begin}, and the group {_GROUP} may not, either: type {_open_to_group(device)}."
    if user in group.gr_mem and group.gr_gid not in os.getgroups():
        return f"{begin}, because {user} joined the group {_GROUP} after the login: log in again."
    return (
        f"{begin}: add the user to the group {_GROUP} with `sudo usermod -aG {_GROUP} {user}` and log in again, or "
        f"write SupplementaryGroups={_GROUP} into the unit."
    )


def _open_to_group(device: Path | str) -> str:
    return f"`sudo chgrp {_GROUP} {device} && sudo chmod g+rw {device}` (until the next boot; a udev rule lasts)"


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # e.g. in a container
        return str(os.geteuid())


def missing_device_hint(device: Path | str) -> str:
    """Return a sentence about a missing GPIO device."""
    return (
        f"This machine has no {device}: in a container, pass the device in (`--device`); "
        "elsewhere, check that GPIO is enabled."
    )
