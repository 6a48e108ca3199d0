"""Which hub should lead which watch: every hub finds the same answer by itself, and few watches move when one goes."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple


class Hub(NamedTuple):
    """One living hub as it tells of itself."""

    key: str  # the same after a restart, unlike its session
    name: str  # for people
    group: str  # hubs with the same watches have the same
    hears: bool  # whether the broker's messages reach it

    def told(self) -> str:
        """Return this as one text."""
        return "\t".join((self.key, self.group, str(int(self.hears)), self.name))


def read_hub(told: str) -> Hub:
    """Return the hub that told this."""
    key, group, hears, name = told.split("\t", 3)
    return Hub(key, name, group, hears == "1")


def group_of(records: Iterable[str]) -> str:
    """Return a short name for a set of watches."""
    return hashlib.sha256("\n".join(sorted(records)).encode()).hexdigest()[:12]


class Choice:
    """Choose by rendezvous hashing: of those that hear the highest hash of (hub, watch) leads."""

    def __init__(self) -> None:
        self._hubs: frozenset[str] = frozenset()
        self._chosen: dict[str, str] = {}

    def among(self, hubs: Iterable[Hub]) -> None:
        """Choose among these from now on; the deaf ones count only where all are."""
        candidates = list(hubs)
        hearing = [hub for hub in candidates if hub.hears]
        keys = frozenset(hub.key for hub in hearing or candidates)
        if keys != self._hubs:
            self._hubs, self._chosen = keys, {}

    def leader(self, record: str) -> str:
        """Return the key of the hub that should lead this watch, "" if there is none."""
        if record not in self._chosen:
            self._chosen[record] = max(self._hubs, key=lambda key: _weight(key, record), default="")
        return self._chosen[record]


def _weight(key: str, record: str) -> bytes:
    return hashlib.blake2b(f"{key}\n{record}".encode(), digest_size=8).digest()
