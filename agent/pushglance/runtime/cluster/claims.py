"""Claims: the last question before a push leaves, and the note of how it ended.

The courier asks when its connection to Pushover stands and the first byte is about to leave. What was claimed counts
until somebody surely knows better; what could not be noted is noted as soon as the store is back.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from pushglance.core.commands import PushGlance
from pushglance.core.events import DELIVERED, REFUSED, UNSENT, LeaseLost
from pushglance.errors import StoreError
from pushglance.runtime.interfaces import EventQueue

from .cluster_state import Known
from .leases import Leases
from .shared_store import Memory, Settlement, SharedStore, SharedWatch, StoreUnavailable
from .store_clock import StoreClock

if TYPE_CHECKING:
    from pushglance.core.plan_types import WatchPlan

SEND_WITHIN_MS = 10_000  # after its claim was asked for: a process that stood still for longer sends nothing
_WHY_NOT = {
    "dead": "the shared store had given this hub up",
    "lost": "another hub leads this watch",
    "spent": "all pushes of this watch are spent, by the ledger that the hubs share",
}


def _tell_nobody(_said: str) -> None:
    """Stand in until the keeper listens."""


class Claims:
    """Stand between the courier and the first byte: a `SendGuard`."""

    def __init__(
        self,
        watches: "dict[str, tuple[SharedWatch, WatchPlan]]",
        store: SharedStore,
        leases: Leases,
        known: Known,
        clock: StoreClock,
        queue: EventQueue,
        now_ms: Callable[[], int],
    ) -> None:
        self._watches = watches
        self._store = store
        self._leases = leases
        self._known = known
        self._clock = clock
        self._queue = queue
        self._now_ms = now_ms
        self.on_trouble: Callable[[str], None] = (
            _tell_nobody  # takes why the store cannot be asked, or "": look at leases
        )
        self._lock = threading.RLock()  # the keeper settles what is left over
        self._unsettled: list[Settlement] = []
        self._claimed: dict[str, tuple[str, int, str]] = {}  # watch -> (session, lease, member) of the push that is out

    def authorize(self, command: PushGlance) -> str:
        """Return "" once this push is booked for this hub; else why it must not leave."""
        if not self._leases.begin(command.watch, command.lease):
            return _WHY_NOT["lost"]
        detail = "a mistake in pushglance"
        try:
            detail = self._claim(command)
        finally:
            if detail:
                self._leases.end(command.watch)
        return detail

    def _claim(self, command: PushGlance) -> str:
        shared, plan = self._watches[command.watch]
        session, asked_ms = self._leases.session, self._now_ms()
        member = f"{shared.device}/{self._known.hub}/{command.push_id}/{session}"
        try:
            with self._lock:
                self._settle_all()
                answer, seq = self._store.claim(
                    *(session, command.lease, shared, member, plan["pushes"]),
                    *(self._clock.latest_ms(asked_ms), self._known.memory, list(command.glance)),
                )
        except StoreUnavailable as error:
            self._leave_over(command, session, member, UNSENT, "")  # it may be booked, and it surely does not leave
            self.on_trouble(str(error))
            return f"the shared store is away ({error}): nothing is pushed without it"
        if answer != "claimed":
            if self._leases.drop(command.watch):
                self._queue.put(LeaseLost(self._now_ms(), command.watch, _WHY_NOT[answer]))
            self.on_trouble("")
            return _WHY_NOT[answer]
        return self._remember(command, session, member, seq, asked_ms)

    def _remember(self, command: PushGlance, session: str, member: str, seq: int, asked_ms: int) -> str:
        try:
            self._known.note(Memory(self._known.memory.epoch, seq))
        except StoreError as error:
            self._leave_over(command, session, member, UNSENT, "")
            return str(error)
        if self._now_ms() - asked_ms > SEND_WITHIN_MS:
            self._leave_over(command, session, member, UNSENT, "")
            return "this hub stood still for too long"
        self._claimed[command.watch] = session, command.lease, member
        return ""

    def on_finished(self, command: PushGlance, outcome: str, detail: str) -> None:
        """Note how a push ended; one that was never claimed has nothing to be noted."""
        claimed = self._claimed.pop(command.watch, None)
        if claimed is None:
            return
        session, _, member = claimed
        self._leave_over(command, session, member, outcome, detail)
        try:
            self.settle()
        except StoreUnavailable as error:
            self.on_trouble(str(error))
        finally:
            self._leases.end(command.watch)

    def _leave_over(self, command: PushGlance, session: str, member: str, outcome: str, detail: str) -> None:
        shared, plan = self._watches[command.watch]
        parked = {DELIVERED: "", REFUSED: detail or "refused without a reason"}.get(outcome, "-")
        with self._lock:
            self._unsettled.append(
                Settlement(shared, session, command.lease, member, outcome, parked, plan["fingerprint"], command.glance)
            )

    def settle(self) -> None:
        """Note what is left over. Raises StoreUnavailable, and then it is still left over."""
        with self._lock:
            self._settle_all()

    def _settle_all(self) -> None:
        while self._unsettled:
            self._store.settle(self._unsettled[0])
            del self._unsettled[0]

    def close(self) -> None:
        """Close the connection."""
        self._store.close()
