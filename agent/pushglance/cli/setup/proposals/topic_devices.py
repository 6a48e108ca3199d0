"""Which device a topic belongs to, by the schemes of zigbee2mqtt, Tasmota, Shelly, ESPHome and Home Assistant."""

import json
import re
from collections.abc import Callable

from .payload_values import text_of, tree_of
from .proposal import Heard

_COMPONENTS = "binary_sensor|climate|cover|fan|light|lock|number|select|sensor|switch|text_sensor|valve"
_DOMAINS = f"(?:{_COMPONENTS}|automation|device_tracker|person|script|sun|update|weather|zone)"
_SHELLY = r"shelly[a-z0-9]+-[0-9a-f]+"

# Topics that no sensor is made of: commands, reports of the programs themselves, and copies of other topics.
_HIDDEN = tuple(
    re.compile(pattern)
    for pattern in (
        r"homeassistant/status",
        r"(?:.+/)?cmnd/.+",
        r".+/(?:set|get|command|commands|debug|announce)(?:/.*)?",
        r".+/bridge/.+",
        r"tasmota/discovery/.+",
        r"stat/.+/(?:RESULT|STATUS\d*|LOGGING)",
        r"tele/.+/(?:INFO\d|HASS_STATE|LOGGING|RESULT)",
        r"shellies/(?:announce|.+/(?:info|input_event/\d|cover/command|overtemperature))",
        rf"(?:.+/)?{_SHELLY}/(?:events/rpc|rpc|debug/log|status/(?:ble|bthome|cloud|mqtt|script:\d|sys|wifi|ws))",
        r"pushglance/[^/]+/(?:command/.+|health|messages|status|watch/.+)",
        rf".+/{_DOMAINS}/[^/]+/(?!state$)[a-z_]+",  # attributes, as Home Assistant's statestream publishes them
    )
)

_SCHEMES = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?:tele|stat)/(?P<device>.+?)/(?P<rest>[^/]+)",
        r"shellies/(?P<device>[^/]+)/(?P<rest>.+)",
        rf"(?:.+/)?(?P<device>{_SHELLY})/(?:status/)?(?P<rest>.+)",
        rf"(?P<device>.+)/(?:{_COMPONENTS})/(?P<rest>[^/]+)/state",
        r"rtl_433/.+/devices/(?P<device>.+)/(?P<rest>[^/]+)",
    )
)


def is_hidden(topic: str) -> bool:
    """Return whether a topic has no value for a watch."""
    return any(pattern.fullmatch(topic) for pattern in _HIDDEN)


def is_discovery(topic: str, payload: bytes) -> bool:
    """Return whether a message announces an entity to Home Assistant."""
    if not re.fullmatch(r"[^/]+(?:/[^/]+){2,4}", topic) or not topic.endswith("/config"):
        return False
    text = text_of(payload)
    return text is not None and (not text or text.startswith("{"))


def device_namer(heard: Heard) -> Callable[[str], tuple[str, str | None]]:
    """Return a function from a topic to (what its device is called, the rest of the topic).

    The rest is None for a topic of no known scheme.
    """
    friendly = _friendly_names(heard)
    bases = [topic.removesuffix("/bridge/state") for topic in heard if topic.endswith("/bridge/state")]

    def name(topic: str) -> tuple[str, str | None]:
        for base in bases:
            if topic.startswith(f"{base}/"):
                return topic.removeprefix(f"{base}/"), ""
        for scheme in _SCHEMES:
            if match := scheme.fullmatch(topic):
                device, rest = match["device"], match["rest"]
                if f"{device}/{rest}" in friendly:
                    return friendly[f"{device}/{rest}"], ""
                rest = "" if rest in ("SENSOR", "STATE") else rest
                return friendly.get(device, device.rpartition("/")[2]), rest
        return topic, None

    return name


def _friendly_names(heard: Heard) -> dict[str, str]:
    """Return what devices are called by their topic: of Tasmota's discovery, and of statestream's attributes."""
    names = {}
    for topic, payload in heard.items():
        if re.fullmatch(r"tasmota/discovery/[^/]+/config", topic):
            tree = tree_of(payload)
            if isinstance(tree, dict) and isinstance(tree.get("t"), str) and isinstance(tree.get("dn"), str):
                names[tree["t"]] = tree["dn"]
        elif topic.endswith("/friendly_name"):
            base, _, entity = topic.removesuffix("/friendly_name").rpartition("/")
            text = text_of(payload) or ""
            try:
                names[f"{base.rpartition('/')[0]}/{entity}"] = str(json.loads(text))
            except ValueError:
                names[f"{base.rpartition('/')[0]}/{entity}"] = text
    return {topic: name for topic, name in names.items() if name}
