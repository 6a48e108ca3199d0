"""Claims: the store's permission just before a push leaves, and the record of how it ended.

The courier asks when its connection to Pushover is open and the first byte is about to leave. A claimed push counts
until its result is known for sure; a result that could not be recorded is recorded when the store is available again.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from pushglance.core.commands import PushGlance
from pushglance.core.events import DELIVERED, REFUSED, UNSENT
from pushglance.core.lease_events import LeaseLost
from pushglance.core.push.watch import Watch
from pushglance.core.wire.pushover_answer import Answer
from pushglance.errors import StoreError
from pushglance.runtime.interfaces import EventQueue

from .cluster_state import ClusterState
from .leases import Leases
from .own_debits import OwnDebits
from .shared_store import SharedStore
from .store_clock import StoreClock
from .store_types import Settlement, SharedWatch, StoreUnavailable, StoreVersion, encode_refusal

if TYPE_CHECKING:
    from pushglance.core.plan_types import WatchPlan

SEND_WITHIN_MS = 10_000  # after the claim was requested: a process that was suspended for longer sends nothing
_NOT_SENT = Answer(UNSENT, 0, "")
_REFUSALS = {
    "dead": "this hub's session in the shared store had expired",
    "lost": "another hub holds the lease of this watch",
    "spent": "all pushes of this watch are spent, by the ledger that the hubs share",
}


def _no_op(_detail: str) -> None:
    """Do nothing."""


class Claims:
    """A send guard that claims each push in the shared store."""

    def __init__(
        self,
        watches: "dict[str, tuple[SharedWatch, WatchPlan]]",
        store: SharedStore,
        leases: Leases,
        state: ClusterState,
        debits: OwnDebits,
        clock: StoreClock,
        queue: EventQueue,
        now_ms: Callable[[], int],
    ) -> None:
        self._watches = watches
        self._store = store
        self._leases = leases
        self._state = state
        self._debits = debits
        self._clock = clock
        self._queue = queue
        self._now_ms = now_ms
        # Called with the reason why the store is unavailable, or with "" when a lease was lost.
        self.on_fault: Callable[[str], None] = _no_op
        self._lock = threading.RLock()  # the lease renewer settles, too
        self._unsettled: list[Settlement] = []
        self._claimed: dict[str, tuple[str, str]] = {}  # watch -> (session, member) of the push in flight

    def authorize(self, command: PushGlance) -> str:
        """Return "" once this push is claimed for this hub; else why it must not leave."""
        if not self._leases.begin(command.watch, command.lease):
            return _REFUSALS["lost"]
        refusal = "an error in pushglance"
        try:
            refusal = self._claim(command)
        finally:
            if refusal:
                self._leases.end(command.watch)
        return refusal

    def _claim(self, command: PushGlance) -> str:
        shared, plan = self._watches[command.watch]
        session, asked_ms = self._leases.session, self._now_ms()
        member = f"{shared.device}/{self._state.hub}/{command.push_id}/{session}"
        try:
            with self._lock:
                self._settle_all()
                answer, version = self._store.claim(
                    *(session, command.lease, shared, member, plan["pushes"]),
                    *(self._clock.latest_ms(asked_ms), self._state.version, list(command.glance)),
                )
        except StoreUnavailable as error:
            self._mark_unsettled(command, session, member, _NOT_SENT)  # it may be claimed, and surely does not leave
            self.on_fault(str(error))
            return f"the shared store is unavailable ({error}): nothing is pushed without it"
        if answer != "claimed":
            if self._leases.drop(command.watch):
                self._queue.put(LeaseLost(self._now_ms(), command.watch, _REFUSALS[answer]))
            self.on_fault("")
            return _REFUSALS[answer]
        return self._confirm(command, session, member, version, asked_ms)

    def _confirm(self, command: PushGlance, session: str, member: str, version: StoreVersion, asked_ms: int) -> str:
        self._debits.claim(command.watch, member, self._now_ms())
        try:
            self._state.save(version)
        except StoreError as error:
            self._mark_unsettled(command, session, member, _NOT_SENT)
            return str(error)
        if self._now_ms() - asked_ms > SEND_WITHIN_MS:
            self._mark_unsettled(command, session, member, _NOT_SENT)
            return "this process was suspended for too long"
        self._claimed[command.watch] = session, member
        return ""

    def on_finished(self, command: PushGlance, answer: Answer) -> None:
        """Record how a push ended; one that was never claimed needs no record."""
        claimed = self._claimed.pop(command.watch, None)
        if claimed is None:
            return
        session, member = claimed
        self._mark_unsettled(command, session, member, answer)
        try:
            self.settle()
        except StoreUnavailable as error:
            self.on_fault(str(error))
        finally:
            self._leases.end(command.watch)

    def _mark_unsettled(self, command: PushGlance, session: str, member: str, answer: Answer) -> None:
        self._debits.settle(command.watch, member, answer.outcome, self._now_ms())
        shared, plan = self._watches[command.watch]
        parked = {DELIVERED: ""}.get(answer.outcome, "-")
        if answer.outcome == REFUSED:
            until_ms = self._clock.latest_ms(self._now_ms()) + Watch.refusal_ms
            parked = encode_refusal(answer.detail, answer.cause, command.glance, Watch.refusal_ms, until_ms)
        with self._lock:
            self._unsettled.append(
                Settlement(
                    *(shared, session, command.lease, member, answer.outcome),
                    *(parked, plan["fingerprint"], command.glance),
                )
            )

    def settle(self) -> None:
        """Record results that are not in the store yet. Raises StoreUnavailable; the next call tries again."""
        with self._lock:
            self._settle_all()

    def _settle_all(self) -> None:
        while self._unsettled:
            self._store.settle(self._unsettled[0])
            del self._unsettled[0]

    def close(self) -> None:
        """Close the connection."""
        self._store.close()
