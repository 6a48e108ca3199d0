"""Flash as slow as that of an RP2040: a write takes 50 ms with interrupts off, and the power may go in the middle.

Importing this module replaces `open`.
"""

import builtins
import machine
import time

WRITE_MS = 50
writes = [0]
power_loss = [None]  # a function: the power goes in the middle of the next write, and this ends the program
_open = builtins.open


class _Written:
    """A file that is written."""

    def __init__(self, name, mode):
        self._file = _open(name, mode)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def write(self, data):
        if power_loss[0]:
            self._file.write(data[: len(data) // 2])
            self._file.close()
            power_loss[0]()
        self._file.write(data)

    def flush(self):
        self._file.flush()

    def close(self):
        self._file.close()
        writes[0] += 1
        machine.mask_interrupts(True)
        time.advance_to(time.now_ms() + WRITE_MS)
        machine.mask_interrupts(False)


def open_file(name, mode="r"):
    """Replace the function `open`."""
    return _Written(name, mode) if "w" in mode else _open(name, mode)


builtins.open = open_file
