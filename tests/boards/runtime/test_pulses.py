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


def test_a_write_to_flash_costs_only_fast_pulses(tmp_path):
    """An RP2 runs no interrupts for the 50 ms of a write: of 500 pulses per second 24 are lost, of five none."""
    emulated = ROOT / "tests/support/boards/emulated_modules"
    finished = subprocess.run(
        [micropython(), str(ROOT / "tests/boards/runtime/on_board/pulses_while_writing.py")],
        cwd=tmp_path,
        env={"MICROPYPATH": f"{emulated}:{ROOT / 'boards'}:{ROOT / 'agent'}:.frozen"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    quiet, fast, slow, writes = map(int, finished.stdout.split())
    assert (quiet, slow, writes) == (60 * 500, 60 * 5, 120)
    assert fast == 60 * (500 - 24), "25 pulses fall into a write, and the chip keeps one edge of them"
