"""The keeper: says that this hub lives, takes and leaves watches, and tells the loop of it.

One thread, one round each third of a lease. A lease lasts as long as its hub's session: one beat keeps any number of
watches, and a hub whose session has run out has lost all of them at once. Fencing is the store's: a claim names session
and lease, and holds only while both do.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pushglance.core.events import LeaseAcquired, LeaseLost, LinkChanged, ShownUnknown
from pushglance.core.wall_clock import UNKNOWN_MS
from pushglance.errors import StoreError
from pushglance.runtime.interfaces import EventQueue

from .broker_health import BrokerHealth
from .claims import Claims
from .cluster_state import Known
from .leader_election import Choice, Hub, group_of, read_hub
from .leases import Leases
from .shared_store import Beat, Lease, SharedStore, SharedWatch, StoreUnavailable
from .store_clock import StoreClock

if TYPE_CHECKING:
    from pushglance.core.plan_types import ClusterPlan, WatchPlan

log = logging.getLogger("pushglance")

_BEATS = 3  # in the time of a lease: one may be lost
_ROUNDS_FREE = 2  # a watch that its chosen hub does not take for so long is taken by any
_STOP_S = 0.8
_WITHOUT = "nothing is pushed without it"


class LeaseRenewer:
    """Keep this hub's leases; `watches` are by name, `brought` are debits of before, as (member, until_ms)."""

    def __init__(
        self,
        plan: "ClusterPlan",
        watches: "Mapping[str, tuple[SharedWatch, WatchPlan]]",
        brought: dict[str, list[tuple[str, int]]],
        store: SharedStore,
        claims: Claims,
        leases: Leases,
        known: Known,
        clock: StoreClock,
        hearing: BrokerHealth,
        queue: EventQueue,
        now_ms: Callable[[], int],
    ) -> None:
        self._plan = plan
        self._watches = watches
        self._names = {shared.record: name for name, (shared, _) in watches.items()}
        self._brought = brought
        self._store = store
        self._claims = claims
        self._leases = leases
        self._known = known
        self._clock = clock
        self._hearing = hearing
        self._queue = queue
        self._now_ms = now_ms
        self._group = group_of(self._names)
        self._choice = Choice()
        self._free: dict[str, int] = {}  # watch -> for how many rounds nobody has held it
        self._said: dict[str, str] = {}  # watch -> what the loop was told of who leads it
        self._until_ms = 0  # when our session has run out for sure
        self._looked_ms = now_ms()
        self._is_new = True
        self._is_up: bool | None = None
        self._is_fit = False
        self._wake = threading.Event()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        """Begin; the first leases follow when the store answers."""
        self._thread.start()

    def stop(self) -> None:
        """Give every lease back, so that other hubs need not wait for it to run out."""
        self._is_stopping = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(_STOP_S)

    def trouble(self, detail: str) -> None:
        """Hear from the courier's thread that the store did not answer, or that a lease was lost; look soon."""
        if detail:
            self._set_link(is_up=False, detail=detail)
        self._wake.set()

    def _run(self) -> None:
        while not self._is_stopping:
            try:
                self.round()
            except Exception:  # a keeper that dies would leave every watch as it is, for ever
                log.exception("the leases could not be looked after")
                self._lose_all("the leases could not be looked after")
            self._wake.wait(self._plan["lease_ms"] / _BEATS / 1000)
            self._wake.clear()
        try:
            held = [self._watches[name][0] for name in self._leases.held()]
            self._store.leave(self._leases.session, held, is_end=True)
        except StoreUnavailable:
            pass  # then they run out
        self._store.close()
        self._claims.close()

    def round(self) -> None:
        """Look after everything once."""
        now_ms = self._now_ms()
        if now_ms - self._looked_ms > self._plan["lease_ms"]:
            self._hearing.stood_still(now_ms)
        self._looked_ms = now_ms
        try:
            beat = self._beat()
            self._claims.settle()
            self._lead(beat)
        except (StoreUnavailable, StoreError) as error:
            self._set_link(is_up=False, detail=str(error))
            if self._now_ms() >= self._until_ms:
                self._lose_all(f"the shared store is away ({error}): {_WITHOUT}")
            return
        self._set_link(is_up=True, detail="")

    def _beat(self) -> Beat:
        """Say that we live. Raises StoreUnavailable also for a store that must not be used."""
        if not self._is_fit:
            unfit = self._store.why_unfit() if self._plan["trust"] == "checked" else ""
            if unfit:
                raise StoreUnavailable(unfit)
            self._is_fit = True
        if self._is_new:
            self._leases.session = secrets.token_hex(8)
        asked_ms, us = self._now_ms(), self._us()
        new_epoch = secrets.token_hex(8)
        beat = self._store.beat(
            self._leases.session,
            self._plan["lease_ms"],
            us.told(),
            self._known.memory,
            new_epoch,
            is_new=self._is_new,
        )
        if self._clock.see(beat.clock_ms, self._now_ms()):
            log.warning("the shared store's clock has jumped ahead, or this machine slept: it is not believed yet")
            self._hearing.stood_still(self._now_ms())
        if beat.has_lost:
            log.error("the shared store has lost something: every budget counts as spent for the next 24 hours")
        if beat.has_lost or self._known.memory.epoch != beat.memory.epoch or beat.is_alive:
            self._known.note(beat.memory)
        if not beat.is_alive:
            self._is_new = True
            self._lose_all("the shared store had given this hub up")
            self._wake.set()  # and again at once, under a new session
            return beat
        self._is_new = False
        self._until_ms = asked_ms + self._plan["lease_ms"]
        return beat

    def _us(self) -> Hub:
        return Hub(self._known.hub, self._plan["hub"], self._group, self._hearing.hears(self._now_ms()))

    def _lead(self, beat: Beat) -> None:
        """Leave what others should lead, take what we should, and tell the loop what has changed."""
        if not beat.is_alive:
            return
        hubs = {session: read_hub(told) for session, told in beat.hubs.items()}
        self._choice.among(hub for hub in hubs.values() if hub.group == self._group)
        for record, names in beat.doubts:
            if record in self._names:
                self._queue.put(ShownUnknown(self._now_ms(), self._names[record], names))
        self._hand_over({hub.key: hub.name for hub in hubs.values()})
        self._take(hubs)

    def _is_ours(self, name: str) -> bool:
        return self._choice.leader(self._watches[name][0].record) in ("", self._known.hub)

    def _hand_over(self, names_of_hubs: dict[str, str]) -> None:
        leaving = []
        for name in self._leases.held():
            if not self._is_ours(name) and self._leases.drop(name, is_idle=True):
                leaving.append(name)
                to = names_of_hubs.get(self._choice.leader(self._watches[name][0].record), "")
                self._follow(name, _led_by(to))
        if leaving:
            self._store.leave(self._leases.session, [self._watches[name][0] for name in leaving], is_end=False)

    def _take(self, hubs: dict[str, Hub]) -> None:
        held = set(self._leases.held())
        asked, names = [], []
        for name, (shared, _) in self._watches.items():
            if name in held:
                continue
            may = self._hearing.may_lead(self._now_ms())
            is_wanted = may and (self._is_ours(name) or self._free.get(name, 0) >= _ROUNDS_FREE)
            brought: list[str | int] = []
            for member, until_ms in self._brought.get(name, ()):
                brought += [member, max(1, until_ms - self._now_ms())]
            asked.append((shared, is_wanted, brought))
            names.append(name)
        answers = self._store.take(self._leases.session, asked, self._clock.latest_ms(self._now_ms()))
        for name, answer in zip(names, answers, strict=True):
            if isinstance(answer, Lease):
                self._begin_to_lead(name, answer)
            elif answer:
                self._free.pop(name, None)
                self._follow(name, _led_by(hubs[answer].name if answer in hubs else ""))
            else:
                self._free[name] = self._free.get(name, 0) + 1

    def _begin_to_lead(self, name: str, lease: Lease) -> None:
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
        self._brought.pop(name, None)
        self._free.pop(name, None)
        self._said.pop(name, None)
        self._leases.hold(name, lease.number)
        self._queue.put(LeaseAcquired(now_ms, name, lease.number, debits, lease.shown, parked))

    def _push_id(self, member: str, place: int) -> int:
        """Return the number of a push of this very process, or one below 0 that no push has."""
        _, _, push_id, session = member.split("/")
        return int(push_id) if session == self._leases.session else -place

    def _lose_all(self, detail: str) -> None:
        for name in self._watches:
            if self._leases.drop(name) or self._said.get(name) != detail:
                self._follow(name, detail)

    def _follow(self, name: str, detail: str) -> None:
        """Tell the loop who leads, once for each change."""
        if self._said.get(name) != detail:
            self._said[name] = detail
            self._queue.put(LeaseLost(self._now_ms(), name, detail))

    def _set_link(self, *, is_up: bool, detail: str) -> None:
        if is_up == self._is_up:
            return
        if not is_up:
            self._is_fit = False  # another one may answer next time
            log.warning("the shared store: %s; %s", detail, _WITHOUT)
        self._is_up = is_up
        self._queue.put(LinkChanged(self._now_ms(), "cluster", int(is_up)))


def _led_by(name: str) -> str:
    return f"led by the hub {name}" if name else "led by another hub"
