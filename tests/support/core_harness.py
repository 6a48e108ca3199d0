"""A harness for the core alone: feeds facts, plays a Pushover, keeps what the watch really shows."""

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.decider import Decider
from pushglance.core.events import DELIVERED, PushFinished, TimePassed


class CoreHarness:
    """Run a Decider and answer each push at once with `outcome`, unless it is None."""

    def __init__(self, plan, memory=None, now_ms=0, outcome=DELIVERED):
        self.plan = plan
        self.decider = Decider(plan, memory or {}, now_ms)
        self.now_ms = now_ms
        self.outcome = outcome
        self.commands = []
        self.pushes = []  # (at_ms, watch, glance) of every PushGlance
        self.screens = {}

    def feed(self, *events):
        """SimulatorInput in facts, then let the core decide at the last one's instant."""
        for event in events:
            self._carry_out(self.decider.handle(event))
            self.now_ms = max(self.now_ms, event.at_ms)
        self.pass_to(self.now_ms)

    def pass_to(self, until_ms):
        """Wake the core at each of its deadlines up to `until_ms`, as the loop does."""
        for _ in range(100_000):
            deadline = self.decider.deadline_ms()
            at_ms = until_ms if deadline is None else min(until_ms, max(deadline, self.now_ms))
            self.now_ms = at_ms
            self._carry_out(self.decider.handle(TimePassed(at_ms)))
            after = self.decider.deadline_ms()
            if at_ms >= until_ms and (after is None or after > until_ms):
                return
        raise AssertionError("the core wants to be called for ever")

    def _carry_out(self, commands):
        self.commands += commands
        for command in commands:
            if isinstance(command, CancelPush):
                continue
            if isinstance(command, PushGlance):
                self.pushes.append((self.now_ms, command.watch, command.glance))
                if self.outcome is not None:
                    self.answer(command, self.outcome)

    def answer(self, push, outcome, after_ms=0, wait_ms=0, detail=""):
        """Let the answer to a push come home."""
        if outcome == DELIVERED:
            self.screens.setdefault(push.watch, {}).update(push.glance)
        self._carry_out(
            self.decider.handle(
                PushFinished(self.now_ms + after_ms, push.watch, push.push_id, outcome, 0, wait_ms, detail)
            )
        )

    def last_push(self):
        """Return the newest PushGlance order."""
        return [command for command in self.commands if isinstance(command, PushGlance)][-1]

    def watch(self, name="watch"):
        """Return one of the core's watches."""
        return next(watch for watch in self.decider.watches if watch.name == name)
