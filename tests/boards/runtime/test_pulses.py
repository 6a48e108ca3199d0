"""Pulse counting under a real MicroPython; the checks are in on_board/count_pulses.py."""

import subprocess

from support.boards.board import FAKES, ROOT, micropython


def test_a_board_counts_like_the_core():
    """60 random trains count as in the core's filter, 500 pulses per second are all counted, and so are PCNT's."""
    finished = subprocess.run(
        [micropython(), str(ROOT / "tests/boards/runtime/on_board/count_pulses.py")],
        env={"HARNESS_PORT": "9", "MICROPYPATH": f"{FAKES}:{ROOT / 'boards'}:{ROOT / 'agent'}:.frozen"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert finished.stdout == "the same counts\n", finished.stdout + finished.stderr
