"""Names of sensors from what devices are called: "Küche Fenster" becomes kueche_fenster."""

import re
import unicodedata
from collections.abc import Collection

_LENGTH_MAX = 32
_LETTERS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "å": "a", "œ": "oe", "ł": "l", "đ": "d"}


def sensor_name(words: str, used: Collection[str]) -> str:
    """Return a valid name that is not used yet; without a letter of the alphabet it is "sensor"."""
    text = words.lower()
    for letter, plain in _LETTERS.items():
        text = text.replace(letter, plain)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
    if not name[:1].isalpha():
        name = f"sensor_{name}".strip("_")
    name = name[:_LENGTH_MAX].rstrip("_")
    free, number = name, 2
    while free in used:
        free, number = f"{name[: _LENGTH_MAX - 3]}_{number}", number + 1
    return free
