"""The README's picture: drawn from a recording with an open licence, small, and drawn anew by one command."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "scripts/pictures"


def test_the_picture_can_be_drawn_anew(tmp_path):
    """One script draws it, from what lies in the repository."""
    surroundings = os.environ | {"PUSHGLANCE_VENV": sys.prefix}
    words = [PICTURES / "draw", tmp_path / "water.png"]
    ended = subprocess.run(words, env=surroundings, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "water.png").read_bytes().startswith(b"\x89PNG")


def test_the_picture_is_small_and_its_source_is_named():
    """A clone pays little for it, and whoever made the recording is named with the licence beside it."""
    assert 0 < (PICTURES / "water.png").stat().st_size < 150_000
    assert (PICTURES / "water.csv").stat().st_size < 100_000
    told = (PICTURES / "README.md").read_text()
    assert "Makonin" in told
    assert "CC BY 4.0" in told
    assert "CC BY 4.0" in (ROOT / "README.md").read_text()
