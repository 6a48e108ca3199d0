"""One watch: what it shows, what it should show instead, and when that is pushed.

`shown` holds what is certainly on the screen; None is uncertain. See `life_cycle` for what a push changes there.
"""

from pushglance.core.commands import Reply, SavePause
from pushglance.core.events import DELIVERED, REFUSED, UNKNOWN
from pushglance.core.pacing.budget import Budget
from pushglance.core.pacing.policy import build_pacing
from pushglance.core.pacing.sensor_quota import SensorQuota
from pushglance.core.pacing.staleness import StalenessCost
from pushglance.core.pacing.window import DailyWindow, RollingWindow

from .glance import DesiredGlance, changed, sensors_of
from .life_cycle import DIFFERS, MATCHES, InFlightPush, PushTarget
from .pause import ENDLESS, Pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import PushFinished, Record
    from pushglance.core.plan_types import WatchPlan
    from pushglance.core.sensors.sensor import Sensor
    from pushglance.core.wall_clock import WallClock

    from .ledger import Shown
    from .push_request import PushRequest

FIRST_VALUES_MS = 10 * 1000  # after a start, wait this long for the first values of topics


class Watch(PushTarget):
    """Decide for one (user, device) when its glance is pushed."""

    def __init__(
        self,
        plan: "WatchPlan",
        sensors: "dict[str, Sensor]",
        wall: "WallClock",
        memory: "dict[str, Any]",
        opened_ms: int,
        now_ms: int,
    ) -> None:
        window = RollingWindow() if plan["resets_at_s"] < 0 else DailyWindow(plan["resets_at_s"], wall)
        budget = Budget(plan["pushes"], memory.get("debits", []), opened_ms, window)
        super().__init__(plan, budget, wall, memory, dict(memory.get("shown", {})), opened_ms, now_ms)
        self.next_ms = None
        self.sensor_names = sensors_of(plan["fields"])
        self.pending = {}  # type: dict[str, str]  # fields that differ, or are on their way
        self._sendable = {}  # type: dict[str, str]  # those of them that no refusal holds back
        self.pause = Pause(memory.get("pause", {}), opened_ms)
        self.standby_reason = ""  # why another hub pushes, or none can; "" while this one does
        shown_sensors = [sensors[name] for name in self.sensor_names]
        self.pacing = build_pacing(plan, StalenessCost(shown_sensors), memory.get("learnt", {}), now_ms)
        self._quota = SensorQuota(shown_sensors, plan["pushes"])
        self._desired = DesiredGlance(plan["fields"], sensors, self.shown)
        self._urgent_fields = [
            field["name"] for field in plan["fields"] if any([sensors[name].is_urgent for name in sensors_of([field])])
        ]
        self._pending_sensors = []  # type: list[str]
        self._request = None  # type: PushRequest | None
        self._is_urgent = False
        self._last_ms = budget.last_ms(now_ms)
        self._first_values_until_ms = now_ms + FIRST_VALUES_MS

    def mark_urgent(self, is_calm: bool) -> None:
        """Record that an urgent sensor has just changed; `is_calm`: it had held its state for a minute."""
        self._is_urgent = True
        self.pacing.is_calm = self.pacing.is_calm or is_calm

    def invalidate(self) -> None:
        """Record that the text of a sensor may have changed."""
        self._desired.invalidate()

    def request_push(self, request: "PushRequest") -> "list[Record]":
        """Store a person's request; the next decision without a push in flight serves or rejects it."""
        before, self._request = self._request, request
        return [] if before is None else [Reply(before.request, 0, self.name, "a later request took its place")]

    def set_pause(self, now_ms: int, for_ms: int) -> "Record":
        """Start a pause of `for_ms` (ENDLESS: without an end), or end it (0)."""
        self.pause.set(now_ms, for_ms, self.wall)
        return self._save_pause()

    def _save_pause(self) -> "Record":
        for_ms, until_ms, until_wall_ms = self.pause.state()
        return SavePause(self.name, for_ms, until_ms, until_wall_ms)

    def decide(self, now_ms: int, push_id: int) -> "list[Record]":
        """Return a push under `push_id` and its debit, if now is the time; else set `why` and `next_ms`."""
        if self.in_flight is not None:
            self.pacing.observe(now_ms, self.sensor_names)
        if self._awaits_answer(now_ms):
            return []
        commands = self._abandon(now_ms, "no answer in time")
        if now_ms >= self._first_values_until_ms:
            self._desired.end_waiting()
        self._find_pending(self.shown, now_ms)
        self._pending_sensors = self._desired.sensors_in(self._sendable)
        self.pacing.observe(now_ms, self._pending_sensors)
        if self._request is not None:
            request, self._request = self._request, None
            reply = self._reject(request, now_ms)
            if reply is None:
                return commands + self._push_request(request, now_ms, push_id)
            commands.append(reply)
        if not self._is_due(now_ms):
            return commands
        push = InFlightPush(push_id, now_ms)
        push.sensor_names = self._pending_sensors
        return commands + self._push(push)

    def _find_pending(self, shown: "Shown", now_ms: int) -> None:
        self.pending = changed(self._desired.fields(), shown)
        self._sendable = self._ledger.sendable(self.pending, now_ms)

    def _reject(self, request: "PushRequest", now_ms: int) -> "Record | None":
        """Return the reply if a request leads to no push now."""
        if not request.fields_to_send(self.pending, self._desired.fields()):
            return Reply(request.request, 1, self.name, "nothing to push: the watch is up to date")
        reason = request.rejection_reason(self.budget, self.refusal, self._ledger.backoff, now_ms)
        return Reply(request.request, 0, self.name, reason) if reason else None

    def _push_request(self, request: "PushRequest", now_ms: int, push_id: int) -> "list[Record]":
        self.pending = self._sendable = request.fields_to_send(self.pending, self._desired.fields())
        self._desired.clear_sent(self.pending)
        return self._push(InFlightPush(push_id, now_ms, request))

    def _push(self, push: InFlightPush) -> "list[Record]":
        push.was_urgent, self._is_urgent = self._is_urgent, False
        self.pacing.on_pushed(push.at_ms)
        return self._send(push, self._sendable, self._sendable)

    def _is_due(self, now_ms: int) -> bool:
        """Return True if what differs is to be pushed now; else set `why` and `next_ms`."""
        if not self.pending:
            self._transition(MATCHES)
            self.pacing.on_idle()
            self._is_urgent, self.why = False, ""
            self.next_ms = None if self._desired.is_complete() else self._first_values_until_ms
            return False
        self._transition(DIFFERS)
        if not self._sendable and self.refusal is not None:
            self.pacing.on_waiting(now_ms, self._is_urgent)
            self.why, self.next_ms = "parked", now_ms + self.refusal.left_ms(now_ms)
            return False
        if not any([name in self._sendable for name in self._urgent_fields]):
            self._is_urgent = False  # an urgent change was undone, and the other fields can wait
        self.pacing.on_waiting(now_ms, self._is_urgent)
        self.next_ms = self._push_at_ms(now_ms)
        return self.next_ms is not None and self.next_ms <= now_ms

    def _push_at_ms(self, now_ms: int) -> "int | None":
        at_ms, self.why = self.pacing.push_at_ms(now_ms, self._last_ms, self.budget)
        if at_ms is None:
            return None
        quota_ms = self._quota.next_slot_ms(now_ms, self._pending_sensors)
        if quota_ms > at_ms:
            at_ms, self.why = quota_ms, "share"
        if self._ledger.backoff.not_before_ms > at_ms:
            at_ms, self.why = self._ledger.backoff.not_before_ms, "backing off"
        if not self._is_urgent and self._first_values_until_ms > at_ms and not self._desired.is_complete():
            at_ms, self.why = self._first_values_until_ms, "batching"
        paused_ms = self.pause.left_ms(now_ms)
        if paused_ms == ENDLESS:
            self.why = "paused"
            return None
        if now_ms + paused_ms > at_ms:
            at_ms, self.why = now_ms + paused_ms, "paused"
        return at_ms

    def _fresh_content(
        self, push: InFlightPush, shown: "Shown", now_ms: int
    ) -> "tuple[dict[str, str], dict[str, str]]":
        self._find_pending(shown, now_ms)
        if push.request is not None:
            self.pending = self._sendable = push.request.fields_to_send(self.pending, self._desired.fields())
        if self._sendable:
            push.was_urgent, self._is_urgent = push.was_urgent or self._is_urgent, False
            if self._sendable != push.sent:
                self.pacing.on_pushed(now_ms)
        return self._sendable, self._sendable

    def _on_end(self, push: InFlightPush, ending: "PushFinished") -> None:
        outcome, at_ms = ending.outcome, ending.at_ms
        self.pacing.on_finished(outcome == DELIVERED, outcome != UNKNOWN)
        if outcome != DELIVERED:
            self._is_urgent = self._is_urgent or push.was_urgent
        if outcome in (DELIVERED, UNKNOWN):
            self._last_ms = at_ms
            self._quota.debit(push.sensor_names, at_ms, self.budget.until_ms(at_ms))

    def _end(self, ending: "PushFinished") -> "list[Record]":
        request = None if self.in_flight is None else self.in_flight.request
        saves = super()._end(ending)
        if request is not None:
            if ending.outcome == REFUSED and self.refusal is not None:
                self.refusal.asked_ms = ending.at_ms
            detail = request.result_text(self.budget, ending.at_ms, ending.outcome, ending.detail)
            saves.append(Reply(request.request, 1 if ending.outcome == DELIVERED else 0, self.name, detail))
        return saves

    def clock_set(self, at_ms: int, wall_ms: int) -> "list[Record]":
        """Credit down-time, update the wall times of debits, and follow the hours of local time."""
        saves = super().clock_set(at_ms, wall_ms)
        self.pacing.set_clock(at_ms, self.wall.local_ms(at_ms) - at_ms)
        if self.pause.clock_set(at_ms, wall_ms):
            saves.append(self._save_pause())
        return saves
