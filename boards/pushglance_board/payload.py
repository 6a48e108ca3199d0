"""Payloads: bytes of a message -> the text of one value, by the rules of the computer's `inputs/payload.py`.

A board's own strings know less: `decode` lets through what is no UTF-8, `split` and `lower` know ASCII alone, and there
is no table of what can be printed. What is missing is made up for here; unassigned characters are the one difference.
"""

from pushglance.core.sensors.decimals import parse
from pushglance.core.sensors.sensor import UNKNOWN_READING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

_MARK = "\ufeff"
_JOINERS = "\u200c\u200d"  # not printable, but they hold emoji and some scripts together
_SPACES = "\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"  # and U+2000 to U+200A
# First and last of what Unicode calls format characters and private use (Cf, Co), which cannot be printed.
_INVISIBLE = (
    "\u00ad\u00ad\u0600\u0605\u061c\u061c\u06dd\u06dd\u070f\u070f\u0890\u0891\u08e2\u08e2\u180e\u180e\u200b\u200f"
    "\u202a\u202e\u2060\u2064\u2066\u206f\ue000\uf8ff\ufeff\ufeff\ufff9\ufffb\U000110bd\U000110bd\U000110cd\U000110cd"
    "\U00013430\U0001343f\U0001bca0\U0001bca3\U0001d173\U0001d17a\U000e0001\U000e007f\U000f0000\U0010ffff"
)
# First, last and how far away the small letter is: Latin-1, Cyrillic. Who writes others takes small ones.
_CAPITALS = (("\u00c0", "\u00d6", 32), ("\u00d8", "\u00de", 32), ("\u0400", "\u040f", 80), ("\u0410", "\u042f", 32))


def read_payload(sensor: "SensorPlan", payload: bytes) -> "str | None":
    """Return the value for this sensor as text, or None when there is none; never raises."""
    try:
        if not _is_utf8(payload):
            return None
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


def _is_utf8(payload: bytes) -> bool:
    """Tell whether no byte begins or follows as none may (RFC 3629); what is cut off `decode` finds."""
    before = 0
    for byte in payload:
        if before == 0xE0 and byte < 0xA0 or before == 0xED and byte > 0x9F:  # noqa: RUF021 - overlong, surrogate
            return False
        if before == 0xF0 and byte < 0x90 or before == 0xF4 and byte > 0x8F:  # noqa: RUF021 - overlong, too far
            return False
        if byte in (0xC0, 0xC1) or byte > 0xF4:
            return False
        before = byte
    return True


def _value(sensor: "SensorPlan", text: str) -> "str | None":
    if sensor["kind"] == "contact":
        word = _lower(_plain(text).strip())
        if word in sensor["open_payloads"]:
            return "open"
        return "closed" if word in sensor["closed_payloads"] else None
    if sensor["kind"] == "text":
        kept = "".join([one for one in _plain(text) if _is_shown(one)])
        return " ".join(kept.split())[: sensor["length"]].rstrip()
    number = _plain(text).strip()
    return None if parse(number, 0) is None else number


def _plain(text: str) -> str:
    """Return the text with a blank for each kind of space that ASCII does not know."""
    return "".join([" " if one in _SPACES or "\u2000" <= one <= "\u200a" else one for one in text])


def _lower(text: str) -> str:
    return "".join([_small(one) for one in text.lower()])


def _small(letter: str) -> str:
    for first, last, away in _CAPITALS:
        if first <= letter <= last:
            return chr(ord(letter) + away)
    return letter


def _is_shown(character: str) -> bool:
    if character < "\x7f":
        return character >= " " or character in "\t\r\n\v\f"
    if character < "\xa0":
        return False
    if character in _JOINERS:
        return True
    for place in range(0, len(_INVISIBLE), 2):  # noqa: SIM110 - all() would allocate for each character
        if _INVISIBLE[place] <= character <= _INVISIBLE[place + 1]:
            return False
    return True
