"""Pushover and the watch, simulated: what arrives, what is answered, and what the screen really shows."""

from dataclasses import dataclass, field

from pushglance.core.commands import CancelPush
from pushglance.core.events import (
    DELIVERED,
    REFUSED,
    THROTTLED,
    UNKNOWN,
    UNSENT,
    PushDelayed,
    PushFinished,
)

MINUTE = 60_000
ATTEMPTS = 3  # as the real courier


@dataclass
class Arrival:
    """Hold one push that reached the watch."""

    at_ms: int
    push_id: int
    glance: dict
    repeated: list  # fields that were on the screen already, although the agent could know


@dataclass
class Account:
    """Be the network, Pushover and the watch of one user, whatever becomes of the agent."""

    clockwork: object
    luck: object
    trouble: float  # how often something goes wrong, 0 to 1
    screen: dict = field(default_factory=dict)
    arrivals: list = field(default_factory=list)
    doubtful: set = field(default_factory=set)  # fields of which the agent cannot know what the screen shows
    doubtful_before: dict = field(default_factory=dict)  # push id -> the same before that push was booked
    is_reachable: bool = True
    last_trouble_ms: int = -10 * MINUTE
    patient_until_ms: int = 0  # refused or throttled: the agent may rightly be silent

    def arrive(self, push_id, glance):
        """Show a push on the watch."""
        doubtful = self.doubtful_before.get(push_id, set())
        repeated = [name for name, text in glance.items() if self.screen.get(name) == text and name not in doubtful]
        self.arrivals.append(Arrival(self.clockwork.now_ms, push_id, dict(glance), repeated))
        self.screen.update(glance)

    def book(self, push_id, sent):
        """See a debit reach the card: from here on only an answer tells what these fields show."""
        self.doubtful_before.setdefault(push_id, set(self.doubtful))
        self.doubtful = self.doubtful_before[push_id] | set(sent)

    def settle(self, push_id, glance, outcome):
        """See an answer reach the card: what is known of it is no longer in doubt."""
        if outcome == DELIVERED:
            self.doubtful -= set(glance)
        elif outcome != UNKNOWN:
            self.doubtful = set(self.doubtful_before.get(push_id, ()))

    def draw(self):
        """Return what becomes of the next request: (outcome, does it reach the watch, wait_ms)."""
        if self.luck.random() >= self.trouble:
            return DELIVERED, True, 0
        self.last_trouble_ms = self.clockwork.now_ms
        return self.luck.choice(
            [
                (UNKNOWN, True, 0),
                (UNKNOWN, True, 0),
                (UNKNOWN, False, 0),
                (UNSENT, False, 0),
                (THROTTLED, False, self.luck.choice([0, 90 * MINUTE])),
                (REFUSED, False, 0),
            ]
        )


class SimulatedCourier:
    """Carry orders to the account, as the real courier does: attempts that never left ask for the freshest glance."""

    def __init__(self, machine, account):
        self._machine = machine
        self._account = account
        self._clockwork = account.clockwork
        self._luck = account.luck
        self._process = machine.process
        self._order = None
        self._attempt = 0

    def start(self):
        """Do nothing: orders come by `take`."""

    def stop(self):
        """Do nothing: whoever started us is gone."""

    def take(self, order):
        """Accept an order, or a reply to a question."""
        if isinstance(order, CancelPush):
            self._order = None
            return
        is_reply = self._order is not None and self._order.push_id == order.push_id
        self._order = order
        self._attempt = self._attempt + 1 if is_reply else 1
        if self._luck.random() < 0.3:
            self._send(order)  # gone before anything else happens, even if the power goes with the next step
        else:
            self._clockwork.after(self._luck.randrange(5, 2000), self._send, order)
        self._machine.perhaps_cut_power()

    def _is_alive(self):
        return self._machine.process == self._process

    def _send(self, order):
        if not self._is_alive() or self._order is not order:
            return
        account = self._account
        outcome, reaches, wait_ms = account.draw() if account.is_reachable else (UNSENT, False, 0)
        if outcome == UNSENT:
            account.last_trouble_ms = self._clockwork.now_ms
            if self._attempt < ATTEMPTS:
                self._tell(PushDelayed(self._machine.monotonic_ms(), order.watch, order.push_id))
            else:
                self._finish(order, outcome, 0)
            return
        if reaches:
            account.arrive(order.push_id, order.glance)
        delay_ms = self._luck.choice([30, 200, 3000, 30_000]) if outcome == UNKNOWN else self._luck.randrange(20, 400)
        self._clockwork.after(delay_ms, self._answer, order, outcome, wait_ms)

    def _answer(self, order, outcome, wait_ms):
        if self._is_alive() and self._order is order:
            self._finish(order, outcome, wait_ms)

    def _finish(self, order, outcome, wait_ms):
        self._order = None
        now_ms = self._clockwork.now_ms
        if outcome == REFUSED:
            self._account.patient_until_ms = now_ms + 12 * 60 * MINUTE
        if outcome == THROTTLED:
            self._account.patient_until_ms = now_ms + (wait_ms or 6 * 60 * MINUTE)
        self._machine.expect_saved(order, outcome)
        jitter = self._luck.randrange(1024)
        self._tell(PushFinished(self._machine.monotonic_ms(), order.watch, order.push_id, outcome, jitter, wait_ms))

    def _tell(self, fact):
        self._machine.put(fact)
