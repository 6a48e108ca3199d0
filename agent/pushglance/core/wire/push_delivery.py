"""Rules of delivering pushes: how often one is attempted, and how a later attempt gets the glance as it is then."""

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.events import PushFinished, PushRetrying

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .pushover_answer import Answer

ATTEMPTS = 3
# Between attempts. Nothing has reached Pushover, so the five seconds that it asks for between requests do not apply; an
# answer that asks to wait ends the attempts.
RETRY_BASE_MS = 1000
RETRY_CEILING_MS = 8000


class PendingCommands:
    """The newest command for each watch that the courier has not started. A watch has one push in flight at a time."""

    def __init__(self) -> None:
        self._commands = {}  # type: dict[str, PushGlance | CancelPush]
        self._finished = {}  # type: dict[str, int]  # watch: its last push that ended

    def put(self, command: "PushGlance | CancelPush") -> bool:
        """Accept a command, which replaces a waiting one of its watch. Return False if its push has ended already."""
        if command.push_id <= self._finished.get(command.watch, 0):
            return False
        self._commands[command.watch] = command
        return True

    def is_empty(self) -> bool:
        """Return whether no command waits."""
        return not self._commands

    def has(self, watch: str) -> bool:
        """Return whether a command for this watch waits."""
        return watch in self._commands

    def pop(self) -> "PushGlance | CancelPush | None":
        """Remove and return a command, on CPython the oldest; None if there is none."""
        for watch in self._commands:
            return self._commands.pop(watch)
        return None

    def start_refresh(self, push: "PushGlance", now_ms: int) -> PushRetrying:
        """Return the event that asks the core for the glance as it is now, for a push that has not left."""
        waiting = self._commands.get(push.watch)
        if isinstance(waiting, PushGlance) and waiting.push_id == push.push_id:
            del self._commands[push.watch]  # the answer to an earlier question
        return PushRetrying(now_ms, push.watch, push.push_id)

    def pop_refreshed(self, push: "PushGlance") -> "PushGlance | CancelPush | None":
        """Return the core's answer to the last `start_refresh`, None while there is none.

        CancelPush also means that the core has given this push up and started another one, which stays here.
        """
        reply = self._commands.get(push.watch)
        if reply is None:
            return None
        if reply.push_id != push.push_id:
            return CancelPush(push.watch, push.push_id)
        return self._commands.pop(push.watch)

    def finish(self, push: "PushGlance", answer: "Answer", now_ms: int, jitter: int) -> PushFinished:
        """Note that this push has ended, so that a late command for it is ignored; return the event for the core."""
        self._finished[push.watch] = push.push_id
        waiting = self._commands.get(push.watch)
        if waiting is not None and waiting.push_id <= push.push_id:
            del self._commands[push.watch]
        outcome, wait_ms, detail, cause = answer.outcome, answer.wait_ms, answer.detail, answer.cause
        return PushFinished(now_ms, push.watch, push.push_id, outcome, jitter, wait_ms, detail, cause)
