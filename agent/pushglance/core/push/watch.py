"""One watch: what it shows, what differs from that, and the one push that may be in flight.

`shown` holds what is surely on the screen. A field that is part of a push is in doubt (None) before the first byte
leaves, until the answer: then it is the new value if that was delivered, the old one if the push surely changed
nothing, and stays None otherwise. A field in doubt differs from every truth, so it is sent again.
"""

from pushglance.core.commands import CancelPush, PushGlance, Reply, SavePause
from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT, LeaseAcquired, LeaseLost, PushFinished
from pushglance.core.pacing.budget import FLIGHT_MS, Budget
from pushglance.core.pacing.policy import build_pacing
from pushglance.core.pacing.sensor_quota import SensorQuota
from pushglance.core.pacing.staleness import StalenessCost
from pushglance.core.pacing.window import DailyWindow, RollingWindow
from pushglance.core.wall_clock import WallClock

from .glance import changed, compose, sensors_of
from .ledger import Ledger
from .pause import ENDLESS, Pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import Record
    from pushglance.core.plan_types import FieldPlan, WatchPlan
    from pushglance.core.sensors.sensor import Sensor

    from .push_request import Wish

FIRST_LOOK_MS = 10 * 1000  # after a start, topics may still bring the first value of a field


class Flight:
    """Hold the push in flight."""

    def __init__(self, push_id: int, at_ms: int, sent: "dict[str, str]", was_urgent: bool) -> None:
        self.push_id = push_id
        self.at_ms = at_ms
        self.sent = sent
        self.was_urgent = was_urgent
        self.replaced = {}  # type: dict[str, str | None]  # what was shown in the fields that are sent
        self.names = []  # type: list[str]  # of the sensors whose shares it is of
        self.wish = None  # type: Wish | None  # that it grants


class Watch:
    """Decide for one (user, device) when its glance is pushed."""

    def __init__(
        self,
        plan: "WatchPlan",
        sensors: "dict[str, Sensor]",
        wall: WallClock,
        memory: "dict[str, Any]",
        opened_ms: int,
        now_ms: int,
    ) -> None:
        self.name = plan["name"]
        self.sensor_names = sensors_of(plan["fields"])
        self._plan = plan
        self._sensors = sensors
        self.wall = wall
        self.budget = Budget(plan["pushes"], memory.get("debits", []), opened_ms, window_of(plan, wall))
        self._ledger = Ledger(plan, self.budget, wall, memory, now_ms)
        self._urgent_fields = [field["name"] for field in plan["fields"] if _is_urgent(field, sensors)]
        seen = [sensors[name] for name in self.sensor_names]
        self._shares = SensorQuota(seen, plan["pushes"])
        self.pacing = build_pacing(plan, StalenessCost(seen), memory.get("learnt", {}), now_ms)
        self._last_ms = self.budget.last_ms(now_ms)
        self._first_look_until_ms = now_ms + FIRST_LOOK_MS
        self.shown = dict(memory.get("shown", {}))  # type: dict[str, str | None]
        self._find_cleared()
        self._names_of = {field["name"]: sensors_of([field]) for field in plan["fields"]}
        self.pending = {}  # type: dict[str, str]
        self._pending_names = []  # type: list[str]  # of the sensors in the fields that differ
        self.flight = None  # type: Flight | None
        self.pause = Pause(memory.get("pause", {}), opened_ms)
        self._wish = None  # type: Wish | None
        self.elsewhere = ""  # of a watch that hubs share: who leads it, or why nobody can; "" while we do
        self._lease = 0
        self.why = ""  # what the pending change waits for: one word for status
        self.next_ms = None  # type: int | None
        self._is_urgent = False

    @property
    def parked(self) -> str:
        """Return why nothing is pushed until the settings change, "" if it is."""
        return self._ledger.parked

    def _find_cleared(self) -> None:
        """Find the fields that are shown, perhaps, and that the settings do not fill: they are to be blank."""
        filled = [field["name"] for field in self._plan["fields"]]
        self._cleared = [name for name in self.shown if name not in filled]
        self._glance = None  # type: dict[str, str] | None  # the truth, while nothing has moved since it was composed

    def urge(self, is_calm: bool) -> None:
        """Learn that something urgent has just changed, `is_calm` after a quiet minute."""
        self._is_urgent = True
        self.pacing.is_calm = self.pacing.is_calm or is_calm

    def moved(self) -> None:
        """Learn that the text of a sensor may have changed: the truth is composed anew."""
        self._glance = None

    def request_push(self, wish: "Wish") -> "list[Record]":
        """Take a wish; it is granted or refused when deciding, after the flight that may be out."""
        before, self._wish = self._wish, wish
        return [] if before is None else [Reply(before.request, 0, self.name, "a later request took its place")]

    def set_pause(self, now_ms: int, for_ms: int) -> "Record":
        """Begin a pause, or end it."""
        self.pause.set(now_ms, for_ms, self.wall)
        return self._save_pause()

    def _save_pause(self) -> "Record":
        for_ms, until_ms, until_wall_ms = self.pause.state()
        return SavePause(self.name, for_ms, until_ms, until_wall_ms)

    def share(self, event: "Any", now_ms: int) -> "list[Record]":
        """Take what the hubs that share this watch have agreed on: `LeaseAcquired`, `LeaseLost` or `ShownUnknown`."""
        if isinstance(event, LeaseAcquired):
            self._lead(event)
        elif isinstance(event, LeaseLost):
            return self._follow(now_ms, event.detail)
        else:
            self._doubt(event.names)
        return []

    def _lead(self, event: "LeaseAcquired") -> None:
        """Begin to push, knowing what the hubs know together."""
        self._lease, self.elsewhere = event.lease, ""
        self.budget.replace(event.debits)
        self._last_ms = self.budget.last_ms(event.at_ms)
        self.shown = dict(event.shown)
        self._find_cleared()
        self._ledger.backoff.clear(event.at_ms)
        self._ledger.park(event.parked, event.at_ms)

    def _follow(self, now_ms: int, detail: str) -> "list[Record]":
        """Push no more: another hub does, or nobody can, as `said`. What may be on its way may have arrived."""
        self.elsewhere = detail
        if self.flight is None:
            return []
        commands = [CancelPush(self.name, self.flight.push_id)]  # type: list[Record]
        return commands + self._end(self._given_up(now_ms, UNKNOWN, detail))

    def _doubt(self, names: "list[str]") -> None:
        """Learn that nobody knows what these fields show."""
        for name in names:
            self.shown[name] = None
            if self.flight is not None and name in self.flight.replaced:
                self.flight.replaced[name] = None
        self._find_cleared()

    def _stand_by(self) -> "list[Record]":
        self.pending, self._pending_names = {}, []
        self.pacing.rest()
        self.why, self.next_ms = "elsewhere", None
        if self._wish is None:
            return []
        wish, self._wish = self._wish, None
        return [Reply(wish.request, 0, self.name, self.elsewhere)]

    def decide(self, now_ms: int, push_id: int) -> "list[Record]":
        """Push now, under `push_id`, or set `next_ms` to when to ask again (None: when something changes)."""
        return self._stand_by() if self.elsewhere else self._weigh(now_ms, push_id)

    def _weigh(self, now_ms: int, push_id: int) -> "list[Record]":
        if self.flight is not None:
            self.pacing.see(now_ms, self.sensor_names)
            if now_ms < self.flight.at_ms + FLIGHT_MS:
                self.why, self.next_ms = "in flight", self.flight.at_ms + FLIGHT_MS
                return []
            commands = [CancelPush(self.name, self.flight.push_id)]  # type: list[Record]  # it must not leave later
            commands += self._end(self._given_up(now_ms, UNKNOWN, "no answer in time"))
            return commands + self.decide(now_ms, push_id)
        glance = self._truth()
        self.pending = changed(glance, self.shown)
        self._pending_names = self._names_in(self.pending)
        self.pacing.see(now_ms, self._pending_names)
        if self._wish is not None:
            return self._grant(self._wish, glance, now_ms, push_id)
        if not self.pending:
            self.pacing.rest()
            self._is_urgent, self.why, self.next_ms = False, "", None
            return []
        if not any([name in self.pending for name in self._urgent_fields]):
            self._is_urgent = False  # the door is shut again: what is left to tell can wait
        self.pacing.wait(now_ms, self._is_urgent)
        at_ms = self._push_at_ms(now_ms, len(glance) == len(self._plan["fields"]) + len(self._cleared))
        self.next_ms = at_ms
        if at_ms is None or at_ms > now_ms:
            return []
        return self._push(now_ms, push_id)

    def _grant(self, wish: "Wish", glance: "dict[str, str]", now_ms: int, push_id: int) -> "list[Record]":
        """Push what a person wants, or say why not and decide as if nobody had asked."""
        self._wish = None
        load = wish.load(self.pending, glance)
        detail = wish.refusal(self, now_ms, self._last_ms, self._ledger.backoff.not_before_ms)
        if not load:
            detail = "nothing to push: the watch shows the truth"
        if detail:
            commands = [Reply(wish.request, 0 if load else 1, self.name, detail)]  # type: list[Record]
            return commands + self.decide(now_ms, push_id)
        filled = [field["name"] for field in self._plan["fields"]]
        self._cleared += [name for name in load if name not in filled and name not in self._cleared]
        self._glance = None
        self.pending = load
        return self._push(now_ms, push_id, wish)

    def _truth(self) -> "dict[str, str]":
        """Return the glance as it should be, with the fields that the settings no longer fill cleared."""
        if self._glance is None:
            self._glance = compose(self._plan["fields"], self._sensors)
            for name in self._cleared:
                self._glance[name] = ""
        return self._glance

    def _names_in(self, fields: "dict[str, str]") -> "list[str]":
        """Return the names of the sensors in these fields, each once, in the order of the plan."""
        names = []  # type: list[str]
        for field in self._plan["fields"]:
            if field["name"] in fields:
                names += [name for name in self._names_of[field["name"]] if name not in names]
        return names

    def _push_at_ms(self, now_ms: int, is_complete: bool) -> "int | None":
        at_ms, self.why = self.pacing.push_at_ms(now_ms, self._last_ms, self.budget)
        if at_ms is None:
            return None
        share_ms = self._shares.next_slot_ms(now_ms, self._pending_names)
        if share_ms > at_ms:
            at_ms, self.why = share_ms, "share"
        if self._ledger.backoff.not_before_ms > at_ms:
            at_ms, self.why = self._ledger.backoff.not_before_ms, "parked" if self.parked else "backing off"
        if not self._is_urgent and not is_complete and self._first_look_until_ms > at_ms:
            at_ms, self.why = self._first_look_until_ms, "batching"
        paused_ms = self.pause.left_ms(now_ms)
        if paused_ms == ENDLESS:
            self.why = "paused"
            return None
        if now_ms + paused_ms > at_ms:
            at_ms, self.why = now_ms + paused_ms, "paused"
        return at_ms

    def _push(self, now_ms: int, push_id: int, wish: "Wish | None" = None) -> "list[Record]":
        self.flight = Flight(push_id, now_ms, {}, self._is_urgent)
        self.flight.wish = wish
        self.flight.names = self._pending_names if wish is None else []
        self._is_urgent = False
        self.why, self.next_ms = "in flight", now_ms + FLIGHT_MS
        return self._load(self.flight, self.pending, now_ms)

    def _load(self, flight: Flight, sent: "dict[str, str]", now_ms: int) -> "list[Record]":
        """Put these fields into the flight and book it; the same fields under the same id are booked already."""
        push = PushGlance(self.name, flight.push_id, sent, self._lease)
        if sent == flight.sent:
            return [push]
        self.shown.update(flight.replaced)
        flight.sent = sent
        self.pacing.pushed(now_ms)
        flight.replaced = {name: self.shown.get(name) for name in sent}
        for name in sent:
            self.shown[name] = None
        return [self._ledger.book(flight.push_id, now_ms, sent, self.shown), push]

    def renew(self, push_id: int, now_ms: int) -> "list[Record]":
        """Answer a courier whose attempt surely never left: the glance as it is now, or nothing to push any more."""
        flight = self.flight
        if flight is None or flight.push_id != push_id:
            return [CancelPush(self.name, push_id)]
        truly_shown = dict(self.shown)
        truly_shown.update(flight.replaced)
        truth = self._truth()
        self.pending = changed(truth, truly_shown)
        if flight.wish is not None:
            self.pending = flight.wish.load(self.pending, truth)
        if self.pending:
            flight.was_urgent, self._is_urgent = flight.was_urgent or self._is_urgent, False
            return self._load(flight, self.pending, now_ms)
        saves = self._end(self._given_up(now_ms, UNSENT, "the truth came back before it left"))
        self._ledger.backoff.clear(now_ms)
        saves.insert(0, CancelPush(self.name, push_id))
        return saves

    def finish(self, event: "PushFinished") -> "list[Record]":
        """Take the answer to a push."""
        if self.flight is not None and self.flight.push_id == event.push_id:
            return self._end(event)
        return self._ledger.end_late(event, self.shown)

    def _given_up(self, now_ms: int, outcome: str, detail: str) -> "PushFinished":
        """Return the end of a flight that nobody else will tell."""
        assert self.flight is not None
        return PushFinished(now_ms, self.name, self.flight.push_id, outcome, detail=detail)

    def _end(self, event: "PushFinished") -> "list[Record]":
        flight, outcome, at_ms = self.flight, event.outcome, event.at_ms
        assert flight is not None
        self.flight = None
        self.pacing.ended(outcome == DELIVERED, outcome != UNKNOWN)
        if outcome == DELIVERED:
            self.shown.update(flight.sent)
        else:
            self._is_urgent = self._is_urgent or flight.was_urgent
            if outcome != UNKNOWN:
                self.shown.update(flight.replaced)
        if outcome != UNSENT:
            self._last_ms = at_ms
            self._shares.book(flight.names, at_ms, self.budget.until_ms(at_ms))
        saves = self._ledger.end(event, self.shown)
        if flight.wish is not None:
            detail = flight.wish.ending(self, at_ms, outcome, event.detail)
            saves.append(Reply(flight.wish.request, 1 if outcome == DELIVERED else 0, self.name, detail))
        return saves

    def clock_set(self, at_ms: int, wall_ms: int) -> "list[Record]":
        """Credit down-time and note the wall times of debits anew."""
        saves = self._ledger.clock_set(at_ms, wall_ms)
        self.pacing.set_clock(at_ms, self.wall.local_ms(at_ms) - at_ms)
        if self.pause.clock_set(at_ms, wall_ms):
            saves.append(self._save_pause())
        return saves


def window_of(plan: "WatchPlan", wall: WallClock) -> "RollingWindow | DailyWindow":
    """Return over which time the budget of a watch counts."""
    return RollingWindow() if plan["resets_at_s"] < 0 else DailyWindow(plan["resets_at_s"], wall)


def _is_urgent(field: "FieldPlan", sensors: "dict[str, Sensor]") -> bool:
    return any([sensors[name].is_urgent for name in sensors_of([field])])
