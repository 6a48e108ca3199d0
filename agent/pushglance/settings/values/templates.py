"""Templates: "{garage} since {garage.since}" becomes a list of literal strings and [sensor, attribute].

"{tank|no value}" shows "no value" while the tank is unknown: [sensor, attribute, text].

Only the syntax is checked here. `checks.templates` checks that the sensors and attributes exist.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from pushglance.settings.errors.issues import ValueProblem, quoted

# A literal string, or [sensor, attribute] with "" for the plain value, and a text for an unknown one, as in the Plan.
Part = str | list[str]

_LENGTH_MAX = 2000  # a watch shows 100
_PIECE = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+")
_REFERENCE = re.compile(r"\{([a-z][a-z0-9_]*)(?:\.([a-z_]+))?(?:\|([^{}|]*))?\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A template: its text as written, and its parts. Adjacent literals are one part; an empty template has no part."""

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
    """Return the template of a text; "{{" and "}}" are literal braces. Raises ValueProblem for a single brace."""
    if isinstance(written, Template):
        return written
    if not isinstance(written, str):
        raise ValueProblem(
            "a template is text in quotes", f'"{written}"' if isinstance(written, (int, Decimal)) else ""
        )
    if len(written) > _LENGTH_MAX:
        raise ValueProblem(f"a template has at most {_LENGTH_MAX} characters, and this has {len(written)}")
    parts: list[Part] = []
    for match in _PIECE.finditer(written):
        part = _parse_piece(match.group(), match.start())
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        else:
            parts.append(part)
    return Template(written, parts)


def _parse_piece(piece: str, start: int) -> Part:
    """Return the part of a piece: an escaped brace, a reference or a literal."""
    if piece in {"{{", "}}"}:
        return piece[0]
    if piece in {"{", "}"}:
        problem = "is never closed" if piece == "{" else "was never opened"
        raise ValueProblem(
            f'the "{piece}" at character {start + 1} {problem}; write {{sensor}} for a value, "{piece * 2}" for a brace'
        )
    if not piece.startswith("{"):
        return piece
    reference = _REFERENCE.fullmatch(piece)
    if reference is None:
        raise ValueProblem(
            f"{quoted(piece)} is not a valid reference; write {_reference_meant(piece)} without spaces or "
            f'formats, and "{{{{" for a brace'
        )
    part = [reference[1], reference[2] or ""]
    return part if reference[3] is None else [*part, reference[3]]


def _reference_meant(piece: str) -> str:
    """Return the reference that is probably meant, else the two forms of references."""
    match = re.match(r"\{\s*(?:sensors?\.)?([A-Za-z][A-Za-z0-9_-]*(?: [A-Za-z0-9_-]+)*)(?:\s*\.\s*([a-z_]+))?", piece)
    if match is None:
        return "{sensor} or {sensor.attribute}"
    name = re.sub(r"[ -]+", "_", match[1].lower()).strip("_")
    return f"{{{name}{'.' + match[2] if match[2] else ''}}}"
