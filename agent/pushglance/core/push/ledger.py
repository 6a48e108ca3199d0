"""The ledger of one push target: its debits, its backoff, its last outcome, the refusal that stands, their saves."""

from pushglance.core.commands import SaveDebit, SaveLedger, SaveOutcome, SaveRefusal
from pushglance.core.events import DELIVERED, REFUSED, UNKNOWN
from pushglance.core.pacing.budget import FLIGHT_MS
from pushglance.core.wall_clock import UNKNOWN_MS

from .backoff import Backoff

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

    `memory` is what the store holds of this push target. A push returns its debit if it was surely not executed.
    """

    def __init__(
        self,
        plan: "PushTargetPlan",
        budget: "Budget",
        wall: "WallClock",
        memory: "dict[str, Any]",
        opened_ms: int,
        now_ms: int,
    ) -> None:
        self._name = plan["name"]
        self._fingerprint = plan["fingerprint"]
        self._budget = budget
        self._wall = wall
        self.backoff = Backoff(now_ms)
        self.last = None  # type: PushFinished | None  # how the last push ended
        self.refusal = None  # type: Any  # the Refusal that stands
        if memory.get("fingerprint") == plan["fingerprint"]:  # a refusal of other settings does not count
            self.set_refusal(memory.get("refusal", {}), opened_ms)

    def set_refusal(self, state: "dict[str, Any]", opened_ms: int) -> None:
        """Let this refusal stand, none with {}."""
        self.refusal = None
        if state:
            from .refusal import Refusal  # noqa: PLC0415 - a board without refusals saves the memory

            self.refusal = Refusal(state, opened_ms)

    def sendable(self, fields: "dict[str, str]", now_ms: int) -> "dict[str, str]":
        """Return which of these fields may be sent although a refusal may stand."""
        return fields if self.refusal is None else self.refusal.sendable(fields, now_ms)

    def lift(self, at_ms: int) -> "list[Record]":
        """Let everything be tried again at once: a person has reloaded the settings."""
        self.backoff.clear(at_ms)
        if self.refusal is None:
            return []
        self.refusal = None
        return [self._save_refusal()]

    def stop(self, at_ms: int) -> "list[Record]":
        """Let what was refused be tried again after the next start."""
        if self.refusal is None:
            return []
        self.refusal.allow_try(at_ms, self._wall)
        return [self._save_refusal()]

    def debit(self, push_id: int, now_ms: int, sent: "dict[str, str]", shown: "Shown") -> "Record":
        """Debit a push that may leave from `now_ms` on; `shown` is what is certainly shown meanwhile."""
        until_ms = self._budget.until_ms(now_ms + FLIGHT_MS)
        return SaveDebit(self._name, push_id, now_ms, until_ms, self._enter(push_id, until_ms), sent, dict(shown))

    def finish(self, event: "PushFinished", sent: "dict[str, str]", shown: "Shown", refusal_ms: int) -> "list[Record]":
        """Account for the outcome of the push in flight; a refusal of what was sent stands for `refusal_ms`."""
        saves = [self._save_outcome(event, shown)]
        self.last = event
        self.backoff.on_finished(event, self._budget.left(event.at_ms))
        if event.outcome == REFUSED:
            from .refusal import refusal_of  # noqa: PLC0415 - as above

            self.refusal = refusal_of(event, sent, self.refusal, refusal_ms, self._wall)
            saves.append(self._save_refusal())
        elif event.outcome == DELIVERED and self.refusal is not None and self.refusal.is_over(sent):
            self.refusal = None
            saves.append(self._save_refusal())
        return saves

    def finish_late(self, event: "PushFinished", shown: "Shown") -> "list[Record]":
        """Account for an answer that comes after its push was abandoned: its debit can only stay longer."""
        if event.outcome not in (DELIVERED, UNKNOWN):
            return []  # of several attempts, it is unknown which one this outcome is about
        return [self._save_outcome(event, shown)]

    def _save_outcome(self, event: "PushFinished", shown: "Shown") -> "Record":
        """Refund the debit of a push that was surely not executed; for the other outcomes count 24 h from the answer.

        Unsent: it never left, or a redirect or a proxy answered. Throttled and refused: the answer itself says that
        the request was rejected.
        """
        until_ms = until_wall_ms = UNKNOWN_MS
        if event.outcome in (DELIVERED, UNKNOWN):
            until_ms = self._budget.until_ms(event.at_ms)
            until_wall_ms = self._enter(event.push_id, until_ms)
        else:
            self._budget.refund(event.push_id)
        return SaveOutcome(
            self._name, event.push_id, event.at_ms, event.outcome, event.detail, until_ms, until_wall_ms, dict(shown)
        )

    def _save_refusal(self) -> "Record":
        return SaveRefusal(self._name, {} if self.refusal is None else self.refusal.state(), self._fingerprint)

    def clock_set(self, at_ms: int, wall_ms: int) -> "list[Record]":
        """Credit down-time and update the wall times of debits."""
        entries = self._budget.clock_set(at_ms, wall_ms)
        saves = [SaveLedger(self._name, entries)] if entries else []  # type: list[Record]
        if self.refusal is not None and self.refusal.clock_set(at_ms, wall_ms):
            saves.append(self._save_refusal())
        return saves

    def _enter(self, push_id: int, until_ms: int) -> int:
        until_wall_ms = self._budget.to_wall_ms(until_ms, self._wall.latest_ms(until_ms))
        self._budget.debit(push_id, until_ms, until_wall_ms)
        return until_wall_ms
