"""The simulated hand: lines written into a FIFO move mock pins and deliver messages, for the demo and for tests.

    echo "pin 17 1" > FIFO                          drives GPIO 17 high (0: low)
    echo 'topic garden/tank {"level": 63}' > FIFO   delivers a message as if a broker had sent it

Everything behind the pin and behind the broker is the real thing.
"""

import logging
import os
import select
import stat
from collections.abc import Collection
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any

from pushglance.errors import HardwareUnavailable

if TYPE_CHECKING:
    from .topic_router import TopicRouter

log = logging.getLogger(__name__)

_LINE_MAX = 128 * 1024  # bytes; twice the largest payload
_JOIN_S = 0.8


class Hand:
    """Read lines from the FIFO at `path`; `factory` is a mock factory that has the pins `gpios`, or None."""

    def __init__(self, path: str, router: "TopicRouter | None", factory: Any, gpios: Collection[int]) -> None:
        self._path = path
        self._router = router
        self._factory = factory
        self._gpios = sorted(gpios)
        self._thread = Thread(target=self._run, name="hand", daemon=True)
        self._fifo = -1
        self._waker = self._woken = -1

    def start(self) -> None:
        """Make the FIFO if there is none, and begin to read; raises HardwareUnavailable if it cannot be had."""
        try:
            with suppress(FileExistsError):
                os.mkfifo(self._path, 0o600)
            # Open for writing too: there is always a writer, and no end of file when the last real one goes.
            self._fifo = os.open(self._path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise HardwareUnavailable(f"The hand's FIFO {self._path} cannot be used: {error.strerror}.") from error
        if not stat.S_ISFIFO(os.fstat(self._fifo).st_mode):
            os.close(self._fifo)
            raise HardwareUnavailable(f"{self._path} is no FIFO: name another path for the hand, or remove it.")
        self._woken, self._waker = os.pipe()
        self._thread.start()

    def look(self) -> None:
        """Do nothing: a hand that moves makes a line."""

    def stop(self) -> None:
        """Stop reading; what is still in the FIFO is lost."""
        if self._thread.is_alive():
            os.write(self._waker, b"!")
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        rest = b""
        try:
            while True:
                readable, _, _ = select.select([self._fifo, self._woken], [], [])
                if self._woken in readable:
                    return
                *lines, rest = (rest + os.read(self._fifo, _LINE_MAX)).split(b"\n")
                for line in lines:
                    self._obey(line)
                if len(rest) > _LINE_MAX:
                    log.warning("The hand ignores a line of more than %d bytes.", _LINE_MAX)
                    rest = b""
        finally:
            for fd in (self._fifo, self._woken, self._waker):
                os.close(fd)

    def _obey(self, line: bytes) -> None:
        word, _, rest = line.strip().partition(b" ")
        try:
            if word == b"pin":
                complaint = self._move(rest.decode("ascii", "replace").split())
            elif word == b"topic":
                complaint = self._deliver(rest.strip())
            else:
                complaint = 'write "pin 17 1" or "topic garden/tank 63"' if line.strip() else ""
        except Exception:
            log.exception("The hand could not do %r.", line[:100])
            return
        if complaint:
            log.warning("The hand ignores %r: %s.", line[:100].decode("utf-8", "replace"), complaint)

    def _move(self, words: list[str]) -> str:
        """Drive a pin; return what is wrong with the line, or ""."""
        if self._factory is None:
            return 'only mock pins can be moved: write factory = "mock" under [gpio]'
        if len(words) != 2 or words[1] not in {"0", "1"} or not words[0].isdecimal():
            return 'write "pin", a BCM number and a level, e.g. "pin 17 1"'
        if int(words[0]) not in self._gpios:
            return f"no sensor is at GPIO {words[0]}, but at {', '.join(map(str, self._gpios)) or 'none at all'}"
        pin = self._factory.pin(int(words[0]))
        if words[1] == "1":
            pin.drive_high()
        else:
            pin.drive_low()
        return ""

    def _deliver(self, rest: bytes) -> str:
        """Deliver a message; return what is wrong with the line, or ""."""
        topic, _, payload = rest.partition(b" ")
        if self._router is None or not self._router.deliver(
            topic.decode("utf-8", "replace"), payload, is_retained=False
        ):
            return "no sensor listens to that topic"
        return ""
