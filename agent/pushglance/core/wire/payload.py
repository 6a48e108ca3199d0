"""Payloads: bytes of a message -> the text of one value. No bytes make it raise.

A number stays the text that the sender wrote; it never becomes a float.
"""

from pushglance.core.sensors.decimals import INCREMENT_DECIMALS, parse

from .characters import is_printable, is_space, strip_spaces, to_lower

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

PAYLOAD_MAX = 64 * 1024  # bytes; a value is short, and a photo sent to the wrong topic must cost nothing
SAYS_UNKNOWN = "it says that the value is unknown"  # the reason for one of `unknown_payloads`
NO_EVENT = "it is empty"  # the reason for an empty payload of a contact with `hold`
NOT_THERE = "it has no single value at "  # the begin of the reason if the pointer leads to nothing
# Words that mean unknown, unless the settings name others: for every kind, and for those that are not texts.
_UNKNOWN_WORDS = ("unavailable", "unknown", "null", "nan")
_UNKNOWN_VALUES = ("none", "undefined", "nil", "n/a", "undef", "inf", "-inf")
_BYTE_ORDER_MARK = "\ufeff"  # some senders put it in front
_JSON_SPACES = " \t\r\n"
_JOINERS = "\u200c\u200d"  # not printable, but they hold emoji and some scripts together
# Bytes that UTF-8 never has, and the range of the byte after the first bytes that restrict it (RFC 3629).
_NEVER = b"\xc0\xc1\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff"
_RESTRICTED = ((b"\xe0", 0xA0, 0xBF), (b"\xed", 0x80, 0x9F), (b"\xf0", 0x90, 0xBF), (b"\xf4", 0x80, 0x8F))


def read_payload(sensor: "SensorPlan", payload: bytes) -> "tuple[str | None, str]":
    """Return (text, "") with the value for this sensor, or (None, reason) if there is none.

    For a contact the text is "open" or "closed"; for a gauge and a running total a decimal number as the sender wrote
    it; for a text one line without control characters. The reason is SAYS_UNKNOWN if the device reports that.
    """
    text, reason = read_word(sensor, payload)
    return (None, reason) if text is None else _read_value(sensor, text)


def read_word(sensor: "SensorPlan", payload: bytes) -> "tuple[str | None, str]":
    """Return (text, "") with the text of the value, as it was sent, or (None, reason)."""
    if len(payload) > PAYLOAD_MAX:
        return None, "it has %d bytes, the limit is %d" % (len(payload), PAYLOAD_MAX)
    text = decode(payload)
    if text is None:
        return None, "it is not valid UTF-8"
    if sensor["pointer"]:
        from .json_pointer import NO_VALUE, resolve  # noqa: PLC0415 - few sensors need it, and boards have little memory

        try:
            scalar, reason = resolve(text, sensor["pointer"]), NOT_THERE + sensor["pointer"]
        except ValueError:
            scalar, reason = None, "it is not valid JSON"
        if scalar is None:
            if strip_spaces(text)[:1] not in ("{", "["):  # a word or a number came instead
                reason = SAYS_UNKNOWN if _replaces_unknown(sensor, text) else "it is not a JSON object"
            return None, reason
        if scalar == NO_VALUE:
            return ("null", "") if means_unknown(sensor, "null") else (None, "it has no value at " + sensor["pointer"])
        text = scalar
    elif text[:1] == '"' or text[:1] in _JSON_SPACES:
        text = _unquote(text)
    return text, ""


def means_unknown(sensor: "SensorPlan", word: str) -> bool:
    """Return whether a word, without spaces and in lower case, means that the value is unknown."""
    words = sensor.get("unknown_payloads")  # only if the settings have it: a board has little memory for lists
    if words is not None:
        return is_one_of(word, words)
    if word in _UNKNOWN_WORDS:
        return True
    # So is an empty payload, or one of dashes. An empty text is a text, and in a JSON value of a contact it is the end
    # of an event, e.g. of a pressed button.
    is_empty_unknown = word.strip("-") == "" and (sensor["kind"] != "contact" or not sensor["pointer"])
    return sensor["kind"] != "text" and (word in _UNKNOWN_VALUES or is_empty_unknown)


def _replaces_unknown(sensor: "SensorPlan", text: str) -> bool:
    """Return whether a word, or nothing, came instead of JSON: a Victron GX clears the topic of a lost device."""
    word = to_lower(strip_spaces(text))
    return means_unknown(sensor, word) or (word == "" and "unknown_payloads" not in sensor)


def is_one_of(word: str, words: "list[str]") -> bool:
    """Return whether a word is one of these, or the same number as one, e.g. "-127.00" and "-127"."""
    if word in words:
        return True
    number = parse(word, INCREMENT_DECIMALS)
    return number is not None and any([number == parse(other, INCREMENT_DECIMALS) for other in words])


def _unquote(text: str) -> str:
    """Return the text of a payload that is one JSON string, else the payload as it is."""
    quoted = text.strip(_JSON_SPACES)
    if quoted[:1] != '"' or quoted[-1:] != '"':
        return text
    from .json_pointer import resolve  # noqa: PLC0415 - as above

    try:
        return resolve(quoted, "") or ""
    except ValueError:
        return text


def decode(payload: bytes) -> "str | None":
    """Return the text without a byte order mark and the end of a C string; None if it is not valid UTF-8."""
    try:
        text = payload.decode()
    except ValueError:
        return None
    if len(text) != len(payload) and not _is_utf8(payload):
        return None
    if text[-1:] == "\0":  # programs in C send the NUL that ends a string, or a whole buffer
        text = text.rstrip("\0")
    return text[1:] if text[:1] == _BYTE_ORDER_MARK else text


def _is_utf8(payload: bytes) -> bool:
    """Return whether no character is overlong, a surrogate or beyond Unicode: MicroPython's `decode` accepts those."""
    for byte in _NEVER:
        if byte in payload:
            return False
    for first, low, high in _RESTRICTED:
        index = payload.find(first)
        while index >= 0:
            if not low <= payload[index + 1] <= high:
                return False
            index = payload.find(first, index + 1)
    return True


def _read_value(sensor: "SensorPlan", text: str) -> "tuple[str | None, str]":
    kind = sensor["kind"]
    word = strip_spaces(text)
    is_number = "threshold" in sensor or kind not in ("contact", "text")  # a contact may come from a number
    value = number_in(sensor, word) if is_number else None
    if value is not None and "unknown_payloads" not in sensor:  # no default word for unknown is a number
        return value, ""
    lower = to_lower(word)
    if kind == "contact" and not is_number:
        if is_one_of(lower, sensor["open_payloads"]):
            value = "open"
        elif is_one_of(lower, sensor["closed_payloads"]):
            value = "closed"
        elif lower == "" and "hold_ms" in sensor and "" not in sensor.get("unknown_payloads", ()):
            return None, NO_EVENT
    if (value is None or is_number) and means_unknown(sensor, lower):
        return None, SAYS_UNKNOWN
    if kind == "text":
        shown = _mapped(sensor["map"], lower) if "map" in sensor else None
        value = one_line(text, sensor["length"]) if shown is None else shown
    if value is not None:
        return value, ""
    return None, "it is not a decimal number" if is_number else "it is neither a word for open nor one for closed"


def _mapped(words: "dict[str, str]", word: str) -> "str | None":
    """Return what is shown for a word or, if it is a number, for the same number."""
    if word in words:
        return words[word]
    for other in words:
        if is_one_of(word, [other]):
            return words[other]
    return None


def number_in(sensor: "SensorPlan", word: str) -> "str | None":
    """Return the decimal number of a payload, without its unit, or None."""
    if "payload_unit" in sensor and word[-len(sensor["payload_unit"]) :] == sensor["payload_unit"]:
        word = strip_spaces(word[: -len(sensor["payload_unit"])])
    if "decimal_comma" in sensor:
        word = word.replace(",", ".")
    return None if parse(word, 0) is None else word  # the core's own parser decides what a number is


def one_line(text: str, length: int) -> str:
    """Return at most `length` characters of the text on one line, with single spaces; stop reading there."""
    chars = []  # type: list[str]
    has_gap = False
    for char in text:
        if is_space(char):
            has_gap = len(chars) > 0
        elif is_printable(char) or char in _JOINERS:
            if has_gap:
                chars.append(" ")
                has_gap = False
            chars.append(char)
            if len(chars) >= length:
                break
    return "".join(chars[:length]).rstrip()
