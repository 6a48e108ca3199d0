"""The status file live.json: the present state for `status` and the page. It is in memory, never on the SD card."""

import json
import os
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pushglance.core.commands import Reply
from pushglance.core.decider import Decider
from pushglance.core.events import Record
from pushglance.core.status.status_snapshot import status_snapshot
from pushglance.runtime.clock import monotonic_ms, wall_ms
from pushglance.runtime.diagnostics.diagnostics import Diagnostics
from pushglance.runtime.storage.files import remove, replace

NAME = "live.json"
FORMAT = 2  # readers refuse any other; increased when a key is renamed
MQTT_PREFIX = "mqtt:"  # requests with this prefix are answered over MQTT
MODE = 0o640  # its group may read it
MIN_INTERVAL_MS = 500  # fast enough for people; a storm of events must not cause thousands of writes
_INTERVAL_FACTOR = 20  # wait 20x the last write's duration, so that writing takes at most 5 % of the time
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC  # O_EXCL follows no link and opens no FIFO
_REPLIES_MAX = 32  # a client reads its reply within a moment


class StatusFile:
    """Write the status to a second file and rename it, so that a reader never sees half of it."""

    def __init__(
        self, directory: Path, diagnostics: Diagnostics | None = None, page: dict[str, Any] | None = None
    ) -> None:
        self._path = directory / NAME
        self._temporary = str(self._path.with_suffix(".tmp"))
        self._diagnostics = diagnostics
        self._page = page or {}
        self._written_ms: int | None = None
        self._interval_ms = MIN_INTERVAL_MS
        self._is_dirty = True
        self._replies: deque[Reply] = deque(maxlen=_REPLIES_MAX)
        self._has_new_reply = False

    def reply(self, reply: Reply) -> None:
        """Add a reply for the client that waits for it; the file is then written at once."""
        if reply.request.startswith(MQTT_PREFIX):
            return
        self._replies.append(reply)
        self._is_dirty = self._has_new_reply = True

    def on_turn(self, events: Sequence[Record], commands: Sequence[Record]) -> None:
        """Nothing to do: the state is read when the file is written."""

    def mark_dirty(self) -> None:
        """Note that the state may have changed."""
        self._is_dirty = True

    def deadline_ms(self) -> int | None:
        """Return when the file must be written, or None while it is up to date."""
        if not self._is_dirty:
            return None
        return 0 if self._written_ms is None or self._has_new_reply else self._written_ms + self._interval_ms

    def flush(self, decider: Decider, now_ms: int, counts: Mapping[str, Any]) -> bool:
        """Write the file if it is due and return whether it was; `counts` are the daemon's own, e.g. events dropped."""
        deadline_ms = self.deadline_ms()
        if deadline_ms is None or now_ms < deadline_ms:
            return False
        self._written_ms, self._is_dirty, self._has_new_reply = now_ms, False, False
        start_ms = monotonic_ms()
        replies = [{name: getattr(reply, name) for name in Reply.fields} for reply in self._replies if reply.request]
        status = {
            "format": FORMAT,
            "pid": os.getpid(),
            "wall_ms": wall_ms(),
            **counts,
            **status_snapshot(decider, now_ms),
            "page": self._page,
            "replies": replies,
        }
        if self._diagnostics is not None:
            for name, note in self._diagnostics.sensor_notes().items():
                status["sensors"][name].update(note)
            status["link_reasons"] = self._diagnostics.links()
        with suppress(OSError):  # readers see an old file; the agent continues
            self._write(json.dumps(status).encode())
        self._interval_ms = max(MIN_INTERVAL_MS, _INTERVAL_FACTOR * (monotonic_ms() - start_ms))
        return True

    def _write(self, content: bytes) -> None:
        # os.open instead of Path and a text file: half the cost, and this is half of what an idle agent does.
        try:
            fd = os.open(self._temporary, _NEW, MODE)
        except FileExistsError:  # of a process that was killed, or a trap: never opened
            remove(Path(self._temporary))
            fd = os.open(self._temporary, _NEW, MODE)
        try:
            os.fchmod(fd, MODE)  # regardless of the umask
            is_complete = os.write(fd, content) == len(content)
        finally:
            os.close(fd)
        if is_complete:
            try:
                os.rename(self._temporary, self._path)  # noqa: PTH104 - as above
            except IsADirectoryError:
                replace(Path(self._temporary), self._path)

    def close(self) -> None:
        """Remove the file: without the daemon it would be out of date."""
        with suppress(OSError):
            self._path.unlink()
