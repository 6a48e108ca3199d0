"""The laws, checked on what reaches the server; nothing here shares code or a number with the product."""

from collections import Counter
from dataclasses import dataclass, field

from .answers import Answer
from .virtual_time import DAY, HOUR, MINUTE, SECOND

NEVER_OVER, NEVER_TWICE, NEVER_OLDER = "never over", "never twice", "never an older state"
FINALLY_TRUE, COUNTED, POLITE, ENDS, RUNS = "finally true", "counted", "polite", "every wait ends", "runs"
EXCHANGE_MAX_NS = 3 * MINUTE
IDLE_MAX_NS = 70 * SECOND  # a router forgets an idle connection
_STATUS_LAG_NS = MINUTE  # the daemon writes its status at least every half minute


@dataclass
class Screen:
    """What the watch shows, and of which fields the daemon can be certain."""

    fields: dict[str, str] = field(default_factory=dict)
    certain: dict[str, bool] = field(default_factory=dict)
    newest_step: int = 0


class Laws:
    """Note what happens to one watch, and collect what breaks a law."""

    def __init__(self, pushes: int, violations: list[tuple[str, str]]) -> None:
        self._pushes = pushes
        self.violations = violations
        self.arrivals_ns: list[int] = []
        self.answers: Counter[str] = Counter()
        self.screen = Screen()
        self._not_before_ns = 0
        self._asked_by = ""
        self._last: tuple[int, dict[str, str]] = (0, {})
        self._start_ns = 0

    def violate(self, law: str, at_ns: int, detail: str) -> None:
        """Note a violation."""
        self.violations.append((law, f"day {at_ns / DAY:.4f}: {detail}"))

    def on_start(self, at_ns: int) -> None:
        """A process starts: it need not know what an answer asked an earlier one to wait for."""
        self._start_ns = at_ns
        self._not_before_ns = 0

    def on_kill(self, at_ns: int) -> None:
        """A process was killed: it may not have noted the last answer."""
        arrived_ns, fields = self._last
        if at_ns - arrived_ns < 10 * SECOND:
            self.screen.certain.update(dict.fromkeys(fields, False))

    def forget_screen(self) -> None:
        """The daemon cannot know what is shown: its store was lost, or a push that the server has not seen."""
        self.screen.certain = {}

    def on_arrival(self, at_ns: int, glance: dict[str, str], answer: Answer, idle_ns: int) -> None:
        """Check a complete request; it counts, whatever the answer is."""
        self.answers[answer.name] += 1
        if answer.is_counted:
            self.arrivals_ns.append(at_ns)
        if len(self.arrivals_ns) > self._pushes:
            gap_ns = at_ns - self.arrivals_ns[-1 - self._pushes]
            if gap_ns < DAY:
                self.violate(NEVER_OVER, at_ns, f"{self._pushes + 1} pushes in {gap_ns / HOUR:.2f} h")
        self._check_content(at_ns, glance)
        if at_ns < self._not_before_ns:
            early_s = (self._not_before_ns - at_ns) / SECOND
            self.violate(POLITE, at_ns, f"{early_s:.1f} s sooner than {self._asked_by!r} asked for")
        if idle_ns > IDLE_MAX_NS:
            self.violate(ENDS, at_ns, f"a connection was used again after {idle_ns / SECOND:.0f} s without traffic")
        self._last = at_ns, glance
        for name, text in glance.items():
            if answer.is_shown:
                self.screen.fields[name] = text
            self.screen.certain[name] = False
        # Counted from the arrival: an answer that takes longer only asks for more.
        self._not_before_ns, self._asked_by = at_ns + int(answer.wait_s * SECOND), answer.name

    def on_answered(self, glance: dict[str, str], answer: Answer) -> None:
        """Note that a whole answer was sent: the daemon knows whether the push is shown if the answer is clear."""
        if answer.is_clear:
            self.screen.certain.update(dict.fromkeys(glance, True))

    def _check_content(self, at_ns: int, glance: dict[str, str]) -> None:
        screen = self.screen
        repeated = [n for n, text in glance.items() if screen.certain.get(n) and screen.fields.get(n) == text]
        if repeated:
            self.violate(NEVER_TWICE, at_ns, f"{glance}: {', '.join(repeated)} was on the watch already")
        if not glance:
            self.violate(NEVER_TWICE, at_ns, "a push without content")
        step = int(glance.get("subtext", "s0").lstrip("s") or 0)
        if 0 < step < screen.newest_step:
            self.violate(NEVER_OLDER, at_ns, f"step {step} after {screen.newest_step}")
        screen.newest_step = max(step, screen.newest_step)

    def check_count(self, at_ns: int, left: int) -> None:
        """Check that an idle daemon counts what has arrived."""
        if at_ns - self._start_ns < 2 * _STATUS_LAG_NS:
            return
        if self.arrivals_ns and at_ns - self.arrivals_ns[-1] < _STATUS_LAG_NS:
            return
        spent = sum(at_ns - DAY + _STATUS_LAG_NS < arrived_ns for arrived_ns in self.arrivals_ns)
        if left + spent > self._pushes:
            self.violate(COUNTED, at_ns, f"{spent} pushes arrived in 24 h, and {left} are left of {self._pushes}")

    def check_exchange(self, at_ns: int, began_ns: int | None, answer: str) -> None:
        """Check how long an exchange has lasted."""
        if began_ns is not None and at_ns - began_ns > EXCHANGE_MAX_NS:
            self.violate(ENDS, at_ns, f"an exchange lasted {(at_ns - began_ns) / SECOND:.0f} s ({answer!r})")

    def check_truth(self, at_ns: int, truth: dict[str, str], log: str) -> None:
        """Check that the watch shows the truth, after a day without changes and faults."""
        wrong = {name: (self.screen.fields.get(name), text) for name, text in truth.items()}
        wrong = {name: pair for name, pair in wrong.items() if pair[0] != pair[1]}
        if wrong:
            self.violate(FINALLY_TRUE, at_ns, f"(shown, true) {wrong}\n{log}")
