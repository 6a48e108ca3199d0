"""The simulated hand: lines written into a FIFO move mock pins and deliver messages, for the demo and for tests.

    echo "pin 17 1" > FIFO                          drives GPIO 17 high (0: low)
    echo 'topic garden/tank {"level": 63}' > FIFO   delivers a message as if a broker had sent it

Everything behind the pin and behind the broker is the real thing.
"""

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from pushglance.errors import HardwareUnavailable, PushglanceError
from pushglance.runtime.control.line_fifo import LineFifo

if TYPE_CHECKING:
    from pushglance.runtime.inputs.mqtt.topic_router import TopicRouter

log = logging.getLogger(__name__)


class SimulatorInput:
    """Read lines from the FIFO at `path`; `factory` is a mock factory that has the pins `gpios`, or None."""

    def __init__(self, path: str, router: "TopicRouter | None", factory: Any, gpios: Collection[int]) -> None:
        self._router = router
        self._factory = factory
        self._gpios = sorted(gpios)
        self._fifo = LineFifo(path, "hand", self._obey)

    def start(self) -> None:
        """Make the FIFO if there is none, and begin to read; raises HardwareUnavailable if it cannot be had."""
        try:
            self._fifo.start()
        except PushglanceError as error:
            raise HardwareUnavailable(f"The hand has no way in: {error}.") from error

    def resync(self) -> None:
        """Do nothing: a hand that moves makes a line."""

    def stop(self) -> None:
        """Stop reading; what is still in the FIFO is lost."""
        self._fifo.stop()

    def _obey(self, line: bytes) -> None:
        word, _, rest = line.strip().partition(b" ")
        if word == b"pin":
            complaint = self._move(rest.decode("ascii", "replace").split())
        elif word == b"topic":
            complaint = self._deliver(rest.strip())
        else:
            complaint = 'write "pin 17 1" or "topic garden/tank 63"' if line.strip() else ""
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
