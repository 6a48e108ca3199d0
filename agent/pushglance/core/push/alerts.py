"""Alerts: one message when a contact is left open too long, and one when it is closed again.

Alerts follow the same life cycle as a watch. `shown` holds what was last reported of each contact: "open", "" (closed
again, or never reported) or None (uncertain). Where it differs from what the contact requires, a message is due. So a
contact that is closed before its message could leave sends none, and after an outage one message follows, not ten.
"""

from pushglance.core.events import UNKNOWN
from pushglance.core.pacing.budget import Budget

from .life_cycle import DIFFERS, MATCHES, InFlightPush, PushTarget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import PushFinished, Record
    from pushglance.core.plan_types import LeftOpenPlan, MessagesPlan
    from pushglance.core.sensors.sensor import Sensor
    from pushglance.core.wall_clock import WallClock

    from .ledger import Shown

_OPEN = "open"
_CLOSED = ""
_UNKNOWN_TRIES = 3  # after this many messages that may have arrived, the contact counts as reported


class AlertSender(PushTarget):
    """Decide when a contact that is left open becomes a message."""

    def __init__(
        self,
        plan: "MessagesPlan",
        sensors: "dict[str, Sensor]",
        wall: "WallClock",
        memory: "dict[str, Any]",
        opened_ms: int,
        now_ms: int,
    ) -> None:
        self._rules = {rule["sensor"]: rule for rule in plan["left_open"]}
        self.sensor_names = [rule["sensor"] for rule in plan["left_open"]]
        reported = memory.get("shown", {})
        shown = {name: reported.get(name, _CLOSED) for name in self.sensor_names}
        budget = Budget(plan["pushes"], memory.get("debits", []), opened_ms)
        super().__init__(plan, budget, wall, memory, shown, now_ms)
        self._contacts = {name: sensors[name] for name in self.sensor_names}  # type: Any  # the Plan allows only contacts
        self._unknown_tries = {}  # type: dict[str, int]  # contact -> messages in a row that may have arrived

    def decide(self, now_ms: int, push_id: int) -> "list[Record]":
        """Return a message under `push_id` and its debit, if now is the time; else set `why` and `next_ms`."""
        if self._awaits_answer(now_ms):
            return []
        commands = self._abandon(now_ms, "no answer in time")
        self.why, self.next_ms = "", None
        self._transition(MATCHES)
        for name in self.sensor_names:
            state, at_ms = self._due(name, self.shown, now_ms)
            if at_ms is None:
                continue
            self._transition(DIFFERS)
            if at_ms <= now_ms:
                at_ms = self._next_slot_ms(now_ms)
                if at_ms is not None and at_ms <= now_ms:
                    sent = _message(self._rules[name], state)
                    return commands + self._send(InFlightPush(push_id, now_ms), sent, {name: state})
            if at_ms is not None and (self.next_ms is None or at_ms < self.next_ms):
                self.next_ms = at_ms
        return commands

    def _due(self, name: str, shown: "Shown", now_ms: int) -> "tuple[str, int | None]":
        """Return what to report of a contact, and from when on; None if there is nothing to report."""
        contact, reported = self._contacts[name], shown[name]
        if contact.unknown or not contact.is_settled:
            return reported or _CLOSED, None  # its present state is unknown
        if contact.value:
            at_ms = now_ms + max(0, self._rules[name]["after_ms"] - contact.held_ms(now_ms))
            return _OPEN, None if reported == _OPEN else at_ms
        return _CLOSED, None if reported == _CLOSED else now_ms

    def _next_slot_ms(self, now_ms: int) -> "int | None":
        self.why = "budget"
        at_ms = self.budget.next_slot_ms(now_ms)
        if at_ms is not None and self._ledger.backoff.not_before_ms > at_ms:
            self.why = "parked" if self.parked else "backing off"
            return self._ledger.backoff.not_before_ms
        return at_ms

    def _fresh_content(
        self, push: InFlightPush, shown: "Shown", now_ms: int
    ) -> "tuple[dict[str, str], dict[str, str]]":
        for name in push.shows:
            state, at_ms = self._due(name, shown, now_ms)
            if state == push.shows[name] and at_ms is not None and at_ms <= now_ms:
                return push.sent, push.shows
        return {}, {}

    def _on_end(self, push: InFlightPush, ending: "PushFinished") -> None:
        self.next_ms = ending.at_ms
        for name in push.shows:
            tries = self._unknown_tries.pop(name, 0) + 1
            if ending.outcome != UNKNOWN:
                continue
            self._unknown_tries[name] = tries
            if tries >= _UNKNOWN_TRIES:
                self.shown[name] = push.shows[name]


def _message(rule: "LeftOpenPlan", state: str) -> "dict[str, str]":
    """Return the parameters of Pushover's Messages API."""
    if state == _OPEN:
        return {"message": rule["message"], "priority": str(rule["priority"])}
    return {"message": rule["closed"], "priority": str(min(0, rule["priority"]))}  # "closed again" needs no alarm
