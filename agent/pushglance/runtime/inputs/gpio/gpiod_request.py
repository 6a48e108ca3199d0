"""Request lines from the kernel with libgpiod 2; an error names the line that caused it, and its holder."""

from collections.abc import Mapping
from typing import Any

from pushglance.errors import HardwareUnavailable

from .gpio_chips import CONSUMER, consumer_of, find_chip, holder_hint, permission_hint


def request_lines(gpiod: Any, config: Mapping[int, Any], buffer: int) -> Any:
    """Return the request for these lines, {BCM number: LineSettings}. Raises HardwareUnavailable with a hint."""
    path = find_chip(gpiod)
    try:
        return gpiod.request_lines(path, config=config, consumer=CONSUMER, event_buffer_size=buffer)
    except PermissionError as error:
        raise HardwareUnavailable(permission_hint(path)) from error
    except (OSError, ValueError) as error:
        raise HardwareUnavailable(_request_error(gpiod, path, config, error)) from error


def _request_error(gpiod: Any, path: str, config: Mapping[int, Any], error: Exception) -> str:
    """Return a sentence about a failed request; the kernel does not report which line caused it."""
    for gpio in config:
        try:
            consumer = consumer_of(gpiod, path, gpio)
        except (OSError, ValueError):
            return f"GPIO {gpio} does not exist on {path}: use one of the BCM numbers that `pinout` shows."
        if consumer:
            return f"GPIO {gpio} is {holder_hint(consumer)}."
    return f"GPIO {', '.join(map(str, config))} cannot be used: {error} ({type(error).__name__})."
