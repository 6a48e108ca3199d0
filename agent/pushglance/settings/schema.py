"""The JSON schema of the settings file, for editors that complete and check keys."""

import json
from decimal import Decimal
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from .model import Settings
from .values.durations import Duration


class _TomlSchema(GenerateJsonSchema):
    """JSON schema in TOML's terms: no null, because such a key is left out; durations as written."""

    def field_title_should_be_set(self, schema: object) -> bool:
        """Return False, because a title would only repeat the key."""
        del schema
        return False

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """Return a schema that no other field shares: pydantic 2.10 writes the field's default into it."""
        return dict(super().generate_inner(schema))

    def encode_default(self, dft: Any) -> Any:
        """Return a default as written in a TOML file."""
        if isinstance(dft, Decimal):
            return int(dft)
        return str(dft) if isinstance(dft, Duration) else super().encode_default(dft)

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Return the schema of the value itself."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Return the schema with its default, unless that is null."""
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def schema_text() -> str:
    """Return the JSON schema of the settings file as text that ends with a line feed."""
    schema = Settings.model_json_schema(schema_generator=_TomlSchema)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "pushglance.toml"
    schema["description"] = "Settings of pushglance, see pushglance.example.toml."
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
