"""Who holds a GPIO line: what it calls itself, as the kernel knows, and which processes have GPIO lines open."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio.gpio_chips import LABELS, consumer_of, find_chip, load_gpiod

_CHIPS_MAX = 16


def name_of_holder(gpio: int) -> str:
    """Return what the holder of a line calls itself; "" if the line is free, or nothing here can tell."""
    gpiod, _ = load_gpiod()
    if gpiod is None:
        return _told_by_lgpio(gpio)
    try:
        return consumer_of(gpiod, find_chip(gpiod), gpio)
    except (HardwareUnavailable, OSError, ValueError):
        return ""


def processes_with_lines(processes: Path) -> list[str]:
    """Return the processes that have GPIO lines open, as "name (number)"; those of others only root can see."""
    return [f"{name} ({number})" for number, name in _openers(processes)]


def _openers(processes: Path) -> Iterator[tuple[str, str]]:
    for process in sorted(processes.glob("[0-9]*"), key=lambda path: int(path.name)):
        with suppress(OSError):  # it has ended, or belongs to somebody else
            links = [str(handle.readlink()) for handle in (process / "fd").iterdir()]
            # The kernel's names for requested lines: gpio-line, and gpio-linehandle, gpio-event of its first interface.
            if any(link.startswith("anon_inode:") and "gpio-" in link for link in links):
                yield process.name, (process / "comm").read_text().strip()


def _told_by_lgpio(gpio: int) -> str:
    """Ask lgpio where libgpiod 2 is absent; it must have been imported by its factory before."""
    with suppress(Exception):  # it raises its own error, by which nothing more can be known here
        import lgpio  # noqa: PLC0415 - only where it is installed

        for number in range(_CHIPS_MAX):
            with suppress(lgpio.error):
                chip = lgpio.gpiochip_open(number)
                try:
                    *_, label = lgpio.gpio_get_chip_info(chip)
                    if label in LABELS:
                        *_, user = lgpio.gpio_get_line_info(chip, gpio)
                        return str(user)
                finally:
                    lgpio.gpiochip_close(chip)
    return ""
