"""Icons of sensors by device class: paths for a 24 by 24 drawing of lines, so that no text can get into them."""

_DOOR = "M3 21h18M6 21V3.5h12V21M14.5 12.5v.01"
_DOOR_OPEN = "M3 21h18M6 21V3.5h8V21M14 3.5l5 3V21M11 12.5v.01"
_GARAGE = "M3 21V9l9-5.5L21 9v12M7 21v-9h10v9M7 15h10M7 18h10"
_GARAGE_OPEN = "M3 21V9l9-5.5L21 9v12M7 21v-9h10v9"
_WINDOW = "M5 3h14v18H5zM12 3v18M5 12h14"
_WINDOW_OPEN = "M9 3h10v18H9zM9 12h10M9 3 4 6.5v11L9 21"
_SWITCH = "M3 12h18M8 9v6M16 9v6"
_SWITCH_OPEN = "M3 12h5l7.5-6M16 12h5M8 9.5v5M16 9.5v5"
_LOCK = "M6 11h12v9.5H6zM8.5 11V7.5a3.5 3.5 0 0 1 7 0V11"
_LOCK_OPEN = "M6 11h12v9.5H6zM8.5 11V6.5a3.5 3.5 0 0 1 6.8-1.2"
_PERSON = "M12 3.5a2 2 0 1 0 .01 0M7 12l5-3 5 3M12 9v6.5l-3 5M12 15.5l3 5"
_ALERT = "M12 3.5 2.5 20h19zM12 10v5M12 17.5v.01"
_FLAME = "M12 3c1 4 6 6 6 11a6 6 0 0 1-12 0c0-3 2-4 2-6 2 1 3 2 3 4 1-3 0-6 1-9z"
_DROP = "M12 3c4 5 6.5 8 6.5 11.5a6.5 6.5 0 0 1-13 0C5.5 11 8 8 12 3z"
_SUN = (
    "M12 8a4 4 0 1 0 .01 0M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22"
    "M5 5l1.7 1.7M17.3 17.3 19 19M19 5l-1.7 1.7M6.7 17.3 5 19"
)
_BOLT = "M13 2 5 14h6l-1 8 8-12h-6z"
_BATTERY = "M3 8h15v8H3zM21 11v2M6 11v2M9 11v2"
_SIGNAL = "M4 18v-3M9 18v-6M14 18V9M19 18V5"
_THERMOMETER = "M10 5a2 2 0 0 1 4 0v8.5a4.5 4.5 0 1 1-4 0zM12 10v7"
_DIAL = "M4.5 18a9 9 0 1 1 15 0M12 14l4-5"
_TALLY = "M5 4v16M9.5 4v16M14 4v16M18.5 4v16M2.5 17l19-10"
_LINES = "M4 6h16M4 11h16M4 16h10"
_SQUARES = "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z"

# Of a contact: closed and open.
_CONTACTS = {
    "door": (_DOOR, _DOOR_OPEN),
    "garage_door": (_GARAGE, _GARAGE_OPEN),
    "window": (_WINDOW, _WINDOW_OPEN),
    "lock": (_LOCK, _LOCK_OPEN),
    "opening": (_SWITCH, _SWITCH_OPEN),
}
_CLASSES = {
    "motion occupancy presence moving": _PERSON,
    "problem safety tamper vibration sound running": _ALERT,
    "smoke gas carbon_monoxide heat": _FLAME,
    "moisture water humidity precipitation precipitation_intensity volume volume_storage volume_flow_rate": _DROP,
    "light illuminance irradiance": _SUN,
    "power energy energy_storage current voltage plug battery_charging": _BOLT,
    "battery": _BATTERY,
    "connectivity signal_strength": _SIGNAL,
    "temperature cold": _THERMOMETER,
}
_BY_CLASS = {name: path for names, path in _CLASSES.items() for name in names.split()}
_KINDS = {"contact": _SWITCH, "counter": _TALLY, "gauge": _DIAL, "text": _LINES, "group": _SQUARES}
# Classes whose "open" is a danger, not only a state.
ALARM_CLASSES = frozenset(
    ("battery", "carbon_monoxide", "gas", "heat", "moisture", "problem", "safety", "smoke", "tamper")
)


def icon_path(kind: str, device_class: str, *, is_open: bool) -> str:
    """Return the path of a sensor's icon; a class that is not known has the icon of its kind."""
    if device_class in _CONTACTS or (kind == "contact" and device_class not in _BY_CLASS):
        return _CONTACTS.get(device_class, _CONTACTS["opening"])[is_open]
    return _BY_CLASS.get(device_class) or _KINDS.get(kind, _DIAL)
