"""What a board runs after power comes: everything else lies under lib/."""

import gc

gc.threshold(16_384)  # or what lives long lies scattered over the whole heap, and TLS wants 17 KiB in one piece

from pushglance_board.program import run  # noqa: E402

run()
