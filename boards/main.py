"""The file that MicroPython runs after power-on; everything else is in lib/."""

import gc

# Collect early: otherwise long-lived objects spread over the whole heap, and TLS needs 17 KiB in one piece.
gc.threshold(16_384)

from pushglance_board.program import run  # noqa: E402

run()
