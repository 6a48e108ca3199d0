"""The live file: the state of this moment for `status` and the page, in memory and never on the card."""

import json
import os
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pushglance.core.commands import Reply
from pushglance.core.decider import Decider
from pushglance.core.events import Record
from pushglance.core.status.status_snapshot import picture
from pushglance.runtime.clock import monotonic_ms, wall_ms

NAME = "live.json"
FORMAT = 1  # of what is told; another one is not read
BY_MQTT = "mqtt:"  # whoever asked under a name that begins so reads the reply there
MODE = 0o640  # whoever is in the group may look
PACE_MS = 500  # people look at it; a storm of facts must not write it a thousand times
_RESTS = 20  # times as long as it took to write: with thousands of sensors it must not be most of the work
_REPLIES_KEPT = 32  # whoever asked reads within a moment


class StatusFile:
    """Write the picture beside and rename it over, so that a reader never sees half of one."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
        self._beside = str(self._path.with_suffix(".tmp"))
        self._written_ms: int | None = None
        self._pace_ms = PACE_MS
        self._is_stale = True
        self._replies: deque[Reply] = deque(maxlen=_REPLIES_KEPT)
        self._is_waited_for = False

    def reply(self, reply: Reply) -> None:
        """Keep a reply for whoever waits; the file is then written at once."""
        if reply.request.startswith(BY_MQTT):
            return
        self._replies.append(reply)
        self._is_stale = self._is_waited_for = True

    def on_turn(self, events: Sequence[Record], commands: Sequence[Record]) -> None:
        """Do nothing: what is so is looked at when the file is written."""

    def mark_dirty(self) -> None:
        """Note that something may have changed."""
        self._is_stale = True

    def deadline_ms(self) -> int | None:
        """Return when the file wants to be written, or None while it is true."""
        if not self._is_stale:
            return None
        return 0 if self._written_ms is None or self._is_waited_for else self._written_ms + self._pace_ms

    def flush(self, decider: Decider, now_ms: int, counts: Mapping[str, int]) -> bool:
        """Write the file if it is due, and tell whether it was; `counts` are the daemon's own, e.g. facts dropped."""
        deadline_ms = self.deadline_ms()
        if deadline_ms is None or now_ms < deadline_ms:
            return False
        self._written_ms, self._is_stale, self._is_waited_for = now_ms, False, False
        began_ms = monotonic_ms()
        replies = [{name: getattr(reply, name) for name in Reply.fields} for reply in self._replies if reply.request]
        live = {
            "format": FORMAT,
            "pid": os.getpid(),
            "wall_ms": wall_ms(),
            **counts,
            **picture(decider, now_ms),
            "replies": replies,
        }
        with suppress(OSError):  # then nobody can look for now; the door is watched all the same
            self._write(json.dumps(live).encode())
        self._pace_ms = max(PACE_MS, _RESTS * (monotonic_ms() - began_ms))
        return True

    def _write(self, told: bytes) -> None:
        # By hand: this is half of what an idle agent does, and through a Path and a text file it costs twice as much.
        handle = os.open(self._beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, MODE)
        try:
            os.fchmod(handle, MODE)  # whatever the umask
            is_whole = os.write(handle, told) == len(told)
        finally:
            os.close(handle)
        if is_whole:
            os.rename(self._beside, self._path)  # noqa: PTH104 - as above

    def close(self) -> None:
        """Remove the file: nobody is alive to keep it true."""
        self._path.unlink(missing_ok=True)
