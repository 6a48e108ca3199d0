"""The ledger of one push target: its debits in the budget, its backoff, a standing refusal, and their saves."""

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
    from pushglance.core.plan_types import PushTargetPlan
    from pushglance.core.wall_clock import WallClock

    Shown = dict[str, str | None]


class Ledger:
    """Debit pushes; when a push has ended, its outcome decides whether its debit stays, returns later, or is refunded.

    `memory` is what the store holds of this push target. `parked` is Pushover's reason for a standing refusal, or "".
    """

    def __init__(
        self, plan: "PushTargetPlan", budget: "Budget", wall: "WallClock", memory: "dict[str, Any]", now_ms: int
    ) -> None:
        self._name = plan["name"]
        self._fingerprint = plan["fingerprint"]
        self._budget = budget
        self._wall = wall
        self.backoff = Backoff(now_ms)
        self.parked = ""
        if memory.get("fingerprint") == plan["fingerprint"]:  # a refusal of other settings does not count
            self.park(memory.get("parked", ""), now_ms)

    def park(self, detail: str, at_ms: int) -> None:
        """Send nothing for hours, because Pushover refused with `detail`; with "" pushes may be sent."""
        self.parked = detail
        if detail:
            self.backoff.not_before_ms = at_ms + PARKED_MS

    def debit(self, push_id: int, now_ms: int, sent: "dict[str, str]", shown: "Shown") -> "Record":
        """Debit a push that may leave from `now_ms` on; `shown` is what is certainly shown meanwhile."""
        until_ms = self._budget.until_ms(now_ms + FLIGHT_MS)
        return SaveDebit(self._name, push_id, now_ms, until_ms, self._enter(push_id, until_ms), sent, dict(shown))

    def finish(self, event: "PushFinished", shown: "Shown") -> "list[Record]":
        """Account for the outcome of the push in flight, in the budget, the backoff and `parked`."""
        saves = [self._save_outcome(event, shown)]
        left = self._budget.left(event.at_ms)
        self.backoff.on_finished(event.outcome, event.at_ms, event.jitter, event.wait_ms, left)
        before = self.parked
        if event.outcome == REFUSED:
            self.parked = event.detail or "refused without a reason"
        elif event.outcome == DELIVERED:
            self.parked = ""
        if event.outcome == REFUSED or self.parked != before:
            saves.append(SaveParked(self._name, self.parked, self._fingerprint))
        return saves

    def finish_late(self, event: "PushFinished", shown: "Shown") -> "list[Record]":
        """Account for an answer that comes after its push was abandoned: its debit can only stay longer."""
        if event.outcome == UNSENT:
            return []  # of several attempts, it is unknown which one this outcome is about
        return [self._save_outcome(event, shown)]

    def _save_outcome(self, event: "PushFinished", shown: "Shown") -> "Record":
        """Refund the debit of a push that surely never left; for all other outcomes count 24 h from the answer."""
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
        """Credit down-time and update the wall times of debits."""
        entries = self._budget.clock_set(at_ms, wall_ms)
        return [SaveLedger(self._name, entries)] if entries else []

    def _enter(self, push_id: int, until_ms: int) -> int:
        until_wall_ms = self._budget.to_wall_ms(until_ms, self._wall.latest_ms(until_ms))
        self._budget.debit(push_id, until_ms, until_wall_ms)
        return until_wall_ms
