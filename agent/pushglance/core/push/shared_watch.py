"""A watch that several hubs share: one of them pushes, under a lease, with the state that all share.

Only a Plan with a cluster loads this module; boards have none.
"""

from pushglance.core.commands import Reply
from pushglance.core.lease_events import LeaseAcquired, LeaseLost

from .life_cycle import MATCHES
from .watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import Record
    from pushglance.core.plan_types import WatchPlan
    from pushglance.core.sensors.sensor import Sensor
    from pushglance.core.wall_clock import WallClock


class SharedWatch(Watch):
    """Decide like any watch while this hub has the lease, else push nothing."""

    def __init__(
        self,
        plan: "WatchPlan",
        sensors: "dict[str, Sensor]",
        wall: "WallClock",
        memory: "dict[str, Any]",
        opened_ms: int,
        now_ms: int,
    ) -> None:
        super().__init__(plan, sensors, wall, memory, opened_ms, now_ms)
        self.standby_reason = "no hub leads this watch yet"
        self._is_reloaded = False  # the refusal that hubs share was lifted before this hub got the lease

    def decide(self, now_ms: int, push_id: int) -> "list[Record]":
        """Return what a watch decides, or nothing while another hub has the lease."""
        return self._standby() if self.standby_reason else super().decide(now_ms, push_id)

    def _standby(self) -> "list[Record]":
        """Push nothing while another hub holds the lease."""
        self._transition(MATCHES)
        self.pending, self._sendable, self._pending_sensors = {}, {}, []
        self.pacing.on_idle()
        self.why, self.next_ms = "standby", None
        if self._request is None:
            return []
        request, self._request = self._request, None
        return [Reply(request.request, 0, self.name, self.standby_reason)]

    def on_lease_event(self, event: "Any", now_ms: int) -> "list[Record]":
        """Follow the hubs that share this watch: `LeaseAcquired`, `LeaseLost` or `ShownUnknown`."""
        if isinstance(event, LeaseAcquired):
            self._on_lease_acquired(event)
        elif isinstance(event, LeaseLost):
            self.standby_reason = event.detail
            return self._abandon(now_ms, event.detail)
        else:
            self._mark_shown_unknown(event.names)
        return []

    def _on_lease_acquired(self, event: "LeaseAcquired") -> None:
        """Push from now on, with the state that the hubs share."""
        self._lease, self.standby_reason = event.lease, ""
        self.budget.replace(event.debits)
        self._last_ms = self.budget.last_ms(event.at_ms)
        self.shown = dict(event.shown)
        self._desired.clear_unfilled(self.shown)
        self._ledger.backoff.clear(event.at_ms)
        self._ledger.set_refusal({} if self._is_reloaded else event.refusal, event.at_ms)
        self._is_reloaded = False

    def lift(self, at_ms: int) -> "list[Record]":
        """Let what failed or was refused be tried again at once, also what the hubs that share this watch remember."""
        self._is_reloaded = bool(self.standby_reason)
        return super().lift(at_ms)

    def _mark_shown_unknown(self, names: "list[str]") -> None:
        for name in names:
            self.shown[name] = None
            if self.in_flight is not None and name in self.in_flight.replaced:
                self.in_flight.replaced[name] = None
        self._desired.clear_unfilled(self.shown)
