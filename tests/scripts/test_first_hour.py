"""What the README asks a newcomer without a Pi to type, in three terminals, brings a door onto the sandbox's watch."""

import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 100
SECTION = (ROOT / "README.md").read_text().partition("No Pi at hand?")[2].partition("\n## ")[0]
TERMINALS = re.findall(r"```\n(.*?)```", SECTION, re.DOTALL)


@pytest.fixture
def terminal(tmp_path):
    """Return a function that starts lines of the README in bash, in a folder with the examples, and ends them later."""
    (tmp_path / "config").symlink_to(ROOT / "config")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    clean = {name: text for name, text in os.environ.items() if not name.startswith("PUSHGLANCE_")}
    folders = {"STATE_DIRECTORY": str(tmp_path / "state"), "RUNTIME_DIRECTORY": str(tmp_path / "run")}
    started = []

    def start(lines):
        process = subprocess.Popen(
            ["bash", "-e", "-c", lines],
            cwd=tmp_path,
            env=clean | folders | {"PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)


def wait_for(condition):
    """Wait until a condition is true, and return its value."""
    deadline_s = time.monotonic() + TIMEOUT_S
    while not (value := condition()):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    return value


def lines_until(process, words):
    """Return the output up to the line with these words."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def is_fifo(path):
    """Return whether the agent has created its FIFO."""
    return path.exists() and stat.S_ISFIFO(path.stat().st_mode)


def test_door_reaches_the_watch_as_the_readme_says(terminal, tmp_path):
    """Typed as in the README: the watch shows the open door, and so does status."""
    first, second, third = TERMINALS
    sandbox_line = next(line for line in first.splitlines() if line.startswith("pushglance sandbox"))
    sandbox = terminal("exec " + sandbox_line.replace("sandbox", "sandbox --port 0", 1))
    exports = "\n".join(re.findall(r"export \S+", lines_until(sandbox, "_USER=")))
    assert exports.count("export") == 3, "the three lines for terminal 2"
    agent = terminal(f"{exports}\n{second}".replace("pushglance run", "exec pushglance run"))
    status_file = tmp_path / "run/live.json"
    wait_for(lambda: (is_fifo(tmp_path / "hand") and status_file.exists()) or agent.poll() is not None)
    assert agent.poll() is None, agent.stdout.read()
    status = terminal(third)
    assert "sensors" in status.communicate(timeout=TIMEOUT_S)[0]
    assert 'text="Garage open"' in lines_until(sandbox, "Garage open")
    assert "Garage open" in terminal("pushglance status").communicate(timeout=TIMEOUT_S)[0]
