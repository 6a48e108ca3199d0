"""Why a payload was not used, and what to write in the settings so that it is."""

import difflib
import json
import re
from typing import TYPE_CHECKING, Any

from pushglance.core.wire.json_pointer import resolve
from pushglance.core.wire.payload import decode

if TYPE_CHECKING:
    from pushglance.core.plan_types import SensorPlan

READ_MAX = 16 * 1024  # bytes; of longer payloads the pointers are not listed
SHOWN_MAX = 80  # characters of a payload
_POINTERS_READ = 200
_POINTERS_SHOWN = 5
_WORDS_SHOWN = 4
_NESTING_MAX = 8
_NUMBER_AND_UNIT = re.compile(r"\s*[+-]?[0-9]{1,12}([.,][0-9]{1,9})?\s*([^\s0-9.,+-][^0-9.,]{0,9})?\s*")


def shorten(payload: bytes) -> str:
    """Return the begin of a payload as one printable line, with "..." if it is longer."""
    text = payload[: SHOWN_MAX * 4].decode("utf-8", "replace").removeprefix("\ufeff")
    line = "".join(char if char.isprintable() else " " if char.isspace() else "\ufffd" for char in text).strip()
    is_cut = len(payload) > SHOWN_MAX * 4 or len(line) > SHOWN_MAX
    return line[:SHOWN_MAX] + "..." if is_cut else line


def explain(sensor: "SensorPlan", reason: str, payload: bytes) -> str:
    """Return why this payload has no value for the sensor, with the pointers or words that it has or needs."""
    pointer = sensor.get("pointer", "")
    pointers = pointers_in(payload)
    if pointer:
        if pointers is None:
            return f'{reason}; if the whole payload is the value, leave out value = "{pointer}"'
        return _explain_pointer(pointer, reason + _number_hint(sensor, payload), pointers)
    if pointers:
        return f"{reason}; it is JSON: write value = {_quoted(pointers[:_POINTERS_SHOWN], ' or ')}"
    if sensor["kind"] == "contact" and "threshold" not in sensor:
        is_opened = ", ".join(sensor["open_payloads"][:_WORDS_SHOWN])
        is_closed = ", ".join(sensor["closed_payloads"][:_WORDS_SHOWN])
        return f"{reason} (open: {is_opened}; closed: {is_closed}); add its word to open_payloads or closed_payloads"
    return reason + _number_hint(sensor, payload)


def _number_hint(sensor: "SensorPlan", payload: bytes) -> str:
    """Return what to write for a number with a unit or a decimal comma, "" if the value is neither."""
    text = value_at(payload, sensor.get("pointer", "")) if sensor["kind"] != "text" else None
    match = None if text is None else _NUMBER_AND_UNIT.fullmatch(text)
    if match is None or not (match[2] or "").isprintable():
        return ""
    comma = ["decimal_comma = true"] if (match[1] or "").startswith(",") and "decimal_comma" not in sensor else []
    unit = [f"payload_unit = {_quoted([match[2].strip()], '')}"] if match[2] else []
    return f"; write {' and '.join([*comma, *unit])}" if comma or unit else ""


def value_at(payload: bytes, pointer: str) -> str | None:
    """Return the text at a pointer in a payload, None if there is none or it is long."""
    text = None if len(payload) > READ_MAX else decode(payload)
    try:
        found = resolve(text, pointer) if text is not None and pointer else text
    except ValueError:
        return None
    return found if found is not None and len(found) <= SHOWN_MAX else None


def _explain_pointer(pointer: str, reason: str, pointers: list[str]) -> str:
    if not pointers:
        return f"it has no {pointer}, and no other value"
    if pointer in pointers:
        return reason
    near = near_pointers(pointer, pointers)
    if near:
        return f"it has no {pointer}, it has {' and '.join(near)}: write value = {_quoted(near[:1], '')}"
    more = ", ..." if len(pointers) > _POINTERS_SHOWN else ""
    return f"it has no {pointer}, it has {', '.join(pointers[:_POINTERS_SHOWN])}{more}"


def near_pointers(pointer: str, pointers: list[str]) -> list[str]:
    """Return up to three of `pointers` that are probably meant by `pointer`, the nearest first."""
    wanted = pointer.casefold()
    last = wanted.rpartition("/")[2]
    same = [each for each in pointers if each.casefold() == wanted]
    same_end = [each for each in pointers if each.casefold().rpartition("/")[2] == last]
    folded = {each.casefold(): each for each in reversed(pointers)}
    similar = [folded[each] for each in difflib.get_close_matches(wanted, list(folded), n=3, cutoff=0.75)]
    return (same or list(dict.fromkeys([*same_end, *similar])))[:3]


def pointers_in(payload: bytes) -> list[str] | None:
    """Return the JSON pointers of the single values in a payload; None if it is not a JSON object or array."""
    if len(payload) > READ_MAX:
        return None
    try:
        tree = json.loads(payload, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return None
    if not isinstance(tree, (dict, list)):
        return None
    pointers: list[str] = []
    _collect(tree, "", pointers, 0)
    return pointers


def _collect(tree: Any, pointer: str, pointers: list[str], depth: int) -> None:
    """Add the pointers of the values below `tree`, in the order of the document."""
    if len(pointers) >= _POINTERS_READ or depth > _NESTING_MAX:
        return
    if isinstance(tree, dict):
        for key, value in tree.items():
            _collect(value, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", pointers, depth + 1)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            _collect(value, f"{pointer}/{index}", pointers, depth + 1)
    elif tree is not None:
        pointers.append("".join(char if char.isprintable() else "\ufffd" for char in pointer[:SHOWN_MAX]))


def _quoted(texts: list[str], joiner: str) -> str:
    return joiner.join(json.dumps(text, ensure_ascii=False) for text in texts)
