"""Pulses of a board under a real MicroPython; the script has the sentences."""

import subprocess

from support.boards.board import FAKES, ROOT, micropython


def test_a_board_counts_as_a_pi_does():
    """60 random trains give what the core's filter gives, 500 pulses a second are all counted, PCNT is read right."""
    finished = subprocess.run(
        [micropython(), str(ROOT / "tests/boards/on_board/count_pulses.py")],
        env={"HARNESS_PORT": "9", "MICROPYPATH": f"{FAKES}:{ROOT / 'boards'}:{ROOT / 'agent'}:.frozen"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert finished.stdout == "the same counts\n", finished.stdout + finished.stderr
