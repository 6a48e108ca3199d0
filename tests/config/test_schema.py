"""The committed JSON schema is current, valid and useful for editors."""

import json

import jsonschema
import pytest

from pushglance.settings.schema import schema_text


@pytest.fixture
def schema(config):
    """Return the committed schema."""
    return json.loads((config / "pushglance.schema.json").read_text(encoding="utf-8"))


def test_schema_is_current(config):
    """The committed schema is current; agent/README.md has the command that updates it."""
    assert (config / "pushglance.schema.json").read_text(encoding="utf-8") == schema_text()


def test_schema_is_valid_and_has_no_null(schema):
    """The schema is valid and has no null, which does not exist in TOML."""
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "null" not in json.dumps(schema)


def test_schema_describes_every_key(schema):
    """Every key has a description that an editor can show."""
    for name, table in schema["$defs"].items():
        for key, value in table["properties"].items():
            assert value.get("description", "").endswith((".", '"')), f"{name}.{key}"


@pytest.mark.parametrize(
    "tree",
    [
        {"budget": {"pushes": 51}},
        {"budget": {"spacing": 20}},
        {"budget": {"spacing": "20 minutes"}},
        {"sensor": {}},
        {"sensors": {"a": {"kind": "contact", "gpio": 49}}},
        {"sensors": {"a": {"kind": "gauge", "gpio": 4}}},
        {"sensors": {"a": {"kind": "contact", "setle": "1s"}}},
        {"pushover": {"token": "short"}},
        {"mqtt": {"host": "h", "port": 0}},
    ],
)
def test_schema_refuses_common_errors(schema, tree):
    """An editor can mark common errors."""
    assert not jsonschema.Draft202012Validator(schema).is_valid(tree)


@pytest.mark.parametrize("settle", ["200ms", {"open": "50ms"}, {"open": "50ms", "closed": "2s"}])
def test_settle_has_two_forms(schema, settle):
    """One duration and two are both valid."""
    tree = {"sensors": {"a": {"kind": "contact", "gpio": 4, "settle": settle}}}
    jsonschema.validate(tree, schema, jsonschema.Draft202012Validator)
