"""Parameters of a request: the body, form-urlencoded, multipart or JSON, as named texts."""

import json
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

PARAMETERS_MAX = 64


class UnreadableBodyError(Exception):
    """Report that a body is neither a form nor a JSON object."""


@dataclass(slots=True)
class Parameters:
    """Named texts of a body, warnings about them, and the names of the values that are not text."""

    values: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    not_text: list[str] = field(default_factory=list)


def read_parameters(content_type: str, body: bytes) -> Parameters:
    """Return the parameters of a body. Raises UnreadableBodyError, for any bytes that are not valid."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json":
        return _read_json(body)
    if media_type in ("", "application/x-www-form-urlencoded"):
        return _read_form(body)
    if media_type == "multipart/form-data":
        return _read_multipart(content_type, body)
    raise UnreadableBodyError(
        "the body must be application/x-www-form-urlencoded, multipart/form-data or application/json"
    )


def quote(name: str) -> str:
    """Return a received name shortened to 40 characters, quoted and printable."""
    return repr(name if len(name) <= 40 else name[:39] + "…")


def _read_form(body: bytes) -> Parameters:
    # latin-1 maps each byte to one character: raw and %-encoded bytes become the same before UTF-8 is checked.
    try:
        pairs = parse_qsl(
            body.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=PARAMETERS_MAX
        )
    except ValueError:
        raise UnreadableBodyError(f"the form has more than {PARAMETERS_MAX} parameters") from None
    parameters = Parameters()
    for raw_name, raw_value in pairs:
        _add_bytes(parameters, raw_name.encode("latin-1"), raw_value.encode("latin-1"))
    return parameters


def _read_multipart(content_type: str, body: bytes) -> Parameters:
    """Read a body as `curl -F` sends it."""
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body
    )
    parts = list(message.iter_parts()) if message.is_multipart() else []
    if not parts:
        raise UnreadableBodyError("the multipart body has no part, or its boundary is missing")
    if len(parts) > PARAMETERS_MAX:
        raise UnreadableBodyError(f"the form has more than {PARAMETERS_MAX} parameters")
    parameters = Parameters()
    for part in parts:
        name, value = part.get_param("name", None, "content-disposition"), part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(value, bytes):
            raise UnreadableBodyError("each part of the multipart body needs a name")
        _add_bytes(parameters, name.encode("utf-8", "surrogateescape"), value)
    return parameters


def _add_bytes(parameters: Parameters, raw_name: bytes, raw_value: bytes) -> None:
    try:
        name, value = raw_name.decode(), raw_value.decode()
    except UnicodeDecodeError:
        raise UnreadableBodyError(f"the value of {quote(raw_name.decode('latin-1'))} is not valid UTF-8") from None
    if name in parameters.values:
        parameters.warnings.append(f"{quote(name)} was sent twice; the last value counts")
    parameters.values[name] = value


def _read_json(body: bytes) -> Parameters:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableBodyError("the body is not valid JSON") from None
    if not isinstance(content, dict):
        raise UnreadableBodyError("the JSON body must be an object")
    if len(content) > PARAMETERS_MAX:
        raise UnreadableBodyError(f"the JSON object has more than {PARAMETERS_MAX} parameters")
    parameters = Parameters()
    for name, value in content.items():
        _add_json_value(parameters, name, value)
    return parameters


def _add_json_value(parameters: Parameters, name: str, value: Any) -> None:
    if value is None:
        parameters.warnings.append(f"{quote(name)} is null and was treated as not sent")
        return
    text = value if isinstance(value, str) else json.dumps(value)
    # A lone surrogate is valid in JSON but not a character that a screen can show.
    if isinstance(value, dict | list) or not _is_text(name) or not _is_text(text):
        parameters.not_text.append(name)
    else:
        parameters.values[name] = text


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
