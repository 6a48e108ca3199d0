"""A diary of what a replay's watches thought, for the picture: the budget and the price at each decision."""

from dataclasses import dataclass, field
from typing import Any

from pushglance.core.decider import Decider
from pushglance.core.status.status_snapshot import picture


@dataclass(slots=True)
class Pages:
    """One watch, at each of `at_ms` (unix): the pushes left, and what a push costs and is worth, in weighted seconds.

    Price and worth are None where the pacing has none, or nothing waits.
    """

    at_ms: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    price_s: list[float | None] = field(default_factory=list)
    worth_s: list[float | None] = field(default_factory=list)


class Diary:
    """Write down the decisions from `begin_ms` to `end_ms` (unix); a `Stage` calls `look`."""

    def __init__(self, begin_ms: int, end_ms: int) -> None:
        self.begin_ms = begin_ms
        self.end_ms = end_ms
        self.watches: dict[str, Pages] = {}

    def look(self, decider: Decider, now_ms: int) -> None:
        """Note what each watch thinks now, if it is time."""
        if not self.begin_ms <= now_ms <= self.end_ms:
            return
        watches: dict[str, dict[str, Any]] = picture(decider, now_ms)["watches"]
        for name, watch in watches.items():
            pages = self.watches.setdefault(name, Pages())
            pages.at_ms.append(now_ms)
            pages.left.append(watch["left"])
            pages.price_s.append(watch.get("price_s"))
            pages.worth_s.append(watch.get("worth_s"))
