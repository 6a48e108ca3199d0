"""The words that a contact shows, by what it is: "Front door open", "Cellar wet"."""

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
OPENINGS = ("door", "garage_door", "opening", "window")


def contact_words(title: str, device_class: str = "") -> tuple[str, str]:
    """Return the words for open and for closed."""
    opened, closed = _BY_CLASS.get(device_class, ("open", "closed"))
    short = title if len(title) <= _TITLE_MAX else title[: _TITLE_MAX - 1].rstrip() + "…"
    return f"{short} {opened}", f"{short} {closed}"
