"""The words that a contact shows, by what it is: "Front door open", "Cellar wet"."""

import re

_TITLE_MAX = 24  # characters; a watch cuts longer texts off

_BY_CLASS = {
    "battery": ("battery low", "battery ok"),
    "carbon_monoxide": ("CO!", "no CO"),
    "connectivity": ("online", "offline"),
    "gas": ("gas!", "no gas"),
    "light": ("light", "dark"),
    "lock": ("unlocked", "locked"),
    "moisture": ("wet", "dry"),
    "motion": ("motion", "no motion"),
    "moving": ("moving", "still"),
    "occupancy": ("occupied", "empty"),
    "plug": ("on", "off"),
    "power": ("on", "off"),
    "presence": ("home", "away"),
    "problem": ("problem", "ok"),
    "running": ("running", "stopped"),
    "smoke": ("smoke!", "no smoke"),
    "sound": ("sound", "quiet"),
    "tamper": ("tampered", "ok"),
    "vibration": ("vibrates", "still"),
}
_CLASS_OF_WORD = (  # in names of devices, English and German
    ("garage_door", r"garage ?door|garagentor"),
    ("window", r"window|fenster|skylight"),
    ("door", r"door|tuer|tür|gate|tor"),
    ("motion", r"motion|pir|bewegung\w*"),
    ("moisture", r"leak|water|flood|wasser"),
    ("smoke", r"smoke|rauch\w*"),
    ("lock", r"lock|schloss"),
    ("power", r"lamp|light|licht|plug|outlet|socket|steckdose|switch|relay|pump|pumpe|heater|heizung"),
)
_OF_ANY_DEVICE = {  # words for the only contact of a device, which its name need not have
    *("contact", "sensor", "state", "status", "output", "relay", "power", "switch", "value", "input", "binary"),
    *("occupancy", "motion", "presence", "water", "leak", "smoke", "lock", "opening", "light", "vibration"),
}
OPENINGS = ("door", "garage_door", "opening", "window")


def class_of_name(name: str, word: str) -> str:
    """Return the device class that a device's name or its word means, "" if neither is known."""
    plain = re.sub(r"[^\w]+|_", " ", name.lower())
    for device_class, pattern in _CLASS_OF_WORD:
        if re.search(rf"\b(?:{pattern})\b", plain):
            return device_class
    return "opening" if word.lower() in ("open", "close", "closed") else ""


def is_of_any_device(aspect: str) -> bool:
    """Return whether the name of a contact adds nothing to its device's, e.g. "sensor/state"."""
    return all(word in _OF_ANY_DEVICE for word in re.findall(r"[a-z]+", aspect.lower()))


def contact_words(title: str, device_class: str = "") -> tuple[str, str]:
    """Return the words for open and for closed."""
    opened, closed = _BY_CLASS.get(device_class, ("open", "closed"))
    short = title if len(title) <= _TITLE_MAX else title[: _TITLE_MAX - 1].rstrip() + "…"
    return f"{short} {opened}", f"{short} {closed}"
