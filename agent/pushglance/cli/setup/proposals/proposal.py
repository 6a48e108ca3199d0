"""A proposed sensor: one value of one device."""

from dataclasses import dataclass, field
from typing import Any

Keys = dict[str, Any]
Heard = dict[str, bytes]  # the last payload of each topic


@dataclass(frozen=True, slots=True)
class Proposal:
    """One value of one device, with the keys of its sensor; only name and words are missing."""

    device: str  # as its owner calls it, e.g. "Front door"
    aspect: str  # what is measured, e.g. "temperature"
    keys: Keys = field(hash=False)
    heard: str = ""  # the last value, "" if none came yet
    is_detail: bool = False  # of the device itself, e.g. its battery
    is_meaning_known: bool = True  # False: which word means open is a guess

    @property
    def place(self) -> tuple[str, str]:
        """Return topic and pointer: two proposals of one place are the same value."""
        return self.keys.get("mqtt", f"node {self.keys.get('node')}"), self.keys.get("value", "")
