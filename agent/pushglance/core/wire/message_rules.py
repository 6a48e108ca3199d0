"""Rules for single messages: whether one is for a sensor (`where`), and how much it counts.

Boards import this module only if a sensor needs it.
"""

from pushglance.core.sensors.decimals import INCREMENT_DECIMALS, parse

from .characters import strip_spaces, to_lower
from .json_pointer import NO_VALUE, resolve
from .payload import decode, is_one_of, means_unknown, number_in, read_word

TIME_MAX = 40  # characters of a time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan


def is_for(sensor: "SensorPlan", payload: "bytes | None") -> bool:
    """Return whether the message has each value of `where`, and not e.g. another device on the same topic."""
    text = None if payload is None else decode(payload)
    if text is None:
        return False
    for pointer, words in sensor["where"]:
        try:
            value = resolve(text, pointer)
        except ValueError:
            return False
        if value is None or not is_one_of(value, words):
            return False
    return True


def time_in(sensor: "SensorPlan", payload: "bytes | None") -> str:
    """Return the time of the change that the message names, "" if it names none."""
    text = None if payload is None else decode(payload)
    try:
        scalar = None if text is None else resolve(text, sensor["since"])
    except ValueError:
        return ""
    return "" if scalar is None or scalar == NO_VALUE else scalar[:TIME_MAX]


def amount_in(sensor: "SensorPlan", payload: "bytes | None") -> "tuple[int | None, str]":
    """Return (amount, "") that a counter counts for a message, 0 for one without a pulse, or (None, reason).

    The amount is in pulses, or for increments in millionths.
    """
    if payload is None:
        return None, "it is too long"
    word, reason = read_word(sensor, payload)
    if sensor["counts"] == "increments":
        if word is None:
            return None, reason
        amount = parse(number_in(sensor, strip_spaces(word)) or "", INCREMENT_DECIMALS)
        if amount is None or amount < 0:
            return None, "it is not a decimal number from 0 on"
        return amount, ""
    word = "" if word is None else to_lower(strip_spaces(word))
    if "count_payloads" in sensor:
        return int(is_one_of(word, sensor["count_payloads"])), ""
    # A message without the value, or with an empty or unknown one, does not count.
    return int(word != "" and not means_unknown(sensor, word)), ""
