"""The pictures of the README: small, reproducible, and from a recording with an open licence."""

import os
import subprocess
import sys
from pathlib import Path

from pictures.wrist import draw_wrist

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "scripts/pictures"


def test_chart_can_be_drawn_again(tmp_path):
    """One script draws it from files of the repository."""
    environment = os.environ | {"PUSHGLANCE_VENV": sys.prefix}
    command = [PICTURES / "draw", tmp_path / "water.png"]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "water.png").read_bytes().startswith(b"\x89PNG")


def test_chart_is_small_and_its_source_is_named():
    """The README files name the authors of the recording and its licence."""
    assert 0 < (PICTURES / "water.png").stat().st_size < 150_000
    assert (PICTURES / "water.csv").stat().st_size < 100_000
    text = (PICTURES / "README.md").read_text()
    assert "Makonin" in text
    assert "CC BY 4.0" in text
    assert "CC BY 4.0" in (ROOT / "agent/pushglance/replay/README.md").read_text()


def test_wrist_is_what_its_script_draws():
    """The picture at the top of the README is drawn with the watch of the sandbox, as its script draws it now."""
    assert (PICTURES / "wrist.svg").read_text() == draw_wrist()
    assert "scripts/pictures/wrist.svg" in (ROOT / "README.md").read_text()


def test_every_picture_is_shown():
    """No picture is kept that no README shows."""
    files = [
        ROOT / "README.md",
        *(path for folder in ("agent", "scripts") for path in (ROOT / folder).rglob("README.md")),
    ]
    texts = "".join(path.read_text() for path in files)
    for path in PICTURES.iterdir():
        if path.suffix in (".png", ".svg"):
            assert path.name in texts
