"""Simulate one screen in virtual time, with a policy that decides when to push."""

from collections.abc import Iterator
from typing import Protocol

from pushglance.replay.trace import CONTACT, Trace

from .budgets import PolicyBudget


class Screen:
    """The state that a policy can read: the present and the past, never the future of the trace."""

    def __init__(self, trace: Trace, budget: PolicyBudget) -> None:
        self.sensors = trace.sensors
        self.budget = budget
        self._weights = [float(weight) for weight in trace.weights]
        self._significant_changes = [float(change) for change in trace.significant_changes]
        self.is_urgent_contact = [sensor.is_urgent and sensor.kind == CONTACT for sensor in trace.sensors]
        self.actual = [float(value) for value in trace.first]
        self.shown = list(self.actual)
        self.now_ms = 0
        self.last_push_ms: int | None = None
        self.wrong_since_ms: int | None = None  # None: the screen is right
        self.changed_ms = 0  # the last change of any sensor
        self.rate = 0.0  # present cost per second
        self.cost_so_far = 0.0  # since the screen became wrong
        self.pushes: list[int] = []

    def advance_to(self, until_ms: int) -> None:
        """Let time pass up to an instant."""
        self.cost_so_far += self.rate * (until_ms - self.now_ms) / 1000
        self.now_ms = until_ms

    def change(self, sensor: int, value: float) -> None:
        """Apply a change of an actual value."""
        self.actual[sensor] = value
        self.changed_ms = self.now_ms
        self._update_rate()

    def push(self) -> None:
        """Show the actual values."""
        self.budget.spend(self.now_ms)
        self.pushes.append(self.now_ms)
        self.last_push_ms = self.now_ms
        self.shown = list(self.actual)
        self._update_rate()

    def cost_rate_of(self, sensor: int) -> float:
        """Return the present cost per second of one sensor."""
        off = abs(self.actual[sensor] - self.shown[sensor]) / self._significant_changes[sensor]
        return self._weights[sensor] * min(1.0, off)

    def is_urgent(self) -> bool:
        """Return whether an urgent contact is shown wrong."""
        return any(
            is_urgent and self.actual[sensor] != self.shown[sensor]
            for sensor, is_urgent in enumerate(self.is_urgent_contact)
        )

    def _update_rate(self) -> None:
        self.rate = sum(self.cost_rate_of(sensor) for sensor in range(len(self.actual)))
        if self.rate == 0:
            self.wrong_since_ms, self.cost_so_far = None, 0.0
        elif self.wrong_since_ms is None:
            self.wrong_since_ms = self.now_ms


class Policy(Protocol):
    """A rule that decides when to push."""

    def on_change(self, screen: Screen, sensor: int, before: float) -> None:
        """Learn from a change that the screen has applied."""

    def push_ms(self, screen: Screen) -> int | None:
        """Return when to push if nothing changes before; None: not before the next change."""

    def on_push(self, screen: Screen) -> None:
        """Learn that a push was made now."""


class StatelessPolicy:
    """A policy without memory."""

    def on_change(self, screen: Screen, sensor: int, before: float) -> None:
        """Do nothing."""

    def on_push(self, screen: Screen) -> None:
        """Do nothing."""


def changes_of(trace: Trace) -> Iterator[tuple[int, list[tuple[int, float]]]]:
    """Yield (at_ms, [(sensor, value)]) for each instant with changes."""
    at, sensor, value = trace.at_ms.tolist(), trace.sensor.tolist(), trace.value.tolist()
    index = 0
    while index < len(at):
        end = index
        while end < len(at) and at[end] == at[index]:
            end += 1
        yield at[index], list(zip(sensor[index:end], value[index:end], strict=True))
        index = end


def run_policy(trace: Trace, policy: Policy, budget: PolicyBudget) -> list[int]:
    """Return the instants at which a policy pushes."""
    screen = Screen(trace, budget)
    for at_ms, changes in changes_of(trace):
        _push_until(screen, policy, at_ms)
        screen.advance_to(at_ms)
        for sensor, value in changes:
            before = screen.actual[sensor]
            screen.change(sensor, value)
            policy.on_change(screen, sensor, before)
    _push_until(screen, policy, trace.end_ms)
    return screen.pushes


def _push_until(screen: Screen, policy: Policy, until_ms: int) -> None:
    """Push as the policy decides before `until_ms`, and as the budget allows."""
    while screen.rate > 0:
        due_ms = policy.push_ms(screen)
        if due_ms is None:
            return
        due_ms = max(due_ms, screen.now_ms)
        due_ms = max(due_ms, screen.budget.next_free_ms(due_ms))
        if due_ms >= until_ms:
            return
        is_later = due_ms > screen.now_ms
        screen.advance_to(due_ms)
        if is_later:
            new_due_ms = policy.push_ms(screen)
            if new_due_ms is None or new_due_ms > due_ms:
                continue
        screen.push()
        policy.on_push(screen)
