"""Home Assistant's MQTT discovery: one message that describes the node and all its entities.

The keys are the abbreviations that Home Assistant defines. The text "None" means an unknown state.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pushglance import __version__
from pushglance.settings import Settings
from pushglance.settings.board_catalog import RASPBERRY_PI, board_pins
from pushglance.settings.resolved_watches import ONLY_WATCH, resolve_watches
from pushglance.settings.tables.node import node_name
from pushglance.settings.tables.sensors import CounterKeys, source_of

from .messages import plan_messages

Component = dict[str, Any]

_AVAILABILITY_TEMPLATE = "{{ 'offline' if value == 'unknown' else 'online' }}"  # of a reading
_VALUE_TEMPLATE = "{{ 'None' if value == 'unknown' else value }}"
_HEALTH = {
    "unreadable": "Unreadable payloads",
    "lost_edges": "Lost edges",
    "dropped": "Dropped events",
    "refused_commands": "Refused commands",
}
_TOTAL_MAX = 10**15 - 1


def device_id(settings: Settings) -> str:
    """Return the identifier of this node in Home Assistant."""
    assert settings.node is not None
    return f"pushglance_{node_name(settings.node)}"


def discovery_payload(settings: Settings) -> str:
    """Return the discovery message of a node as JSON, "" if discovery is switched off."""
    node = settings.node
    assert node is not None
    if not node.discovery:
        return ""
    name = node_name(node)
    root, identity = f"{node.prefix}/{name}", device_id(settings)
    is_board = settings.board.kind != RASPBERRY_PI
    components = dict(_sensors(settings, root))
    if not is_board:  # a board publishes only its readings
        components |= dict(_watches(settings, root))
        components |= dict(_messages(settings, root))
        components |= dict(_health(root))
        components |= dict(_totals(settings, root))
    for key, component in components.items():
        component["uniq_id"] = f"{identity}_{key}"
    device = {
        "ids": [identity],
        "name": name,
        "mf": "pushglance",
        "mdl": board_pins(settings.board.kind).title if is_board else "node" if settings.is_publish_only else "hub",
        "sw": __version__,
    }
    payload = {
        "dev": device,
        "o": {"name": "pushglance", "sw": __version__},
        "avty": [{"t": f"{root}/status"}],  # of all components that have no other
        "qos": 1,
        "cmps": components,
    }
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _sensors(settings: Settings, root: str) -> Iterator[tuple[str, Component]]:
    for name, sensor in settings.sensors.items():
        if not source_of(sensor).is_from_node:  # another node announces its own sensors
            topic = f"{root}/sensor/{name}"
            common = {"name": _title(name), "stat_t": topic, "val_tpl": _VALUE_TEMPLATE}
            # An unknown value is unavailable; Home Assistant shows the old one otherwise, e.g. in an automation.
            available = [{"t": f"{root}/status"}, {"t": topic, "val_tpl": _AVAILABILITY_TEMPLATE}]
            yield f"sensor_{name}", common | {"avty": available, "avty_mode": "all"} | sensor.home_assistant()


def _watches(settings: Settings, root: str) -> Iterator[tuple[str, Component]]:
    assert settings.node is not None
    commands = settings.node.commands
    for watch in resolve_watches(settings):
        topic, key = f"{root}/watch/{watch.name}", f"watch_{watch.name}"
        prefix = "" if watch.name == ONLY_WATCH else f"{watch.name} "
        for part, name, extra in (
            ("left", "pushes left", {"stat_cla": "measurement"}),
            ("pending", "fields pending", {"stat_cla": "measurement"}),
            ("why", "waits for", {}),
            ("last_push", "last push", {"dev_cla": "timestamp"}),
            ("problem", "problem", {}),
            ("failing_since", "failing since", {"dev_cla": "timestamp"}),
        ):
            yield f"{key}_{part}", _diagnostic(_title(prefix + name), topic, part) | extra
        if "push-now" in commands:
            command = f"{root}/command/push-now/{watch.name}"
            yield f"{key}_push_now", {"p": "button", "name": _title(f"{prefix}push now"), "cmd_t": command}
        if "pause" in commands:
            switch = {"p": "switch", "name": _title(f"{prefix}pause"), "ent_cat": "config"}
            topics = {"cmd_t": f"{root}/command/pause/{watch.name}", "stat_t": topic}
            yield f"{key}_pause", switch | topics | {"val_tpl": "{{ value_json.paused }}"}


def _messages(settings: Settings, root: str) -> Iterator[tuple[str, Component]]:
    if plan_messages(settings) is None:
        return
    for part, name in (("left", "Messages left"), ("due", "Messages waiting"), ("problem", "Messages problem")):
        extra = {} if part == "problem" else {"stat_cla": "measurement"}
        yield f"messages_{part}", _diagnostic(name, f"{root}/messages", part) | extra
    since = _diagnostic("Messages failing since", f"{root}/messages", "failing_since")
    yield "messages_failing_since", since | {"dev_cla": "timestamp"}


def _health(root: str) -> Iterator[tuple[str, Component]]:
    for part, name in _HEALTH.items():
        yield f"health_{part}", _diagnostic(name, f"{root}/health", part) | {"stat_cla": "total_increasing"}


def _totals(settings: Settings, root: str) -> Iterator[tuple[str, Component]]:
    assert settings.node is not None
    for name, sensor in settings.sensors.items():
        if (
            isinstance(sensor, CounterKeys)
            and not source_of(sensor).is_from_node
            and "set-total" in settings.node.commands
        ):
            topics = {"cmd_t": f"{root}/command/set-total/{name}", "stat_t": f"{root}/sensor/{name}"}
            step = float(Decimal(1).scaleb(-sensor.decimals)) if sensor.decimals else 1
            number = {"p": "number", "name": f"{_title(name)} total", "ent_cat": "config", "mode": "box"}
            yield (
                f"total_{name}",
                number | topics | {"val_tpl": _VALUE_TEMPLATE, "min": 0, "max": _TOTAL_MAX, "step": step},
            )


def _diagnostic(name: str, topic: str, part: str) -> Component:
    template = f"{{{{ value_json.{part} }}}}"
    return {"p": "sensor", "name": name, "stat_t": topic, "val_tpl": template, "ent_cat": "diagnostic"}


def _title(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]
