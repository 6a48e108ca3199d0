"""What a board runs after power comes: everything else lies under lib/."""

from pushglance_board.program import run

run()
