"""The debits of this hub that still count, as its own disk and its claims know them: the shared store must have them.

A store that comes back from an old copy lacks some of them; they are restored when this hub acquires the lease.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pushglance.core.events import DELIVERED, UNKNOWN
from pushglance.core.pacing.budget import ARRIVAL_MS, FLIGHT_MS
from pushglance.core.pacing.window import WINDOW_MS
from pushglance.core.wall_clock import UNKNOWN_MS

from .cluster_state import ClusterState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pushglance.core.plan_types import WatchPlan

    from .store_types import SharedWatch

# A debit that ends sooner is left out: by its own clock the store may have refunded it already.
_MARGIN_MS = 10 * 60 * 1000


class OwnDebits:
    """For each watch {member of the ledger: until when it counts, monotonic}; two threads use it."""

    def __init__(self, wall_ms: Callable[[], int | None]) -> None:
        self._wall_ms = wall_ms  # None while it is not synchronised
        self._lock = threading.Lock()
        self._debits: dict[str, dict[str, int]] = {}
        self._of_earlier_boots: dict[str, dict[str, int]] = {}  # {watch: {member: until when, wall time}}

    def load(
        self,
        watches: "Mapping[str, tuple[SharedWatch, WatchPlan]]",
        memory: dict[str, Any],
        state: ClusterState,
        now_ms: int,
    ) -> None:
        """Add the debits in this hub's own store. Those of earlier processes end with "/": their session is unknown."""
        for name, (shared, _) in watches.items():
            for push_id, until_ms, until_wall_ms in memory["watches"].get(name, {}).get("debits", []):
                is_shared = push_id > state.last_own_push_id
                member = f"{shared.device}/{state.hub}/{push_id}/{'' if is_shared else 'before'}"
                if until_ms != UNKNOWN_MS:
                    self._add(name, member, until_ms)
                elif not is_shared:
                    self._add(name, member, now_ms + WINDOW_MS + ARRIVAL_MS)
                elif until_wall_ms != UNKNOWN_MS:
                    self._of_earlier_boots.setdefault(name, {})[member] = until_wall_ms

    def claim(self, watch: str, member: str, now_ms: int) -> None:
        """Add a push that was claimed and may leave now."""
        self._add(watch, member, now_ms + FLIGHT_MS + ARRIVAL_MS + WINDOW_MS)

    def settle(self, watch: str, member: str, outcome: str, now_ms: int) -> None:
        """Update the debit of a push that has ended; one that was surely not executed counts no more."""
        with self._lock:
            debits = self._debits.get(watch, {})
            if member in debits:
                is_spent = outcome in (DELIVERED, UNKNOWN)
                debits[member] = now_ms + ARRIVAL_MS + WINDOW_MS if is_spent else 0

    def arguments(self, watch: str, now_ms: int) -> list[str | int]:
        """Return the debits that the store must have: member, ms left, member, ms left and so on."""
        self._date_earlier_boots(watch, now_ms)
        with self._lock:
            debits = {m: until_ms for m, until_ms in self._debits.get(watch, {}).items() if until_ms > now_ms}
            self._debits[watch] = debits
            return [
                part
                for member, until_ms in debits.items()
                if member.endswith("/before") or until_ms - now_ms > _MARGIN_MS
                for part in (member, until_ms - now_ms)
            ]

    def _date_earlier_boots(self, watch: str, now_ms: int) -> None:
        """Add the debits of earlier boots once the wall clock is right: most of them have run out meanwhile."""
        wall_ms = self._wall_ms()
        if wall_ms is not None:
            for member, until_wall_ms in self._of_earlier_boots.pop(watch, {}).items():
                self._add(watch, member, now_ms + until_wall_ms - wall_ms)

    def _add(self, watch: str, member: str, until_ms: int) -> None:
        with self._lock:
            self._debits.setdefault(watch, {})[member] = until_ms
