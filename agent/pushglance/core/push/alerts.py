"""Alerts: one message when a contact is left open too long, and one when it is closed again.

Alerts follow the same life cycle as a watch. `shown` holds what was last reported of each contact: "open", "" (closed
again, or never reported), "missed" (an alarm that is due and could not be given) or None (uncertain). Where it differs
from what the contact requires, a message is due. So a contact that is closed before its message is due sends none,
after an outage one message follows, not ten, and an alarm that came too late is reported with the closing.
"""

from pushglance.core.causes import UNREACHED
from pushglance.core.commands import SaveShown
from pushglance.core.events import DELIVERED, UNKNOWN
from pushglance.core.pacing.budget import Budget

from .alert_messages import closed_message, closing_text, late_message, open_message
from .backoff import REQUESTED_MS
from .life_cycle import DIFFERS, MATCHES, InFlightPush, PushTarget

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import PushFinished, Record
    from pushglance.core.plan_types import MessagesPlan
    from pushglance.core.sensors.sensor import Sensor
    from pushglance.core.wall_clock import WallClock

    from .ledger import Shown

OPEN = "open"
CLOSED = ""
MISSED = "missed"
_NOT_SENT = "alarm not sent"
_UNREACHED = "alarm reached no device"
_UNCONFIRMED = "alarm not confirmed"
_LATE = "late"  # to report: it was open for too long, and is closed now
_UNKNOWN_TRIES = 3  # after this many messages that may have arrived, a closing counts as reported; an alarm waits:
_UNCONFIRMED_MS = 3600 * 1000  # until the next try, then twice as long after each; each one costs a debit
_DOUBLINGS_MAX = 3
_IN_TIME_MS = 60 * 1000  # an alarm that was due for less than this when the contact was closed is not missed
_WAIT_MAX_MS = 3600 * 1000  # an alarm that was not refused is tried at least this often, whatever Pushover asked for


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
        shown = {name: reported.get(name, CLOSED) for name in self.sensor_names}
        budget = Budget(plan["pushes"], memory.get("debits", []), opened_ms)
        super().__init__(plan, budget, wall, memory, shown, opened_ms, now_ms)
        self._contacts = {name: sensors[name] for name in self.sensor_names}  # type: Any  # the Plan allows only contacts
        self._unknown_tries = {}  # type: dict[str, int]  # contact -> messages in a row that may have arrived
        self._repeated = []  # type: list[str]  # of these, those that were repeated because answers came again
        self._unconfirmed_ms = {}  # type: dict[str, int]  # contact -> when an alarm that may have arrived is repeated
        self._opened_ms = {}  # type: dict[str, int]  # contact -> since when it is or was open, if that is known
        self._asked_ms = None  # type: int | None  # when a person asked last
        self.due = []  # type: list[str]  # contacts whose message is due and waits
        self.try_ms = None  # type: int | None  # when the first of them is tried
        self.noted = {}  # type: dict[str, str]  # contact -> what is wrong with its last alarm, shown on the watches
        self._changed_notes = []  # type: list[str]
        for name in self.sensor_names:
            if shown[name] == MISSED:
                self._note(name, _NOT_SENT)

    def decide(self, now_ms: int, push_id: int) -> "list[Record]":
        """Return a message under `push_id` and its debit, if now is the time; else set `why` and `next_ms`."""
        if self._awaits_answer(now_ms):
            return []
        commands = self._abandon(now_ms, "no answer in time")
        shown_before = dict(self.shown)
        self.why, self.next_ms, self.due, self.try_ms = "", None, [], None
        self._transition(MATCHES)
        for name in self.sensor_names:
            state, at_ms = self._due(name, self.shown, now_ms)
            if at_ms is None:
                continue
            self._transition(DIFFERS)
            if at_ms <= now_ms:
                sent = self._message(name, state, now_ms)
                if not sent:
                    self.shown[name] = CLOSED  # without a closing message nothing is to be reported
                    self._note(name, "")
                    continue
                content = self._lasting_content(name, state)
                at_ms, why = self._next_slot_ms(name, state, content, now_ms)
                if at_ms is not None and at_ms <= now_ms:
                    shows = CLOSED if state == _LATE else state
                    push = InFlightPush(push_id, now_ms)
                    push.content = content
                    sent = {key: sent[key] for key in self._ledger.sendable(content, now_ms)}
                    commands += self._send(push, sent, {name: shows})
                    break
                self._mark_due(name, state)
                if not self.why or (at_ms is not None and (self.try_ms is None or at_ms < self.try_ms)):
                    self.try_ms, self.why = at_ms, why
            if at_ms is not None and (self.next_ms is None or at_ms < self.next_ms):
                self.next_ms = at_ms
        if self.in_flight is None and self.shown != shown_before:
            commands.append(SaveShown(self.name, dict(self.shown)))
        return commands

    def _due(self, name: str, shown: "Shown", now_ms: int) -> "tuple[str, int | None]":
        """Return what to report of a contact, and from when on; None if there is nothing to report."""
        contact, reported = self._contacts[name], shown[name]
        if contact.unknown or not contact.is_settled:
            return reported or CLOSED, None  # its present state is unknown
        if contact.value:
            held_ms = contact.held_ms(now_ms)
            self._opened_ms[name] = now_ms - held_ms
            at_ms = now_ms + max(0, self._rules[name]["after_ms"] - held_ms)
            return OPEN, None if reported == OPEN else at_ms
        if reported == MISSED or (reported is None and (self._is_unheard(name) or not closing_text(self._rules[name]))):
            return _LATE, now_ms
        return CLOSED, None if reported == CLOSED else now_ms

    def _is_unheard(self, name: str) -> bool:
        """Return whether the last alarm of a contact may not have arrived."""
        return self.noted.get(name) in (_NOT_SENT, _UNCONFIRMED)

    def _message(self, name: str, state: str, now_ms: int) -> "dict[str, str]":
        """Return the parameters of the message that is due, {} if none is to be sent."""
        rule = self._rules[name]
        if state == OPEN:
            held_ms = self._contacts[name].held_ms(now_ms)
            return open_message(rule, held_ms if held_ms > rule["after_ms"] + _IN_TIME_MS else None)
        if state == CLOSED:
            return closed_message(rule)
        if name not in self._opened_ms:
            return late_message(rule, None)
        open_ms = now_ms - self._contacts[name].held_ms(now_ms) - self._opened_ms[name]
        is_missed = open_ms > rule["after_ms"] + _IN_TIME_MS or self.noted.get(name) == _UNCONFIRMED
        return late_message(rule, open_ms) if is_missed else {}

    def _lasting_content(self, name: str, state: str) -> "dict[str, str]":
        """Return the message without a duration: if it is refused, it is not to be sent again a minute later."""
        rule = self._rules[name]
        if state == OPEN:
            return open_message(rule, None)
        return closed_message(rule) if state == CLOSED else late_message(rule, None)

    def on_pushover_reached(self, at_ms: int) -> None:
        """Repeat alarms that may have arrived once more without their wait: answers come again."""
        for name in self._unconfirmed_ms:
            if name not in self._repeated:
                self._repeated.append(name)
                self._unconfirmed_ms[name] = self.next_ms = at_ms

    def request(self, at_ms: int) -> "list[Record]":
        """Let alarms that wait be tried again at once, as a person asked; at most once in REQUESTED_MS."""
        if not self.due or (self._asked_ms is not None and at_ms < self._asked_ms + REQUESTED_MS):
            return []
        self._asked_ms = self.next_ms = at_ms
        self._unconfirmed_ms = {}
        return self.lift(at_ms)

    def _mark_due(self, name: str, state: str) -> None:
        """Note that a message is due and cannot be sent now; an alarm is missed until it is given."""
        self.due.append(name)
        if state == OPEN and self.shown[name] == CLOSED:
            self.shown[name] = MISSED
            self._note(name, _NOT_SENT)

    def _next_slot_ms(self, name: str, state: str, content: "dict[str, str]", now_ms: int) -> "tuple[int | None, str]":
        """Return when this message can be sent, and what delays it."""
        why = "budget"
        at_ms = self.budget.next_slot_ms(now_ms)
        if at_ms is not None and self._ledger.backoff.not_before_ms > at_ms:
            at_ms, why = self._ledger.backoff.not_before_ms, "backing off"
        if at_ms is not None and state != CLOSED and self._unconfirmed_ms.get(name, at_ms) > at_ms:
            at_ms, why = self._unconfirmed_ms[name], "backing off"
        if self.refusal is not None and "message" not in self._ledger.sendable(content, now_ms):
            at_ms, why = now_ms + self.refusal.left_ms(now_ms), "parked"
        return at_ms, why

    def _fresh_content(
        self, push: InFlightPush, shown: "Shown", now_ms: int
    ) -> "tuple[dict[str, str], dict[str, str]]":
        for name in push.shows:
            state, at_ms = self._due(name, shown, now_ms)
            shows = CLOSED if state == _LATE else state
            if shows == push.shows[name] and at_ms is not None and at_ms <= now_ms:
                return push.sent, push.shows
        return {}, {}

    def _on_end(self, push: InFlightPush, ending: "PushFinished") -> None:
        self.next_ms = ending.at_ms
        for name in push.shows:
            tries = self._unknown_tries.pop(name, 0) + 1
            self._unconfirmed_ms.pop(name, None)
            is_alarm = push.shows[name] == OPEN or self._is_unheard(name)
            if ending.outcome == UNKNOWN and (tries < _UNKNOWN_TRIES or is_alarm):
                self._unknown_tries[name] = tries
                if tries >= _UNKNOWN_TRIES:  # silence would be worse than a repetition, but not ten in a row
                    wait_ms = _UNCONFIRMED_MS << min(tries - _UNKNOWN_TRIES, _DOUBLINGS_MAX)
                    self._unconfirmed_ms[name] = ending.at_ms + wait_ms
                    self._note(name, _UNCONFIRMED)
            elif ending.outcome == UNKNOWN:
                self.shown[name] = push.shows[name]
                self._note(name, "")
            elif ending.outcome == DELIVERED:
                is_lost = ending.cause == UNREACHED and push.shows[name] == OPEN
                self._note(name, _UNREACHED if is_lost else "")
            elif push.shows[name] == OPEN and self.shown[name] == CLOSED:
                self.shown[name] = MISSED
                self._note(name, _NOT_SENT)
            if name not in self._unknown_tries and name in self._repeated:
                self._repeated.remove(name)

    def _end(self, ending: "PushFinished") -> "list[Record]":
        saves = super()._end(ending)
        backoff = self._ledger.backoff  # the quota of the month must not silence an alarm until its reset
        backoff.not_before_ms = min(backoff.not_before_ms, ending.at_ms + _WAIT_MAX_MS)
        return saves

    def _note(self, name: str, text: str) -> None:
        """Let the watches that show this contact also show what is wrong with its alarm; "" is nothing."""
        if self.noted.get(name, "") == text:
            return
        self.noted[name] = text
        self._contacts[name].note = " (%s)" % text if text else ""
        self._changed_notes.append(name)

    def pop_changed_notes(self) -> "list[str]":
        """Return the contacts whose text on the watches has changed by an alarm since the last call."""
        names, self._changed_notes = self._changed_notes, []
        return names
