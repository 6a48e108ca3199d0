"""Which hub should push to which watch. Each hub computes the same answer alone, by rendezvous hashing."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple


class Hub(NamedTuple):
    """One living hub, as it describes itself in the store."""

    key: str  # the same after a restart, unlike its session
    name: str  # for display
    group: str  # the same for hubs with the same watches
    is_receiving: bool  # whether the broker's messages reach it

    def encode(self) -> str:
        """Return this hub as one text; hubs of other versions read it."""
        return "\t".join((self.key, self.group, str(int(self.is_receiving)), self.name))

    @classmethod
    def decode(cls, text: str) -> "Hub":
        """Return the hub that `encode` wrote."""
        key, group, is_receiving, name = text.split("\t", 3)
        return cls(key, name, group, is_receiving == "1")


def group_of(records: Iterable[str]) -> str:
    """Return a short name for a set of watches."""
    return hashlib.sha256("\n".join(sorted(records)).encode()).hexdigest()[:12]


class LeaderElection:
    """Rendezvous hashing: a watch belongs to the hub with the highest hash of (hub, watch).

    When a hub goes, only its own watches move. Hubs that receive nothing from the broker count only if no hub does.
    """

    def __init__(self) -> None:
        self._keys: frozenset[str] = frozenset()
        self._picked: dict[str, str] = {}

    def set_hubs(self, hubs: Iterable[Hub]) -> None:
        """Pick among these hubs from now on."""
        candidates = list(hubs)
        receiving = [hub for hub in candidates if hub.is_receiving]
        keys = frozenset(hub.key for hub in receiving or candidates)
        if keys != self._keys:
            self._keys, self._picked = keys, {}

    def pick(self, record: str) -> str:
        """Return the key of the hub that should push to this watch, "" without any hub."""
        if record not in self._picked:
            self._picked[record] = max(self._keys, key=lambda key: _weight(key, record), default="")
        return self._picked[record]


def _weight(key: str, record: str) -> bytes:
    return hashlib.blake2b(f"{key}\n{record}".encode(), digest_size=8).digest()
