"""Acquire the leases that this hub should hold, release those of other hubs, and report changes to the loop."""

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pushglance.core.lease_events import LeaseAcquired, LeaseLost, ShownUnknown
from pushglance.core.wall_clock import UNKNOWN_MS
from pushglance.runtime.interfaces import EventQueue

from .broker_health import BrokerHealth
from .leader_election import Hub, LeaderElection, group_of
from .leases import Leases
from .own_debits import OwnDebits
from .shared_store import SharedStore
from .store_clock import StoreClock
from .store_types import Heartbeat, Lease, SharedWatch, decode_refusal

if TYPE_CHECKING:
    from pushglance.core.plan_types import WatchPlan

log = logging.getLogger("pushglance")

_FREE_TICKS = 2  # after so many ticks any hub acquires a watch that its elected hub has not acquired


class LeaseAssignment:
    """Assign the leases of `watches`; the store gets those of the hub's own `debits` that it lacks."""

    def __init__(
        self,
        watches: "Mapping[str, tuple[SharedWatch, WatchPlan]]",
        debits: OwnDebits,
        store: SharedStore,
        leases: Leases,
        hub_key: str,
        clock: StoreClock,
        health: BrokerHealth,
        queue: EventQueue,
        now_ms: Callable[[], int],
    ) -> None:
        self._watches = watches
        self._names = {shared.record: name for name, (shared, _) in watches.items()}
        self._debits = debits
        self._store = store
        self._leases = leases
        self._hub_key = hub_key
        self._clock = clock
        self._health = health
        self._queue = queue
        self._now_ms = now_ms
        self._election = LeaderElection()
        self._free_ticks: dict[str, int] = {}  # watch -> for how many ticks no hub has held it
        self._reported: dict[str, str] = {}  # watch -> the reason of the last LeaseLost
        self.group = group_of(self._names)

    def update(self, heartbeat: Heartbeat) -> None:
        """Release and acquire leases according to the hubs that are alive. Raises StoreUnavailable."""
        hubs = {session: Hub.decode(text) for session, text in heartbeat.hubs.items()}
        self._election.set_hubs(hub for hub in hubs.values() if hub.group == self.group)
        for record, names in heartbeat.doubts:
            if record in self._names:
                self._queue.put(ShownUnknown(self._now_ms(), self._names[record], names))
        self._release({hub.key: hub.name for hub in hubs.values()})
        self._acquire(hubs)

    def lose_all(self, detail: str) -> None:
        """Give up every lease, for this reason."""
        for name in self._watches:
            if self._leases.drop(name) or self._reported.get(name) != detail:
                self._report_lost(name, detail)

    def end_session(self) -> None:
        """Release every lease and end the session, so that other hubs need not wait. Raises StoreUnavailable."""
        held = [self._watches[name][0] for name in self._leases.held()]
        self._store.release(self._leases.session, held, is_end=True)

    def _is_ours(self, name: str) -> bool:
        return self._election.pick(self._watches[name][0].record) in ("", self._hub_key)

    def _release(self, hub_names: dict[str, str]) -> None:
        released = []
        for name in self._leases.held():
            if not self._is_ours(name) and self._leases.drop(name, is_idle=True):
                released.append(self._watches[name][0])
                holder = hub_names.get(self._election.pick(self._watches[name][0].record), "")
                self._report_lost(name, _holder_text(holder))
        if released:
            self._store.release(self._leases.session, released, is_end=False)

    def _acquire(self, hubs: dict[str, Hub]) -> None:
        held, now_ms = set(self._leases.held()), self._now_ms()
        may_acquire = self._health.may_acquire(now_ms)
        requests: list[tuple[SharedWatch, bool, list[str | int]]] = []
        names = []
        for name, (shared, _) in self._watches.items():
            if name in held:
                continue
            is_wanted = may_acquire and (self._is_ours(name) or self._free_ticks.get(name, 0) >= _FREE_TICKS)
            requests.append((shared, is_wanted, self._debits.arguments(name, now_ms)))
            names.append(name)
        answers = self._store.acquire(self._leases.session, requests, self._clock.latest_ms(now_ms))
        for name, answer in zip(names, answers, strict=True):
            if isinstance(answer, Lease):
                self._report_acquired(name, answer)
            elif answer:
                self._free_ticks.pop(name, None)
                self._report_lost(name, _holder_text(hubs[answer].name if answer in hubs else ""))
            else:
                self._free_ticks[name] = self._free_ticks.get(name, 0) + 1

    def _report_acquired(self, name: str, lease: Lease) -> None:
        _, plan = self._watches[name]
        now_ms = self._now_ms()
        debits = [
            [self._push_id(member, place), now_ms + left_ms, UNKNOWN_MS]
            for place, (member, left_ms) in enumerate(lease.debits, 1)
        ]
        if lease.spent_ms:
            first = len(debits) + 1
            debits += [[-first - place, now_ms + lease.spent_ms, UNKNOWN_MS] for place in range(plan["pushes"])]
        parked = lease.parked if lease.fingerprint == plan["fingerprint"] else ""
        refusal = decode_refusal(parked, self._clock.latest_ms(now_ms) - now_ms)
        self._free_ticks.pop(name, None)
        self._reported.pop(name, None)
        self._leases.add(name, lease.number)
        if lease.spent_ms:
            log.warning(
                "the shared store has lost pushes: those of %s count as spent for %d min",
                name,
                lease.spent_ms // 60_000,
            )
        if lease.restored:
            log.error("the shared store had lost %d pushes of this hub to %s: they count again", lease.restored, name)
        self._queue.put(LeaseAcquired(now_ms, name, lease.number, debits, lease.shown, refusal))

    def _push_id(self, member: str, place: int) -> int:
        """Return the id of a push of this process, or a negative number that no push has."""
        _, _, push_id, session = member.split("/")
        return int(push_id) if session == self._leases.session else -place

    def _report_lost(self, name: str, detail: str) -> None:
        """Report to the loop why this hub does not push, once for each change."""
        if self._reported.get(name) != detail:
            self._reported[name] = detail
            self._queue.put(LeaseLost(self._now_ms(), name, detail))


def _holder_text(name: str) -> str:
    return f"hub {name} pushes to it" if name else "another hub pushes to it"
