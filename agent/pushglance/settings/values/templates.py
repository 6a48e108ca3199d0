"""Templates: "{garage} since {garage.since}" becomes parts, literal strings and [sensor, attribute].

Only the text is read here; whether a sensor of that name exists, and what it can tell, is checked where the sensors
are known.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from pushglance.settings.errors.issues import ValueProblem, quoted

# A literal string, or [sensor, attribute], where "" is the plain value: as the Plan has it.
Part = str | list[str]

_PIECE = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+")
_REFERENCE = re.compile(r"\{([a-z][a-z0-9_]*)(?:\.([a-z_]+))?\}")


@dataclass(frozen=True, slots=True)
class Template:
    """Hold a template as it was written, and its parts: adjacent literals are one, an empty template has none."""

    text: str
    parts: list[Part]

    def references(self) -> list[tuple[str, str]]:
        """Return the (sensor, attribute) pairs in order."""
        return [(part[0], part[1]) for part in self.parts if isinstance(part, list)]

    def __str__(self) -> str:
        return self.text

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            parse_template, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string"}


def parse_template(written: object) -> Template:
    """Read a template; "{{" and "}}" are the braces themselves. Raises Mistake for a brace that stands alone."""
    if isinstance(written, Template):
        return written
    if not isinstance(written, str):
        raise ValueProblem(
            "a template is text in quotes", f'"{written}"' if isinstance(written, (int, Decimal)) else ""
        )
    parts: list[Part] = []
    for found in _PIECE.finditer(written):
        part = _read_piece(found.group(), found.start())
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return Template(written, parts)


def _read_piece(piece: str, start: int) -> Part:
    """Return the part that a piece stands for: an escaped brace, a reference or a literal."""
    if piece in {"{{", "}}"}:
        return piece[0]
    if piece in {"{", "}"}:
        told = "is never closed" if piece == "{" else "was never opened"
        raise ValueProblem(
            f'the "{piece}" at character {start + 1} {told}; write {{sensor}} for a value, "{piece * 2}" for the brace'
        )
    if not piece.startswith("{"):
        return piece
    reference = _REFERENCE.fullmatch(piece)
    if reference is None:
        raise ValueProblem(
            f"{quoted(piece)} names no value; write {{sensor}} or {{sensor.attribute}} without spaces or formats, "
            f'and "{{{{" for the brace itself'
        )
    return [reference[1], reference[2] or ""]
