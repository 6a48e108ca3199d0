"""Turns the bytes of a body, form-urlencoded or JSON, into named texts; any bytes end in these or a sentence."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

PARAMETERS_MAX = 64


class Unreadable(Exception):  # noqa: N818 - reads as the sentence it carries
    """Report a body that is neither a form nor a JSON object."""


@dataclass(slots=True)
class Parameters:
    """Hold the named texts of a body, what was odd about them, and which ones are no text at all."""

    values: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    not_text: list[str] = field(default_factory=list)


def read_parameters(content_type: str, body: bytes) -> Parameters:
    """Return what the body says. Raises Unreadable with a sentence."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return _read_json(body)
    if kind in ("", "application/x-www-form-urlencoded"):
        return _read_form(body)
    raise Unreadable("the body must be application/x-www-form-urlencoded or application/json")


def quote(name: str) -> str:
    """Return a name from outside, made short and printable."""
    return repr(name if len(name) <= 40 else name[:39] + "…")


def _read_form(body: bytes) -> Parameters:
    # latin-1 maps each byte to one character, so that raw and %-encoded bytes meet before UTF-8 is checked.
    try:
        pairs = parse_qsl(
            body.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=PARAMETERS_MAX
        )
    except ValueError:
        raise Unreadable(f"the form has more than {PARAMETERS_MAX} parameters") from None
    read = Parameters()
    for raw_name, raw_value in pairs:
        try:
            name, value = (raw.encode("latin-1").decode("utf-8") for raw in (raw_name, raw_value))
        except UnicodeDecodeError:
            raise Unreadable(f"the value of {quote(raw_name)} is not valid UTF-8") from None
        if name in read.values:
            read.warnings.append(f"{quote(name)} was sent twice; the last one counts")
        read.values[name] = value
    return read


def _read_json(body: bytes) -> Parameters:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("the body is not valid JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("the JSON body must be an object")
    if len(found) > PARAMETERS_MAX:
        raise Unreadable(f"the JSON object has more than {PARAMETERS_MAX} parameters")
    read = Parameters()
    for name, value in found.items():
        _take(read, name, value)
    return read


def _take(read: Parameters, name: str, value: Any) -> None:
    if value is None:
        read.warnings.append(f"{quote(name)} is null, which is taken as not sent")
        return
    text = value if isinstance(value, str) else json.dumps(value)
    # Half of a surrogate pair is valid JSON but no text: nothing could show it.
    if isinstance(value, dict | list) or not _is_text(name) or not _is_text(text):
        read.not_text.append(name)
    else:
        read.values[name] = text


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
