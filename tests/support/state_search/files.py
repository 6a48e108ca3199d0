"""The same machine with the real store on real files, for a sample of sequences."""

from pushglance.errors import StoreError

from . import actions
from .laws import LawBroken
from .machine import Machine
from .stores import FileStore


class _Killed(BaseException):
    """The process ends here."""


class FileMachine(Machine):
    """Run one sequence on the files in `directory`."""

    def __init__(self, source, directory):
        self._directory = directory
        self._points = 0  # of commits that the present action has passed
        self._kill_at = -1
        super().__init__(source)
        self.store = None

    def bind(self, state):
        """Begin with this state."""
        self.state = state

    def open_store(self):
        """Open the files as a new process does."""
        self.store = self.loop._store = FileStore(self, self._directory, self._plan["watches"], str(self.state.boot))

    def cut(self, where):
        """Kill the process here, if this is the point."""
        state = self.state
        can_leave = state.current is not None and state.current.can_leave()
        for has_left in (False, True) if can_leave else (False,):
            if self._points == self._kill_at:
                if has_left:
                    self.courier.leave(arrives=True)
                raise _Killed
            self._points += 1

    def act(self, name, cut=-1):
        """Carry out an action; with a `cut` the process is killed at that point of its commits."""
        self._points, self._kill_at = 0, cut
        try:
            actions.carry_out(self, name)
        except _Killed:
            self.state.forget_process()
        if self.state.decider is None and self.store is not None:
            self.store.close()
            self.store = None

    def start_second_copy(self):
        """Start another agent on the same files; it must be refused."""
        second = FileStore(self, self._directory, self._plan["watches"], str(self.state.boot))
        try:
            second.load(self.state.now_ms)
        except StoreError:
            return
        second.close()
        raise LawBroken("never over: two agents run on one store")

    def stop_cleanly(self):
        """Stop the agent; its loop closes the store."""
        super().stop_cleanly()
        self.store = None
