"""The shipped examples load as they are, and the big one tells every key with its true default."""

import json
import re
import tomllib
from decimal import Decimal

import jsonschema
import pytest
from pydantic import BaseModel

from pushglance.plan import compile_plan
from pushglance.settings import Settings, load_settings
from pushglance.settings.tables.messages import LeftOpen
from pushglance.settings.tables.sensors import KINDS, Settle
from pushglance.settings.tables.services import Budget
from pushglance.settings.tables.watches import Glance, Watch
from pushglance.settings.validation.unknown_keys import field_at

_EXAMPLES = (
    "pushglance.example.toml",
    "garage-door.toml",
    "counters.toml",
    "mqtt-only.toml",
    "hub.toml",
    "cluster.toml",
    "home-assistant.toml",
    "esphome-node-red.toml",
)
# What depends on other settings has no default in the model; the example shows what is taken mostly.
_DEPENDS = {"settle": "200ms", "port": 1883, "qos": 1}
_SWITCHED_OFF = re.compile(r"^#(?=\[|[a-z_]+ = )", re.MULTILINE)


@pytest.fixture
def everything(config):
    """Return the tables of the big example with all that is switched off switched on."""
    text = (config / "pushglance.example.toml").read_text(encoding="utf-8")
    return tomllib.loads(_SWITCHED_OFF.sub("", text), parse_float=Decimal)


@pytest.mark.parametrize("name", _EXAMPLES)
def test_loads(config, name):
    """An example loads as it is, once token and user are given, and can be compiled."""
    plan = compile_plan(load_settings(config / name))
    assert plan["sensors"]
    assert plan["watches"][0]["fields"]


def test_a_node_and_its_hub(config, monkeypatch):
    """The node's example needs no keys, and the hub's listens to just the topics that the node's publishes."""
    hub = compile_plan(load_settings(config / "hub.toml"))
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__TOKEN")
    monkeypatch.delenv("PUSHGLANCE_PUSHOVER__USER")
    node = compile_plan(load_settings(config / "node.toml"))
    assert node["watches"] == []
    published = {f"{node['node']['root']}/sensor/{sensor['name']}" for sensor in node["sensors"]}
    assert published == {sensor["topic"] for sensor in hub["sensors"] if sensor["node"] == "garage-pi"}


@pytest.mark.parametrize("name", [*_EXAMPLES, "node.toml"])
def test_points_to_the_schema(config, name):
    """The first line lets editors find the schema."""
    first, *_ = (config / name).read_text(encoding="utf-8").splitlines()
    assert first == "#:schema ./pushglance.schema.json"


def test_every_key_is_told(everything):
    """Every key of every section stands in the big example, switched on or off."""
    told = {Settings: set(everything), Watch: set(everything["watches"]["anna"])}
    told |= {Budget: set(everything["watches"]["anna"]["budget"]), Glance: set(everything["watches"]["anna"]["glance"])}
    for name, field in Settings.model_fields.items():
        model = next((one for one in _models(field.annotation)), None)
        if name not in {"sensors", "watches"} and model:
            told[model] = set(everything[name])
    for kind, model in KINDS.items():
        sensors = [sensor for sensor in everything["sensors"].values() if sensor["kind"] == kind]
        told[model] = {key for sensor in sensors for key in sensor}
    told[LeftOpen] = set(everything["sensors"]["garage"]["left_open"])
    for model, keys in told.items():
        assert keys == set(model.model_fields), model.__name__
    assert set(Settle.model_fields) == {"open", "closed"}  # told in a comment beside `settle`


def test_every_default_is_true(everything):
    """What the big example shows for a key that has a default is the default."""
    compared = 0
    for place, shown in _leaves(everything):
        kind = everything["sensors"][place[1]]["kind"] if place[0] == "sensors" else ""
        field = field_at(Settings, place, kind)
        default = field.default if field.default is not None else _DEPENDS.get(place[-1])
        if field.is_required() or default is None or (kind == "counter" and place[-1] == "qos"):
            continue
        compared += 1
        assert str(shown) == str(default), place
    assert compared > 40


def test_every_section_is_right(config, everything):
    """Also what is switched off is right: editors would not underline a line of it."""
    schema = jsonschema.Draft202012Validator(_schema(config))
    assert [error.message for error in schema.iter_errors(_as_json(everything))] == []


@pytest.mark.parametrize("name", [*_EXAMPLES, "node.toml"])
def test_agrees_with_the_schema(config, name):
    """What the loader takes, the schema takes."""
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


def _models(annotation):
    inner = getattr(annotation, "__args__", (annotation,))
    return [one for one in inner if isinstance(one, type) and issubclass(one, BaseModel)]
