"""The lease renewer: a thread that keeps this hub's session alive and its leases up to date.

It ticks three times per lease. A lease lasts as long as its hub's session: one heartbeat renews any number of leases,
and a hub whose session has expired has lost all of them at once. The store does the fencing: a claim names session and
lease and is accepted only while both are valid.
"""

import logging
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pushglance.core.events import LinkChanged
from pushglance.errors import StoreError
from pushglance.runtime.interfaces import EventQueue
from pushglance.runtime.worker_progress import WorkerProgress

from .broker_health import BrokerHealth
from .claims import Claims
from .cluster_state import ClusterState
from .leader_election import Hub
from .lease_assignment import LeaseAssignment
from .leases import Leases
from .shared_store import SharedStore
from .store_clock import StoreClock
from .store_types import Heartbeat, StoreUnavailable

if TYPE_CHECKING:
    from pushglance.core.plan_types import ClusterPlan

log = logging.getLogger("pushglance")

_TICKS_PER_LEASE = 3  # so that one heartbeat may be lost
_STOP_S = 0.8
_TICK_MS = 180_000  # far more than the time limits of all its questions to the store
_CONSEQUENCE = "nothing is pushed without it"


class LeaseRenewer:
    """Renew this hub's session; `assignment` acquires and releases the leases."""

    def __init__(
        self,
        plan: "ClusterPlan",
        assignment: LeaseAssignment,
        store: SharedStore,
        claims: Claims,
        leases: Leases,
        state: ClusterState,
        clock: StoreClock,
        health: BrokerHealth,
        queue: EventQueue,
        now_ms: Callable[[], int],
    ) -> None:
        self._plan = plan
        self._assignment = assignment
        self._store = store
        self._claims = claims
        self._leases = leases
        self._state = state
        self._clock = clock
        self._health = health
        self._queue = queue
        self._now_ms = now_ms
        self._expires_ms = 0  # when our session has surely expired
        self._tick_ms = now_ms()
        self._is_new_session = True
        self._is_up: bool | None = None
        self._is_durable = False  # the store's configuration was checked
        self._wake = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
        self.progress = WorkerProgress("leases")

    def start(self) -> None:
        """Start; the first leases follow when the store answers."""
        self._thread.start()
        self.progress.follow(self._thread)

    def stop(self) -> None:
        """Release every lease, so that other hubs need not wait until they expire."""
        self._is_stopping = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(_STOP_S)

    def fault(self, detail: str) -> None:
        """Note why the store is unavailable ("": a lease was lost), and tick soon. Called in the courier's thread."""
        if detail:
            self._set_link(is_up=False, detail=detail)
        self._wake.set()

    def _run(self) -> None:
        while not self._is_stopping:
            self.progress.busy(_TICK_MS)
            try:
                self.tick()
            except Exception:  # if the thread died, every watch would keep its state for ever
                log.exception("the leases could not be renewed")
                self._assignment.lose_all("the leases could not be renewed")
            self.progress.idle()
            self._wake.wait(self._plan["lease_ms"] / _TICKS_PER_LEASE / 1000)
            self._wake.clear()
        with suppress(StoreUnavailable):  # then the leases expire
            self._assignment.end_session()
        self._store.close()
        self._claims.close()

    def tick(self) -> None:
        """Send a heartbeat, settle claims, then update the leases."""
        now_ms = self._now_ms()
        if now_ms - self._tick_ms > self._plan["lease_ms"]:
            self._health.on_suspended(now_ms)
        self._tick_ms = now_ms
        try:
            heartbeat = self._heartbeat()
            self._claims.settle()
            if heartbeat.is_alive:
                self._assignment.update(heartbeat)
        except (StoreUnavailable, StoreError) as error:
            self._set_link(is_up=False, detail=str(error))
            if self._now_ms() >= self._expires_ms:
                self._assignment.lose_all(f"the shared store is unavailable ({error}): {_CONSEQUENCE}")
            return
        self._set_link(is_up=True, detail="")

    def _heartbeat(self) -> Heartbeat:
        """Renew the session. Raises StoreUnavailable, also for a store that must not be used."""
        self._check_durability()
        if self._is_new_session:
            self._leases.session = secrets.token_hex(8)
        asked_ms = self._now_ms()
        is_receiving = self._health.is_receiving(asked_ms)
        hub = Hub(self._state.hub, self._plan["hub"], self._assignment.group, is_receiving)
        heartbeat = self._store.heartbeat(
            self._leases.session,
            self._plan["lease_ms"],
            hub.encode(),
            self._state.version,
            secrets.token_hex(8),
            is_new=self._is_new_session,
        )
        self._observe_clock(heartbeat.clock_ms)
        if heartbeat.has_lost:
            log.error("the shared store has lost data: every budget counts as spent for the next 24 hours")
        if heartbeat.has_lost or self._state.version.epoch != heartbeat.version.epoch or heartbeat.is_alive:
            self._state.save(heartbeat.version)
        if heartbeat.is_alive:
            self._is_new_session = False
            self._expires_ms = asked_ms + self._plan["lease_ms"]
        else:
            self._is_new_session = True
            self._assignment.lose_all("this hub's session in the shared store had expired")
            self._wake.set()  # tick again at once, with a new session
        return heartbeat

    def _observe_clock(self, clock_ms: int) -> None:
        was_trusted = self._clock.is_trusted()
        if self._clock.observe(clock_ms, self._now_ms()):
            log.warning("the shared store's clock is ahead, or this machine was suspended: not trusted for a day")
            self._health.on_suspended(self._now_ms())
        if (
            self._clock.is_trusted() != was_trusted and self._leases.held()
        ):  # leases acquired before count debits that have run out
            self._assignment.lose_all("the clock has just been compared with that of the shared store")

    def _check_durability(self) -> None:
        if self._is_durable:
            return
        problem = self._store.durability_problem() if self._plan["trust"] == "checked" else ""
        if problem:
            raise StoreUnavailable(problem)
        self._is_durable = True

    def _set_link(self, *, is_up: bool, detail: str) -> None:
        if is_up == self._is_up:
            return
        if not is_up:
            self._is_durable = False  # another server may answer next time
            log.warning("the shared store: %s; %s", detail, _CONSEQUENCE)
        self._is_up = is_up
        self._queue.put(LinkChanged(self._now_ms(), "cluster", int(is_up)))
