"""The demo ends with its agent."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BROKEN = "import sys; sys.path.insert(0, 'scripts/lib'); import demo; demo.SETTINGS = 'nothing'; demo.main()"


def test_demo_ends_when_its_agent_cannot_start():
    """The demo shows the agent's error and exits with 1, instead of waiting for ever."""
    ended = subprocess.run([sys.executable, "-c", BROKEN], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert ended.returncode == 1
    assert "The agent has ended:" in ended.stderr
    assert "pushglance.toml" in ended.stderr
