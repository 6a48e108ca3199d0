"""Record the budget and the price of a push at each decision of a replay, for the chart."""

from dataclasses import dataclass, field
from typing import Any

from pushglance.core.decider import Decider
from pushglance.core.status.status_snapshot import status_snapshot


@dataclass(slots=True)
class Entries:
    """For one watch, at each of `at_ms` (unix): pushes left, and price and worth of a push, in weighted seconds.

    Price and worth are None if the pacing has no price, or nothing waits.
    """

    at_ms: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    price_s: list[float | None] = field(default_factory=list)
    worth_s: list[float | None] = field(default_factory=list)


class PriceLog:
    """Log the decisions from `begin_ms` to `end_ms` (unix). Its `record` is the `on_decision` of a `Simulation`."""

    def __init__(self, begin_ms: int, end_ms: int) -> None:
        self.begin_ms = begin_ms
        self.end_ms = end_ms
        self.watches: dict[str, Entries] = {}

    def record(self, decider: Decider, now_ms: int) -> None:
        """Append an entry for each watch, if the instant is within the period."""
        if not self.begin_ms <= now_ms <= self.end_ms:
            return
        watches: dict[str, dict[str, Any]] = status_snapshot(decider, now_ms)["watches"]
        for name, watch in watches.items():
            entries = self.watches.setdefault(name, Entries())
            entries.at_ms.append(now_ms)
            entries.left.append(watch["left"])
            entries.price_s.append(watch.get("price_s"))
            entries.worth_s.append(watch.get("worth_s"))
