"""The program that uses a GPIO line (its consumer name), and the processes that have GPIO lines open."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio.gpio_chips import LABELS, consumer_of, find_chip, load_gpiod

_CHIPS_MAX = 16


def consumer_name(gpio: int) -> str:
    """Return the consumer name of a line; "" if the line is free, or no library here can find out."""
    gpiod, _ = load_gpiod()
    if gpiod is None:
        return _consumer_name_by_lgpio(gpio)
    try:
        return consumer_of(gpiod, find_chip(gpiod), gpio)
    except (HardwareUnavailable, OSError, ValueError):
        return ""


def processes_with_lines(proc: Path) -> list[str]:
    """Return the processes that have GPIO lines open, as "name (number)"; only root sees those of other users."""
    return [f"{name} ({number})" for number, name in _iter_processes_with_lines(proc)]


def _iter_processes_with_lines(proc: Path) -> Iterator[tuple[str, str]]:
    for process in sorted(proc.glob("[0-9]*"), key=lambda path: int(path.name)):
        with suppress(OSError):  # the process has ended, or belongs to another user
            links = [str(descriptor.readlink()) for descriptor in (process / "fd").iterdir()]
            # The kernel's names: gpio-line, and gpio-linehandle and gpio-event of its first interface.
            if any(link.startswith("anon_inode:") and "gpio-" in link for link in links):
                yield process.name, (process / "comm").read_text().strip()


def _consumer_name_by_lgpio(gpio: int) -> str:
    """Ask lgpio, where libgpiod 2 is absent; lgpio's pin factory must have imported it before."""
    with suppress(Exception):  # lgpio raises its own error class; without an answer the line counts as free
        import lgpio  # noqa: PLC0415 - only where it is installed

        for number in range(_CHIPS_MAX):
            with suppress(lgpio.error):
                chip = lgpio.gpiochip_open(number)
                try:
                    *_, label = lgpio.gpio_get_chip_info(chip)
                    if label in LABELS:
                        *_, consumer = lgpio.gpio_get_line_info(chip, gpio)
                        return str(consumer)
                finally:
                    lgpio.gpiochip_close(chip)
    return ""
