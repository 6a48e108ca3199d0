"""The committed JSON schema is the one that the models make, and it says what editors need."""

import json

import jsonschema
import pytest

from pushglance.settings.schema import schema_text


@pytest.fixture
def schema(config):
    """Return the committed schema."""
    return json.loads((config / "pushglance.schema.json").read_text(encoding="utf-8"))


def test_is_current(config):
    """The committed schema is current; else type: pushglance check --schema > config/pushglance.schema.json."""
    assert (config / "pushglance.schema.json").read_text(encoding="utf-8") == schema_text()


def test_is_a_schema(schema):
    """It is a valid JSON schema without null, which TOML has not."""
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "null" not in json.dumps(schema)


def test_describes_every_key(schema):
    """Every key has a sentence for the editor to show."""
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
def test_refuses_in_the_editor(schema, tree):
    """The plainest mistakes are underlined while one types."""
    assert not jsonschema.Draft202012Validator(schema).is_valid(tree)


@pytest.mark.parametrize("settle", ["200ms", {"open": "50ms"}, {"open": "50ms", "closed": "2s"}])
def test_settle_has_two_forms(schema, settle):
    """One duration and two are both right."""
    tree = {"sensors": {"a": {"kind": "contact", "gpio": 4, "settle": settle}}}
    jsonschema.validate(tree, schema, jsonschema.Draft202012Validator)
