"""Payloads: bytes of a message -> the text of one value. Pure, and never raises, whatever the bytes are.

Numbers keep the text they were written with, so that no float ever stands between a sensor and the watch.
"""

import json
from typing import TYPE_CHECKING, Any

from pushglance.core.sensors.decimals import parse
from pushglance.core.sensors.sensor import UNKNOWN_READING

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

PAYLOAD_MAX = 64 * 1024  # bytes; a value is short, and a photo sent to the wrong topic must cost nothing
_INDEX_DIGITS_MAX = 6  # of a JSON array; 64 KiB hold no more elements
_JOINERS = "\u200c\u200d"  # not printable, but they hold emoji and some scripts together


class _UnreadableError(ValueError):
    """Say why there is no value here."""


def read_payload(sensor: "SensorPlan", payload: bytes) -> tuple[str | None, str]:
    """Return (text, "") with the value for this sensor, or (None, reason) when there is none.

    A contact's text is "open" or "closed", a gauge's and a running total's a decimal number as it was written, a
    text's one line without control characters; of a sensor that another agent has it may be "unknown".
    """
    try:
        text = _decode(payload)
        if text == UNKNOWN_READING and "node" in sensor:
            return text, ""
        if sensor["pointer"]:
            text = _pointed(text, sensor["pointer"])
        return _READERS[sensor["kind"]](sensor, text), ""
    except _UnreadableError as reason:
        return None, str(reason)


def _decode(payload: bytes) -> str:
    if len(payload) > PAYLOAD_MAX:
        raise _UnreadableError(f"{len(payload)} bytes are more than {PAYLOAD_MAX}")
    try:
        return payload.decode("utf-8-sig")  # some senders put a byte order mark in front
    except UnicodeDecodeError:
        raise _UnreadableError("it is not UTF-8") from None


def _pointed(text: str, pointer: str) -> str:
    """Return the scalar that a JSON pointer (RFC 6901) names, numbers as they were written."""
    try:
        # Numbers stay text: no rounding, and no ValueError or long wait over a million digits.
        # NaN and Infinity are no JSON, but common: they come as floats and are no value below.
        value = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise _UnreadableError("it is not JSON") from None
    for step in pointer.split("/")[1:]:
        value = _step_into(value, step.replace("~1", "/").replace("~0", "~"), pointer)
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise _UnreadableError(f"{pointer} is no single value")
    return value


def _step_into(value: Any, step: str, pointer: str) -> Any:
    if isinstance(value, dict) and step in value:
        return value[step]
    if isinstance(value, list) and _is_index(step) and int(step) < len(value):
        return value[int(step)]
    raise _UnreadableError(f"there is no {pointer}")


def _is_index(step: str) -> bool:
    is_number = step.isascii() and step.isdigit() and len(step) <= _INDEX_DIGITS_MAX
    return is_number and (len(step) == 1 or not step.startswith("0"))


def _contact(sensor: "SensorPlan", text: str) -> str:
    word = text.strip().lower()
    if word in sensor["open_payloads"]:
        return "open"
    if word in sensor["closed_payloads"]:
        return "closed"
    raise _UnreadableError("it is neither a word for open nor one for closed")


def _number(_sensor: "SensorPlan", text: str) -> str:
    number = text.strip()
    if parse(number, 0) is None:  # the core's own parser decides what a number is
        raise _UnreadableError("it is no decimal number")
    return number


def _line(sensor: "SensorPlan", text: str) -> str:
    kept = "".join([char for char in text if char.isprintable() or char.isspace() or char in _JOINERS])
    return " ".join(kept.split())[: sensor["length"]].rstrip()


_READERS = {"contact": _contact, "counter": _number, "gauge": _number, "text": _line}
