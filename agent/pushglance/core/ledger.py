"""The ledger of one receiver: what is booked in its budget, and the orders that keep its store the same."""

from .budget import FLIGHT_MS
from .commands import SaveDebit, SaveLedger, SaveOutcome
from .events import UNSENT
from .wall import NO_TIME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .budget import Budget
    from .events import Record
    from .wall import WallClock

    Shown = dict[str, str | None]


class Ledger:
    """Book pushes, and move or return their debits by what became of them; `name` is the receiver's."""

    def __init__(self, name: str, budget: "Budget", wall: "WallClock") -> None:
        self._name = name
        self._budget = budget
        self._wall = wall

    def book(self, push_id: int, now_ms: int, sent: "dict[str, str]", shown: "Shown") -> "Record":
        """Book a push that may leave from `now_ms` on; `shown` is what is sure to be known there meanwhile."""
        until_ms = self._budget.until_ms(now_ms + FLIGHT_MS)
        return SaveDebit(self._name, push_id, now_ms, until_ms, self._enter(push_id, until_ms), sent, dict(shown))

    def settle(self, push_id: int, at_ms: int, outcome: str, said: str, shown: "Shown") -> "Record":
        """Return the debit of what surely never left; let it stay as long as it counts for everything else."""
        until_ms = until_wall_ms = NO_TIME
        if outcome == UNSENT:
            self._budget.give_back(push_id)
        else:
            until_ms = self._budget.until_ms(at_ms)
            until_wall_ms = self._enter(push_id, until_ms)
        return SaveOutcome(self._name, push_id, at_ms, outcome, said, until_ms, until_wall_ms, dict(shown))

    def clock_set(self, at_ms: int, wall_ms: int) -> "list[Record]":
        """Credit down-time and note the wall times of debits anew."""
        entries = self._budget.clock_set(at_ms, wall_ms)
        return [SaveLedger(self._name, entries)] if entries else []

    def _enter(self, push_id: int, until_ms: int) -> int:
        until_wall_ms = self._budget.date(until_ms, self._wall.latest_ms(until_ms))
        self._budget.book(push_id, until_ms, until_wall_ms)
        return until_wall_ms
