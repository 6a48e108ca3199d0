"""The courier of a machine: one exchange at a time, as the real one has it, without a thread or a socket."""

from pushglance.core.commands import CancelPush
from pushglance.core.events import PushFinished, PushRetrying

from .limits import FLIGHT_MS
from .state import Push


class Courier:
    """Carry the pushes of a machine's state."""

    def __init__(self, machine):
        self._machine = machine

    def stop(self):
        """Stop the courier: what has not left does not leave any more."""

    def submit(self, command):
        """Accept a command; it replaces what has not left."""
        state = self._machine.state
        current = state.current
        if isinstance(command, CancelPush):
            if current is not None and current.push_id == command.push_id and current.left_ms is None:
                state.current, state.waiting = state.waiting, None
            elif state.waiting is not None and state.waiting.push_id == command.push_id:
                state.waiting = None
            return
        assert list(command.glance) == ["text"], command
        is_refreshed = current is not None and current.push_id == command.push_id
        expires_ms = current.expires_ms if is_refreshed else state.true_ms + FLIGHT_MS
        push = Push(command.push_id, command.glance["text"], state.known[1], expires_ms)
        state.watch.check_send(push, state.shown_text(), state.true_ms)
        if current is None or (current.push_id == push.push_id and current.left_ms is None):
            state.current = push
        else:
            state.waiting = push

    def leave(self, *, arrives):
        """Let the push leave, without an answer yet."""
        self._machine.state.watch.leave(self._machine.state.current, self._machine.state.true_ms, arrives=arrives)

    def retry(self):
        """Let the courier report that an attempt surely never left."""
        push = self._machine.state.current
        push.is_refreshing = True
        self._machine.step(PushRetrying(self._machine.state.now_ms, "watch", push.push_id))

    def finish(self, outcome, cause="", *, arrives=True):
        """Let the answer come, or its time run out."""
        state = self._machine.state
        push = state.current
        if push.left_ms is None and outcome in ("delivered", "unknown"):
            self.leave(arrives=arrives)
        if push.left_ms is not None:
            state.watch.end_last(min(state.true_ms, push.expires_ms))
        state.current, state.waiting = state.waiting, None
        self._machine.step(PushFinished(state.now_ms, "watch", push.push_id, outcome, 0, 0, outcome, cause))
