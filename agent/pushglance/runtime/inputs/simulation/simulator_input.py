"""Simulated pins and messages: lines written into a FIFO, for the demo and for tests.

    echo "pin 17 1" > FIFO                          drives GPIO 17 high (0: low)
    echo 'topic garden/tank {"level": 63}' > FIFO   delivers a message as if a broker had sent it
    echo "file /sys/class/thermal/thermal_zone0/temp 48312" > FIFO    as if that file had this content

Only pins, files and the broker are simulated; all other code is the real one.
"""

import logging
from collections.abc import Mapping

from pushglance.errors import HardwareUnavailable, PushglanceError
from pushglance.runtime.control.line_fifo import LineFifo
from pushglance.runtime.inputs.source import SimulatorCommand

log = logging.getLogger(__name__)

_SHOWN_MAX = 100  # bytes of a line in the log


class SimulatorInput:
    """Read lines from the FIFO at `path`; `commands` are {first word: function for the rest of the line}."""

    def __init__(self, path: str, commands: Mapping[str, SimulatorCommand]) -> None:
        self._commands = commands
        self._fifo = LineFifo(path, "simulator", self._execute)
        self.workers = (self._fifo.progress,)

    def start(self) -> None:
        """Create the FIFO if it is absent, and start reading. Raises HardwareUnavailable if that fails."""
        try:
            self._fifo.start()
        except PushglanceError as error:
            raise HardwareUnavailable(f"The simulation cannot read its lines: {error}.") from error

    def resync(self) -> None:
        """Do nothing: only lines change simulated pins and topics."""

    def stop(self) -> None:
        """Stop reading; what is still in the FIFO is lost."""
        self._fifo.stop()

    def _execute(self, line: bytes) -> None:
        word, _, rest = line.strip().partition(b" ")
        if not word:
            return
        command = self._commands.get(word.decode("ascii", "replace"))
        error = command(rest) if command else f"a line begins with {' or '.join(self._commands)}"
        if error:
            log.warning("The simulator ignores %r: %s.", line[:_SHOWN_MAX].decode("utf-8", "replace"), error)
