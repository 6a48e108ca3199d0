"""Proposals made of what devices announce to Home Assistant: topics, words, units and names are all there.

https://www.home-assistant.io/integrations/mqtt: each key may be abbreviated; "~" stands for the base topic.
"""

import re
from collections.abc import Iterator
from typing import Any

from pushglance.settings.values.pointer_notations import as_pointer

from .known_values import payload_keys
from .payload_values import decimals_of, tree_of, values_in, words_of
from .proposal import Heard, Keys, Proposal
from .topic_devices import is_discovery

_LONG = {
    "avty": "availability",
    "avty_t": "availability_topic",
    "avty_tpl": "availability_template",
    "cmps": "components",
    "dev": "device",
    "dev_cla": "device_class",
    "ent_cat": "entity_category",
    "p": "platform",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "stat_cla": "state_class",
    "stat_off": "state_off",
    "stat_on": "state_on",
    "stat_t": "state_topic",
    "stat_val_tpl": "state_value_template",
    "sug_dsp_prc": "suggested_display_precision",
    "t": "topic",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
_KEY = r"\.\w+|\[\s*'[^']*'\s*\]|\[\s*\"[^\"]*\"\s*\]|\[\d+\]"
_JINJA = re.compile(rf"\{{\{{-?\s*(value_json(?:{_KEY})*|value)(?![\w.\[])\s*(.*?)-?\}}\}}")
# Filters that leave a value as it is, but for its digits.
_HARMLESS = re.compile(r"(?:\|\s*(?:default|d|float|int|is_defined|lower|round|string|upper)\s*(?:\([^()]*\))?\s*)*")
# Words of the components that have no on and off: the keys that may name others, and the default.
_WORDS = {
    "cover": ((("state_open", "open"), ("state_opening", "opening"), ("state_closing", "closing")), "state_closed"),
    "lock": ((("state_unlocked", "UNLOCKED"), ("state_unlocking", "UNLOCKING")), "state_locked"),
    "valve": ((("state_open", "open"), ("state_opening", "opening"), ("state_closing", "closing")), "state_closed"),
}
_CLASSES = {"cover": "opening", "lock": "lock", "switch": "power", "light": "power", "valve": "opening"}


def proposals_from_discovery(heard: Heard) -> Iterator[Proposal]:
    """Yield a proposal for each announced entity that a watch can show."""
    for topic, payload in heard.items():
        tree = tree_of(payload) if is_discovery(topic, payload) else None
        if not isinstance(tree, dict):
            continue
        config = _expanded(tree)
        component = topic.split("/")[1]
        if component != "device":
            yield from _proposals(component, config, heard)
            continue
        common = {key: value for key, value in config.items() if key != "components"}
        entities = config.get("components")
        for entity in entities.values() if isinstance(entities, dict) else ():
            if isinstance(entity, dict):
                own = _expanded(entity)
                yield from _proposals(str(own.get("platform", "")), common | own, heard)


def _expanded(tree: dict[str, Any]) -> dict[str, Any]:
    """Return the keys in their long form, with the base topic written out."""
    base = str(tree.get("~", ""))
    return {_LONG.get(key, key): _with_base(value, base) for key, value in tree.items()}


def _with_base(value: Any, base: str) -> Any:
    if isinstance(value, str) and base:
        return base + value[1:] if value.startswith("~") else value.removesuffix("~") + base * value.endswith("~")
    return value


def _proposals(component: str, config: dict[str, Any], heard: Heard) -> Iterator[Proposal]:
    topic, pointer = config.get("state_topic"), template_pointer(component, config)
    if not isinstance(topic, str) or not topic or pointer is None:
        return
    text = next((text for at, text in values_in(heard.get(topic, b"")) if at == pointer), "")
    keys = _number_keys(config, text) if component == "sensor" else _contact_keys(component, config)
    if keys is None:
        return
    place = {"mqtt": topic} | ({"value": pointer} if pointer else {})
    availability = _availability(config, topic, heard)
    device = config.get("device")
    owner = device.get("name") if isinstance(device, dict) else None
    entity = str(config.get("name") or "").strip()
    title = str(owner or entity or topic)
    aspect = entity.removeprefix(title).strip() or pointer.rpartition("/")[2] or str(config.get("device_class", ""))
    keys = {"kind": keys.pop("kind")} | place | keys | availability
    yield Proposal(title, aspect.lower(), keys, text, is_detail=bool(config.get("entity_category")) or _is_detail(keys))


def _is_detail(keys: Keys) -> bool:
    return keys.get("device_class") in ("battery", "signal_strength", "voltage", "tamper", "current", "problem")


def template_pointer(component: str, config: dict[str, Any]) -> str | None:
    """Return the JSON pointer that a template means, "" for the whole payload, None if it computes something."""
    template = config.get("value_template") or config.get("state_value_template")
    if component == "light" and config.get("schema") == "json":
        return "/state"
    if template is None:
        return ""
    match = _JINJA.fullmatch(str(template).strip())
    if match is None or not _HARMLESS.fullmatch(match[2].strip()):
        return None
    return "" if match[1] == "value" else as_pointer(match[1])


def _number_keys(config: dict[str, Any], text: str) -> Keys | None:
    """Return the keys of a gauge, a running total or a text."""
    unit, state_class = str(config.get("unit_of_measurement") or ""), config.get("state_class")
    device_class = str(config.get("device_class") or "")
    if device_class == "timestamp":
        return None
    decimals = decimals_of(text)
    is_number = decimals is not None or bool(unit) or bool(state_class)
    if not is_number:
        return {"kind": "text"}
    keys: Keys = {"kind": "gauge"}
    if state_class in ("total", "total_increasing"):
        keys = {"kind": "counter", "counts": "total"}
    wanted = config.get("suggested_display_precision")
    most = 1 if device_class in ("temperature", "humidity") else 2
    if wanted is not None and str(wanted).isdecimal():
        decimals = min(int(str(wanted)), most)
    elif decimals is None and (device_class == "temperature" or keys["kind"] == "counter"):
        decimals = most
    if device_class == "humidity":
        decimals = 0
    if decimals:
        keys["decimals"] = min(decimals, most)
    return keys | ({"unit": unit} if unit else {}) | ({"device_class": device_class} if device_class else {})


def _contact_keys(component: str, config: dict[str, Any]) -> Keys | None:
    """Return the keys of a contact, None for another entity."""
    if component in _WORDS:
        opened, closed = _WORDS[component]
        words = [str(config.get(key, default)).lower() for key, default in opened]
        closed_word = str(config.get(closed, closed.removeprefix("state_"))).lower()
        keys = payload_keys(words, [closed_word])
    elif component in ("binary_sensor", "switch", "light", "siren", "fan"):
        on = _word(config.get("state_on", config.get("payload_on", "ON")))
        off = _word(config.get("state_off", config.get("payload_off", "OFF")))
        if not on or not off or on == off:
            on, off = "on", "off"
        keys = payload_keys([on], [off])
    else:
        return None
    device_class = str(config.get("device_class") or _CLASSES.get(component, ""))
    return {"kind": "contact"} | keys | ({"device_class": device_class} if device_class else {})


def _word(value: Any) -> str:
    return str(value).strip().lower()


def _availability(config: dict[str, Any], topic: str, heard: Heard) -> Keys:
    """Return the key `availability`: of the device's own topic rather than of the program behind it."""
    listed = config.get("availability")
    entries = [_expanded(one) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if isinstance(config.get("availability_topic"), str):
        entries.append({**config, "topic": config["availability_topic"]})
    entries = [one for one in entries if isinstance(one.get("topic"), str) and one["topic"]]
    if not entries:
        return {}
    best = max(entries, key=lambda one: (_common(one["topic"], topic), one["topic"] in heard))
    words = _word(best.get("payload_available", "online")), _word(best.get("payload_not_available", "offline"))
    template = best.get("value_template") or best.get("availability_template")
    pointer = None if template is None else template_pointer("sensor", {"value_template": template})
    if pointer in ("/state", None) and all(map(_is_default_word, words)):
        return {"availability": best["topic"]} if template is None or pointer is not None else {}
    if template is not None and pointer is None:
        return {}
    table = {"topic": best["topic"]} | ({"value": pointer} if pointer else {})
    return {"availability": table | {"online": [words[0]], "offline": [words[1]]}}


def _is_default_word(word: str) -> bool:
    return word in ("online", "offline") or words_of(word) is not None


def _common(one: str, other: str) -> int:
    """Return the number of levels that two topics have in common at their begin."""
    levels = 0
    for mine, yours in zip(one.split("/"), other.split("/"), strict=False):
        if mine != yours:
            break
        levels += 1
    return levels
