"""The shipped examples load as they are, and the big one has every key with its default."""

import json
import re
import tomllib
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest

from pushglance.plan import compile_plan
from pushglance.settings import Settings, load_settings
from pushglance.settings.resolved_watches import resolve_watches
from pushglance.settings.tables.messages import LeftOpen
from pushglance.settings.tables.sensors import KINDS, Settle
from pushglance.settings.tables.services import Budget
from pushglance.settings.tables.watches import Glance, Watch
from pushglance.settings.template_lengths import longest_text
from pushglance.settings.validation.unknown_keys import field_at, models_in
from pushglance.watchface import draw_complications

_EXAMPLES = (
    "pushglance.example.toml",
    "garage-door.toml",
    "counters.toml",
    "mqtt-only.toml",
    "hub.toml",
    "cluster.toml",
    "home-assistant.toml",
)
_DEVICES = sorted((Path(__file__).parents[2] / "config/devices").glob("*.toml"))
# Defaults that depend on other settings are not in the model; the example shows the usual value.
_DEPENDS = {"settle": "200ms", "port": 1883, "qos": 1}
_SWITCHED_OFF = re.compile(r"^#(?=\[|[a-z_]+ = )", re.MULTILINE)


@pytest.fixture
def everything(config):
    """Return the tables of the big example with every commented setting switched on."""
    text = (config / "pushglance.example.toml").read_text(encoding="utf-8")
    return tomllib.loads(_SWITCHED_OFF.sub("", text), parse_float=Decimal)


@pytest.mark.parametrize("name", _EXAMPLES)
def test_example_loads(config, name):
    """An example loads as it is if token and user are set, and can be compiled."""
    plan = compile_plan(load_settings(config / name))
    assert plan["sensors"]
    assert plan["watches"][0]["fields"]


def test_hub_reads_the_topics_that_the_node_publishes(config, monkeypatch):
    """The example of a node needs no keys, and that of the hub reads exactly the topics that the node publishes."""
    hub = compile_plan(load_settings(config / "hub.toml"))
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__TOKEN")
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__USER")
    node = compile_plan(load_settings(config / "node.toml"))
    assert node["watches"] == []
    published = {f"{node['node']['root']}/sensor/{sensor['name']}" for sensor in node["sensors"]}
    assert published == {sensor["topic"] for sensor in hub["sensors"] if sensor["node"] == "garage-pi"}


@pytest.mark.parametrize("name", [*_EXAMPLES, "node.toml"])
def test_first_line_names_the_schema(config, name):
    """The first line names the schema for editors."""
    first, *_ = (config / name).read_text(encoding="utf-8").splitlines()
    assert first == "#:schema ./pushglance.schema.json"


def test_big_example_has_every_key(everything):
    """Every key of every section is in the big example, switched on or off."""
    shown = {Settings: set(everything), Watch: set(everything["watches"]["anna"])}
    shown |= {
        Budget: set(everything["watches"]["anna"]["budget"]),
        Glance: set(everything["watches"]["anna"]["glance"]),
    }
    for name, field in Settings.model_fields.items():
        model = next(models_in(field.annotation), None)
        if name not in {"sensors", "watches"} and model:
            shown[model] = set(everything[name])
    for kind, model in KINDS.items():
        sensors = [sensor for sensor in everything["sensors"].values() if sensor["kind"] == kind]
        shown[model] = {key for sensor in sensors for key in sensor}
    shown[LeftOpen] = set(everything["sensors"]["garage"]["left_open"])
    for model, keys in shown.items():
        assert keys == set(model.model_fields), model.__name__
    assert set(Settle.model_fields) == {"open", "closed"}  # shown in the comment on `settle`


def test_big_example_shows_the_defaults(everything):
    """The big example shows the default of each key that has one."""
    compared = 0
    for place, shown in _leaves(everything):
        kind = everything["sensors"][place[1]]["kind"] if place[0] == "sensors" else ""
        field = field_at(place, kind)
        if field is None:  # a key that the user chooses, as in `map`
            continue
        default = field.default if field.default is not None else _DEPENDS.get(place[-1])
        if field.is_required() or default is None or (kind == "counter" and place[-1] == "qos"):
            continue
        compared += 1
        assert str(shown) == str(default), place
    assert compared > 40


def test_switched_off_settings_are_valid(config, everything):
    """The commented settings of the big example are valid, too."""
    schema = jsonschema.Draft202012Validator(_schema(config))
    assert [error.message for error in schema.iter_errors(_as_json(everything))] == []


@pytest.mark.parametrize("name", [*_EXAMPLES, "node.toml"])
def test_example_is_valid_by_the_schema(config, name):
    """Every example is valid by the JSON schema."""
    tree = tomllib.loads((config / name).read_text(encoding="utf-8"))
    jsonschema.validate(tree, _schema(config), jsonschema.Draft202012Validator)


def _schema(config):
    return json.loads((config / "pushglance.schema.json").read_text(encoding="utf-8"))


def _as_json(tree):
    if isinstance(tree, dict):
        return {key: _as_json(value) for key, value in tree.items()}
    return float(tree) if isinstance(tree, Decimal) else tree


def _leaves(tree, place=()):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*place, key))
        else:
            yield (*place, key), value


@pytest.mark.parametrize("name", [*_EXAMPLES, *(f"devices/{path.name}" for path in _DEVICES)])
def test_texts_of_contacts_fit(config, name):
    """In each example the word of a contact stands where large and inline complications show all of it."""
    settings = load_settings(config / name)
    for watch in resolve_watches(settings):
        longest = {field: longest_text(template, settings) for field, template in watch.glance.templates()}
        for complication in draw_complications(longest):
            if complication.name in ("Modular large", "Inline"):
                assert "text" not in complication.cut, (complication.name, complication.lines)
