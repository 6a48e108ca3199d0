"""`pushglance` without a command shows what to do next."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pushglance import installation
from pushglance.runtime.control.requests import FIFO_NAME

KEYS = {"PUSHGLANCE_PUSHOVER__TOKEN": "a" * 30, "PUSHGLANCE_PUSHOVER__USER": "u" * 30}
DOOR = '[sensors.door]\nkind = "contact"\ngpio = 17\n[glance]\ntext = "{door}"\n'


@pytest.fixture
def alone(tmp_path):
    """Return a function that runs `pushglance` in an empty folder, with more variables, and returns its output."""

    def alone(**variables):
        environment = {name: text for name, text in os.environ.items() if not name.startswith("PUSHGLANCE_")}
        environment |= {"STATE_DIRECTORY": str(tmp_path / "state"), "RUNTIME_DIRECTORY": str(tmp_path)} | variables
        command = [sys.executable, "-m", "pushglance"]
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return alone


def test_without_settings_it_names_init(alone, tmp_path):
    """Without settings the next step is `init`."""
    text = alone(PUSHGLANCE_CONFIG=str(tmp_path / "none.toml"))
    assert "There are no settings yet." in text
    assert "pushglance init " in text


def test_settings_with_errors_name_check(alone, tmp_path):
    """With errors in the settings the first one is shown, and the command that shows all."""
    file = tmp_path / "pushglance.toml"
    file.write_text(DOOR.replace("17", "99"))
    text = alone(PUSHGLANCE_CONFIG=str(tmp_path / "none.toml"), **KEYS)
    assert "pushglance.toml has errors: sensors.door.gpio" in text
    assert "pushglance check --config pushglance.toml" in text


def test_without_an_agent_it_names_the_start(alone, tmp_path):
    """With good settings and no agent the next step starts it."""
    (tmp_path / "pushglance.toml").write_text(DOOR)
    assert "pushglance run --config pushglance.toml" in alone(PUSHGLANCE_CONFIG=str(tmp_path / "none.toml"), **KEYS)


def test_with_an_agent_it_names_status(alone, tmp_path):
    """While an agent reads requests the next step is to look at it."""
    os.mkfifo(tmp_path / FIFO_NAME)
    handle = os.open(tmp_path / FIFO_NAME, os.O_RDONLY | os.O_NONBLOCK)
    try:
        text = alone()
    finally:
        os.close(handle)
    assert "The agent is running." in text
    assert "pushglance status" in text


def test_start_is_the_service_if_there_is_one(tmp_path, monkeypatch):
    """With a unit of systemd the agent is started as a service, else as a program."""
    monkeypatch.setattr(installation, "_UNIT_FOLDERS", (tmp_path,))
    assert installation.how_to_start().endswith("pushglance run")
    (tmp_path / "pushglance.service").touch()
    assert installation.how_to_start() == "sudo systemctl start pushglance"


def test_program_outside_of_the_path_is_named_by_its_path(monkeypatch):
    """What is shown can be typed: the name if the shell finds it, else the path."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(Path(sys.prefix).parent)
    assert installation.program() == f"{Path(sys.prefix).name}/bin/pushglance"
    monkeypatch.chdir("/")
    assert Path("/", installation.program()) == Path(sys.prefix, "bin/pushglance")
