"""The life cycle of a push, shared by watches and alerts: one table of transitions and the class that follows it.

A push target has at most one push in flight. The fields of that push are uncertain (None in `shown`) from before its
first byte leaves until its answer. An uncertain field differs from every value, so it is sent again.
"""

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT, PushFinished
from pushglance.core.pacing.budget import FLIGHT_MS

from .ledger import Ledger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import Record
    from pushglance.core.pacing.budget import Budget
    from pushglance.core.plan_types import PushTargetPlan
    from pushglance.core.wall_clock import WallClock

    from .ledger import Shown
    from .push_request import PushRequest
    from .refusal import Refusal

# States
IDLE = "idle"  # nothing to push
WAITING = "waiting"  # what is shown differs; a push waits for pacing, budget or backoff
IN_FLIGHT = "in flight"  # with the courier, no answer yet
RETRYING = "retrying"  # an attempt surely never left; the courier tries again with fresh content
PARKED = "parked"  # like idle and waiting, while a refusal of Pushover stands: see `refusal`

# Events; the outcomes of a push (`DELIVERED` ...) are events, too
MATCHES = "matches"  # what should be shown is shown
DIFFERS = "differs"  # it is not shown
SENT = "sent"  # a push was debited and handed to the courier
RETRIED = "retried"  # the courier asks for fresh content

# What is shown afterwards, in the fields of the push
SAME = "same"  # as before the event
UNCERTAIN = "uncertain"  # None until the answer, or for good
NEW = "new"  # the content of the push
PREVIOUS = "previous"  # what was shown before the push

_AT_REST = (IDLE, WAITING, PARKED)
_UNDER_WAY = (IN_FLIGHT, RETRYING)

# event: (states in which it may occur, next state, what is shown)
# While a refusal stands, PARKED takes the place of IDLE and WAITING as the next state.
TRANSITIONS = {
    MATCHES: (_AT_REST, IDLE, SAME),
    DIFFERS: (_AT_REST, WAITING, SAME),
    SENT: (_AT_REST, IN_FLIGHT, UNCERTAIN),
    RETRIED: (_UNDER_WAY, RETRYING, UNCERTAIN),
    DELIVERED: (_UNDER_WAY, IDLE, NEW),
    UNSENT: (_UNDER_WAY, IDLE, PREVIOUS),  # also if nothing differs any more before the push has left
    UNKNOWN: (_UNDER_WAY, IDLE, UNCERTAIN),  # also without an answer in time, or if another hub pushes from now on
    THROTTLED: (_UNDER_WAY, IDLE, PREVIOUS),
    REFUSED: (_UNDER_WAY, PARKED, PREVIOUS),
}


class InFlightPush:
    """The push in flight: what is sent, and what the target shows once that is delivered."""

    def __init__(self, push_id: int, at_ms: int, request: "PushRequest | None" = None) -> None:
        self.push_id = push_id
        self.at_ms = at_ms
        self.sent = {}  # type: dict[str, str]  # parameters of Pushover's API
        self.content = {}  # type: dict[str, str]  # of `sent` what a refusal is about; empty: all of it
        self.shows = {}  # type: dict[str, str]  # what is shown once it is delivered
        self.replaced = {}  # type: Shown  # what was shown before, under the same names
        self.was_urgent = False
        self.sensor_names = []  # type: list[str]  # sensors whose quota it counts against
        self.request = request  # the request of a person that this push serves


class PushTarget:
    """A receiver of pushes, one at a time: the common part of a watch and of alerts.

    Subclasses decide when to send and what (`_fresh_content`). `next_ms` is when to decide again, None: after a change.
    """

    refusal_ms = 12 * 3600 * 1000  # then one try: the account may have been fixed

    def __init__(
        self,
        plan: "PushTargetPlan",
        budget: "Budget",
        wall: "WallClock",
        memory: "dict[str, Any]",
        shown: "Shown",
        opened_ms: int,
        now_ms: int,
    ) -> None:
        self.name = plan["name"]
        self.wall = wall
        self.budget = budget
        self.shown = shown
        self.state = IDLE
        self.in_flight = None  # type: InFlightPush | None
        self.why = ""  # why a push waits: a key of words.WAIT_TEXTS, or ""
        self.next_ms = now_ms  # type: int | None
        self._ledger = Ledger(plan, budget, wall, memory, opened_ms, now_ms)
        self._lease = 0  # number of the lease under which this hub pushes; 0: no cluster

    @property
    def parked(self) -> str:
        """Return Pushover's reason for a refusal that still stands, else ""."""
        return "" if self._ledger.refusal is None else self._ledger.refusal.detail

    @property
    def refusal(self) -> "Refusal | None":
        """Return the refusal that still stands."""
        return self._ledger.refusal  # type: ignore[no-any-return]

    @property
    def last(self) -> "PushFinished | None":
        """Return how the last push of this process ended."""
        return self._ledger.last

    def lift(self, at_ms: int) -> "list[Record]":
        """Let what failed or was refused be tried again at once: a person has reloaded the settings."""
        return self._ledger.lift(at_ms)

    def stop(self, at_ms: int) -> "list[Record]":
        """Let what was refused be tried again once after the next start: a person may fix the account meanwhile."""
        return self._ledger.stop(at_ms)

    def _transition(self, event: str) -> None:
        """Enter the next state."""
        states, state = TRANSITIONS[event][:2]
        assert self.state in states, "%s: %s while %s" % (self.name, event, self.state)
        self.state = PARKED if self.parked and state in (IDLE, WAITING) else state

    def _send(self, push: InFlightPush, sent: "dict[str, str]", shows: "dict[str, str]") -> "list[Record]":
        """Return the commands that debit `push` and hand it to the courier."""
        self._transition(SENT)
        self.in_flight = push
        self.why, self.next_ms = IN_FLIGHT, push.at_ms + FLIGHT_MS
        return self._load(push, sent, shows, push.at_ms)

    def _load(self, push: InFlightPush, sent: "dict[str, str]", shows: "dict[str, str]", now_ms: int) -> "list[Record]":
        """Put content into a push. Its debit is saved again only if the content differs."""
        command = PushGlance(self.name, push.push_id, sent, self._lease)
        if sent == push.sent:
            return [command]
        self.shown.update(push.replaced)
        push.sent, push.shows = sent, shows
        push.replaced = {name: self.shown.get(name) for name in shows}
        for name in shows:
            self.shown[name] = None
        return [self._ledger.debit(push.push_id, now_ms, sent, self.shown), command]

    def retry(self, push_id: int, now_ms: int) -> "list[Record]":
        """Return fresh content for a push whose last attempt surely never left, or cancel it if nothing differs."""
        push = self.in_flight
        if push is None or push.push_id != push_id:
            return [CancelPush(self.name, push_id)]
        self._transition(RETRIED)
        shown_before = dict(self.shown)
        shown_before.update(push.replaced)
        sent, shows = self._fresh_content(push, shown_before, now_ms)
        if sent:
            return self._load(push, sent, shows, now_ms)
        saves = self._end_without_answer(UNSENT, now_ms, "nothing differed any more before it left")
        self._ledger.backoff.clear(now_ms)
        saves.insert(0, CancelPush(self.name, push_id))
        return saves

    def _fresh_content(
        self, push: InFlightPush, shown: "Shown", now_ms: int
    ) -> "tuple[dict[str, str], dict[str, str]]":
        """Return what `push` should send and show now, given what is `shown` without it; ({}, {}) if nothing."""
        raise NotImplementedError

    def finish(self, event: PushFinished) -> "list[Record]":
        """Return the commands that follow the answer to a push."""
        if self.in_flight is not None and self.in_flight.push_id == event.push_id:
            return self._end(event)
        return self._ledger.finish_late(event, self.shown)

    def _awaits_answer(self, now_ms: int) -> bool:
        """Return True while the push in flight may still be answered; `next_ms` is its time limit then."""
        if self.in_flight is None:
            return False
        self.next_ms = self.in_flight.at_ms + FLIGHT_MS
        return now_ms < self.next_ms

    def _abandon(self, now_ms: int, detail: str) -> "list[Record]":
        """End the push in flight, if there is one. It may have arrived; what has not left yet must not leave later."""
        if self.in_flight is None:
            return []
        commands = [CancelPush(self.name, self.in_flight.push_id)]  # type: list[Record]
        return commands + self._end_without_answer(UNKNOWN, now_ms, detail)

    def _end_without_answer(self, outcome: str, now_ms: int, detail: str) -> "list[Record]":
        assert self.in_flight is not None, self.name
        return self._end(PushFinished(now_ms, self.name, self.in_flight.push_id, outcome, detail=detail))

    def _end(self, ending: PushFinished) -> "list[Record]":
        """End the push in flight; `ending` goes to the ledger."""
        push = self.in_flight
        assert push is not None, self.name
        shown = TRANSITIONS[ending.outcome][2]
        if shown == NEW:
            self.shown.update(push.shows)
        elif shown == PREVIOUS:
            self.shown.update(push.replaced)
        self.in_flight = None
        self._on_end(push, ending)
        saves = self._ledger.finish(ending, push.content or push.sent, self.shown, self.refusal_ms)
        self._transition(ending.outcome)
        return saves

    def _on_end(self, push: InFlightPush, ending: PushFinished) -> None:
        """Update what the subclass knows about an ended push, before the ledger is saved."""

    def clock_set(self, at_ms: int, wall_ms: int) -> "list[Record]":
        """Credit down-time and update the wall times of debits."""
        return self._ledger.clock_set(at_ms, wall_ms)
