"""Payloads: bytes of a message -> the text of one value, by the rules of the computer's `inputs/payload.py`."""

from pushglance.core.decimals import parse
from pushglance.core.sensor import UNKNOWN_READING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.shapes import SensorPlan

_MARK = "\ufeff"
# Not printable, and worth removing: controls, marks of direction and of order. A board has no table of the rest.
_INVISIBLE = "\x7f\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"


def read_payload(sensor: "SensorPlan", payload: bytes) -> "str | None":
    """Return the value for this sensor as text, or None when there is none; never raises."""
    try:
        text = payload.decode()
        if text[:1] == _MARK:
            text = text[1:]
        if text == UNKNOWN_READING and "node" in sensor:
            return text
        if sensor["pointer"]:
            from .json_pointer import pointed  # few need it

            found = pointed(text, sensor["pointer"])
            if found is None:
                return None
            text = found
    except (ValueError, RuntimeError):  # not UTF-8, not JSON, nested too deep
        return None
    return _value(sensor, text)


def _value(sensor: "SensorPlan", text: str) -> "str | None":
    if sensor["kind"] == "contact":
        word = text.strip().lower()
        if word in sensor["open_payloads"]:
            return "open"
        return "closed" if word in sensor["closed_payloads"] else None
    if sensor["kind"] == "text":
        return _line(text)[: sensor["length"]].rstrip()
    number = text.strip()
    return None if parse(number, 0) is None else number


def _line(text: str) -> str:
    kept = "".join([one for one in text if _is_shown(one) or one in " \t\r\n\v\f"])
    return " ".join(kept.split())


def _is_shown(character: str) -> bool:
    return not (character < " " or "\x80" <= character < "\xa0" or character in _INVISIBLE)
