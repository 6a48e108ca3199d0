"""The ledger of one receiver: what is booked in its budget, when it may be tried again, and what the store keeps."""

from pushglance.core.commands import SaveDebit, SaveLedger, SaveOutcome, SaveParked
from pushglance.core.events import DELIVERED, REFUSED, UNSENT
from pushglance.core.pacing.budget import FLIGHT_MS
from pushglance.core.wall_clock import UNKNOWN_MS

from .backoff import PARKED_MS, Backoff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import PushFinished, Record
    from pushglance.core.pacing.budget import Budget
    from pushglance.core.plan_types import ReceiverPlan
    from pushglance.core.wall_clock import WallClock

    Shown = dict[str, str | None]


class Ledger:
    """StateStore pushes, move or return their debits by what became of them, back off, and park what was refused."""

    def __init__(
        self, plan: "ReceiverPlan", budget: "Budget", wall: "WallClock", memory: "dict[str, Any]", now_ms: int
    ) -> None:
        self._name = plan["name"]
        self._fingerprint = plan["fingerprint"]
        self._budget = budget
        self._wall = wall
        self.backoff = Backoff(now_ms)
        self.parked = ""
        if memory.get("fingerprint") == plan["fingerprint"]:  # else other settings were refused
            self.park(memory.get("parked", ""), now_ms)

    def park(self, detail: str, at_ms: int) -> None:
        """Stop for long because of what Pushover `said`; nothing said, nothing stops."""
        self.parked = detail
        if detail:
            self.backoff.not_before_ms = at_ms + PARKED_MS

    def book(self, push_id: int, now_ms: int, sent: "dict[str, str]", shown: "Shown") -> "Record":
        """StateStore a push that may leave from `now_ms` on; `shown` is what is sure to be known there meanwhile."""
        until_ms = self._budget.until_ms(now_ms + FLIGHT_MS)
        return SaveDebit(self._name, push_id, now_ms, until_ms, self._enter(push_id, until_ms), sent, dict(shown))

    def end(self, event: "PushFinished", shown: "Shown") -> "list[Record]":
        """Take how the push in flight ended, for the budget and for when the next one may follow."""
        saves = [self._settle(event, shown)]
        self.backoff.ended(event.outcome, event.at_ms, event.jitter, event.wait_ms, self._budget.left(event.at_ms))
        before = self.parked
        if event.outcome == REFUSED:
            self.parked = event.detail or "refused without a reason"
        elif event.outcome == DELIVERED:
            self.parked = ""
        if event.outcome == REFUSED or self.parked != before:
            saves.append(SaveParked(self._name, self.parked, self._fingerprint))
        return saves

    def end_late(self, event: "PushFinished", shown: "Shown") -> "list[Record]":
        """Take an answer that comes after its flight was given up: it only makes its debit stay longer."""
        if event.outcome == UNSENT:
            return []  # whoever gave it up has told the courier so: nobody knows which attempt this speaks of
        return [self._settle(event, shown)]

    def _settle(self, event: "PushFinished", shown: "Shown") -> "Record":
        """Return the debit of what surely never left; let it stay as long as it counts for everything else."""
        until_ms = until_wall_ms = UNKNOWN_MS
        if event.outcome == UNSENT:
            self._budget.refund(event.push_id)
        else:
            until_ms = self._budget.until_ms(event.at_ms)
            until_wall_ms = self._enter(event.push_id, until_ms)
        return SaveOutcome(
            self._name, event.push_id, event.at_ms, event.outcome, event.detail, until_ms, until_wall_ms, dict(shown)
        )

    def clock_set(self, at_ms: int, wall_ms: int) -> "list[Record]":
        """Credit down-time and note the wall times of debits anew."""
        entries = self._budget.clock_set(at_ms, wall_ms)
        return [SaveLedger(self._name, entries)] if entries else []

    def _enter(self, push_id: int, until_ms: int) -> int:
        until_wall_ms = self._budget.date(until_ms, self._wall.latest_ms(until_ms))
        self._budget.book(push_id, until_ms, until_wall_ms)
        return until_wall_ms
