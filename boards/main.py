"""The file that MicroPython runs after power-on; everything else is in lib/."""

import gc

gc.threshold(16_384)  # else long-lived objects spread over the whole heap, and TLS needs 17 KiB in one piece

from pushglance_board.program import run  # noqa: E402

run()
