"""Messages: what must be noticed, told once, and once more when it is over. Glances are for what may be late.

It works as a watch does: what was told of each contact is kept, what should be told follows from the contact as it is
now, and where they differ a message is booked (in a small ledger of its own), sent, and told or tried again. So a door
that is closed before its message could leave sends none, and one message follows an outage, not ten.
"""

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT, PushFinished
from pushglance.core.pacing.budget import FLIGHT_MS, Budget

from .ledger import Ledger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import Record
    from pushglance.core.plan_types import LeftOpenPlan, MessagesPlan
    from pushglance.core.sensors.sensor import Sensor
    from pushglance.core.wall_clock import WallClock

_OPEN = "open"  # told: it was left open
_OVER = ""  # told: it is closed again; also what was never told
_TRIES = 3  # of a message that may have arrived: twice told is better than not at all, ten times is not


class _Flight:
    """Hold the message in flight: by which rule, what it tells, and what had been told before."""

    def __init__(self, push_id: int, at_ms: int, rule: "LeftOpenPlan", tells: str, before: "str | None") -> None:
        self.push_id = push_id
        self.at_ms = at_ms
        self.rule = rule
        self.tells = tells
        self.before = before


class AlertSender:
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
        self.name = plan["name"]
        self.sensor_names = [rule["sensor"] for rule in plan["left_open"]]
        self._plan = plan
        self._contacts = {name: sensors[name] for name in self.sensor_names}  # type: Any  # the Plan lets in contacts only
        self.budget = Budget(plan["pushes"], memory.get("debits", []), opened_ms)
        self._ledger = Ledger(plan, self.budget, wall, memory, now_ms)
        told = memory.get("shown", {})
        self.told = {name: told.get(name, _OVER) for name in self.sensor_names}  # type: dict[str, str | None]
        self._doubts = {}  # type: dict[str, int]  # contact -> messages in a row that may have arrived
        self.flight = None  # type: _Flight | None
        self.why = ""  # what a message waits for: one word for status
        self.next_ms = now_ms  # type: int | None  # when to decide again; None: when a contact changes

    @property
    def parked(self) -> str:
        """Return why nothing is sent until the settings change, "" if it is."""
        return self._ledger.parked

    def decide(self, now_ms: int, push_id: int) -> "list[Record]":
        """Send a message now, under `push_id`, or set `next_ms`."""
        commands = []  # type: list[Record]
        if self.flight is not None:
            if now_ms < self.flight.at_ms + FLIGHT_MS:
                self.next_ms = self.flight.at_ms + FLIGHT_MS
                return commands
            commands.append(CancelPush(self.name, self.flight.push_id))  # it must not leave later
            commands += self._end(self.flight, self._given_up(now_ms, UNKNOWN, "no answer in time"))
        self.why, self.next_ms = "", None
        for rule in self._plan["left_open"]:
            tells, at_ms = self._truth(rule, now_ms)
            if at_ms is None:
                continue
            if at_ms <= now_ms:
                at_ms = self._free_at_ms(now_ms)
                if at_ms is not None and at_ms <= now_ms:
                    return commands + self._send(rule, tells, now_ms, push_id)
            if at_ms is not None and (self.next_ms is None or at_ms < self.next_ms):
                self.next_ms = at_ms
        return commands

    def _truth(self, rule: "LeftOpenPlan", now_ms: int) -> "tuple[str, int | None]":
        """Return what is to be told of a contact and from when on; None if there is nothing to tell."""
        contact = self._contacts[rule["sensor"]]
        told = self.told[rule["sensor"]]  # None: perhaps
        if contact.is_unavailable or not contact.is_settled:
            return told or _OVER, None  # nobody knows: what was so before may have changed
        if contact.value:
            at_ms = now_ms + max(0, rule["after_ms"] - contact.held_ms(now_ms))
            return _OPEN, None if told == _OPEN else at_ms
        return _OVER, None if told == _OVER else now_ms

    def _free_at_ms(self, now_ms: int) -> "int | None":
        self.why = "budget"
        at_ms = self.budget.next_slot_ms(now_ms)
        if at_ms is not None and self._ledger.backoff.not_before_ms > at_ms:
            self.why = "parked" if self.parked else "backing off"
            return self._ledger.backoff.not_before_ms
        return at_ms

    def _send(self, rule: "LeftOpenPlan", tells: str, now_ms: int, push_id: int) -> "list[Record]":
        name = rule["sensor"]
        self.flight = _Flight(push_id, now_ms, rule, tells, self.told[name])
        self.why, self.next_ms = "in flight", now_ms + FLIGHT_MS
        self.told[name] = None
        sent = _fields(rule, tells)
        return [self._ledger.book(push_id, now_ms, sent, self.told), PushGlance(self.name, push_id, sent)]

    def renew(self, push_id: int, now_ms: int) -> "list[Record]":
        """Answer a courier whose attempt surely never left: the same message, or none if it is no longer true."""
        flight = self.flight
        if flight is None or flight.push_id != push_id:
            return [CancelPush(self.name, push_id)]
        name = flight.rule["sensor"]
        self.told[name] = flight.before
        tells, at_ms = self._truth(flight.rule, now_ms)
        self.told[name] = None
        if tells == flight.tells and at_ms is not None and at_ms <= now_ms:
            return [PushGlance(self.name, push_id, _fields(flight.rule, tells))]
        saves = self._end(flight, self._given_up(now_ms, UNSENT, "the truth came back before it left"))
        self._ledger.backoff.clear(now_ms)
        saves.insert(0, CancelPush(self.name, push_id))
        return saves

    def finish(self, event: "PushFinished") -> "list[Record]":
        """Take the answer to a message."""
        if self.flight is not None and self.flight.push_id == event.push_id:
            return self._end(self.flight, event)
        return self._ledger.end_late(event, self.told)

    def _given_up(self, now_ms: int, outcome: str, detail: str) -> "PushFinished":
        """Return the end of a flight that nobody else will tell."""
        assert self.flight is not None
        return PushFinished(now_ms, self.name, self.flight.push_id, outcome, detail=detail)

    def _end(self, flight: _Flight, event: "PushFinished") -> "list[Record]":
        self.flight, self.next_ms = None, event.at_ms
        name = flight.rule["sensor"]
        doubts = self._doubts.pop(name, 0)
        if event.outcome == DELIVERED:
            self.told[name] = flight.tells
        elif event.outcome == UNKNOWN:
            self._doubts[name] = doubts + 1
            self.told[name] = flight.tells if doubts + 1 >= _TRIES else None
        else:
            self.told[name] = flight.before
        return self._ledger.end(event, self.told)

    def clock_set(self, at_ms: int, wall_ms: int) -> "list[Record]":
        """Credit down-time, and know anew how long a contact has been open."""
        self.next_ms = at_ms
        return self._ledger.clock_set(at_ms, wall_ms)


def _fields(rule: "LeftOpenPlan", tells: str) -> "dict[str, str]":
    """Return the parameters of Pushover's Messages API."""
    if tells == _OPEN:
        return {"message": rule["message"], "priority": str(rule["priority"])}
    return {"message": rule["closed"], "priority": str(min(0, rule["priority"]))}  # good news makes no alarm
