"""One screen in virtual time: what it shows, what being wrong costs, and a policy that says when to push."""

from collections.abc import Iterator
from typing import Protocol

from pushglance.replay.trace import CONTACT, Trace

from .purse import Purse


class Screen:
    """What a policy may look at: the present and the past, never the trace ahead."""

    def __init__(self, trace: Trace, purse: Purse) -> None:
        self.sensors = trace.sensors
        self.purse = purse
        self._weights = [float(weight) for weight in trace.weights]
        self._significant_changes = [float(change) for change in trace.significant_changes]
        self.is_urgent_contact = [sensor.is_urgent and sensor.kind == CONTACT for sensor in trace.sensors]
        self.truth = [float(value) for value in trace.first]
        self.shown = list(self.truth)
        self.now_ms = 0
        self.last_push_ms: int | None = None
        self.wrong_since_ms: int | None = None  # since when the screen differs
        self.changed_ms = 0  # the last change of anything
        self.rate = 0.0  # cost of each second, now
        self.owed = 0.0  # cost since the screen began to differ
        self.pushes: list[int] = []

    def lasted(self, until_ms: int) -> None:
        """Let time pass."""
        self.owed += self.rate * (until_ms - self.now_ms) / 1000
        self.now_ms = until_ms

    def change(self, sensor: int, value: float) -> None:
        """Take one change of the truth."""
        self.truth[sensor] = value
        self.changed_ms = self.now_ms
        self._look()

    def push(self) -> None:
        """Show the truth."""
        self.purse.spend(self.now_ms)
        self.pushes.append(self.now_ms)
        self.last_push_ms = self.now_ms
        self.shown = list(self.truth)
        self._look()

    def wrongness(self, sensor: int) -> float:
        """Return what each second of this sensor's being wrong as it is costs."""
        off = abs(self.truth[sensor] - self.shown[sensor]) / self._significant_changes[sensor]
        return self._weights[sensor] * min(1.0, off)

    def is_urgent(self) -> bool:
        """Tell whether an urgent contact is shown wrong."""
        return any(
            is_urgent and self.truth[sensor] != self.shown[sensor]
            for sensor, is_urgent in enumerate(self.is_urgent_contact)
        )

    def _look(self) -> None:
        self.rate = sum(self.wrongness(sensor) for sensor in range(len(self.truth)))
        if self.rate == 0:
            self.wrong_since_ms, self.owed = None, 0.0
        elif self.wrong_since_ms is None:
            self.wrong_since_ms = self.now_ms


class Policy(Protocol):
    """Say when to push."""

    def changed(self, screen: Screen, sensor: int, before: float) -> None:
        """Learn from one change that the screen has taken."""

    def push_ms(self, screen: Screen) -> int | None:
        """Return when to push if nothing more happens, now or later; None: not before something changes."""

    def pushed(self, screen: Screen) -> None:
        """Learn that a push was made now."""


class Plain:
    """A policy that learns nothing."""

    def changed(self, screen: Screen, sensor: int, before: float) -> None:
        """Learn nothing."""

    def pushed(self, screen: Screen) -> None:
        """Learn nothing."""


def changes_of(trace: Trace) -> Iterator[tuple[int, list[tuple[int, float]]]]:
    """Yield (at_ms, [(sensor, value)]) for each instant at which something changes."""
    at, sensor, value = trace.at_ms.tolist(), trace.sensor.tolist(), trace.value.tolist()
    place = 0
    while place < len(at):
        end = place
        while end < len(at) and at[end] == at[place]:
            end += 1
        yield at[place], list(zip(sensor[place:end], value[place:end], strict=True))
        place = end


def run(trace: Trace, policy: Policy, purse: Purse) -> list[int]:
    """Return the instants at which the policy pushes."""
    screen = Screen(trace, purse)
    for at_ms, changes in changes_of(trace):
        _pass(screen, policy, at_ms)
        screen.lasted(at_ms)
        for sensor, value in changes:
            before = screen.truth[sensor]
            screen.change(sensor, value)
            policy.changed(screen, sensor, before)
    _pass(screen, policy, trace.end_ms)
    return screen.pushes


def _pass(screen: Screen, policy: Policy, until_ms: int) -> None:
    """Push as the policy wants before `until_ms`; the budget is never overdrawn."""
    while screen.rate > 0:
        wanted = policy.push_ms(screen)
        if wanted is None:
            return
        wanted = max(wanted, screen.now_ms)
        wanted = max(wanted, screen.purse.free_ms(wanted))
        if wanted >= until_ms:
            return
        was_later = wanted > screen.now_ms
        screen.lasted(wanted)
        if was_later:
            again = policy.push_ms(screen)
            if again is None or again > wanted:
                continue
        screen.push()
        policy.pushed(screen)
