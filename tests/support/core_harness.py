"""A harness for the core alone: it feeds events, answers pushes, and records what the watch shows."""

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
        self.outcomes = {}  # push target -> its own outcome
        self.commands = []
        self.pushes = []  # (at_ms, watch, glance) of every PushGlance
        self.screens = {}

    def feed(self, *events):
        """Handle events, then let the core decide at the instant of the last one."""
        for event in events:
            self._execute(self.decider.handle(event))
            self.now_ms = max(self.now_ms, event.at_ms)
        self.pass_to(self.now_ms)

    def pass_to(self, until_ms):
        """Wake the core at each of its deadlines up to `until_ms`, like the loop."""
        for _ in range(100_000):
            deadline = self.decider.deadline_ms()
            at_ms = until_ms if deadline is None else min(until_ms, max(deadline, self.now_ms))
            self.now_ms = at_ms
            self._execute(self.decider.handle(TimePassed(at_ms)))
            after = self.decider.deadline_ms()
            if at_ms >= until_ms and (after is None or after > until_ms):
                return
        raise AssertionError("the core never stops deciding")

    def _execute(self, commands):
        self.commands += commands
        for command in commands:
            if isinstance(command, CancelPush):
                continue
            if isinstance(command, PushGlance):
                self.pushes.append((self.now_ms, command.watch, command.glance))
                outcome = self.outcomes.get(command.watch, self.outcome)
                if outcome is not None:
                    self.answer(command, outcome)

    def answer(self, push, outcome, after_ms=0, wait_ms=0, detail="", cause=""):
        """Deliver the answer to a push."""
        if outcome == DELIVERED:
            self.screens.setdefault(push.watch, {}).update(push.glance)
        self._execute(
            self.decider.handle(
                PushFinished(self.now_ms + after_ms, push.watch, push.push_id, outcome, 0, wait_ms, detail, cause)
            )
        )

    def last_push(self):
        """Return the last PushGlance command."""
        return [command for command in self.commands if isinstance(command, PushGlance)][-1]

    def watch(self, name="watch"):
        """Return one of the core's watches."""
        return next(watch for watch in self.decider.watches if watch.name == name)
