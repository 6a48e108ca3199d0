"""boards/README.md: its settings are valid, its commands run, and its table of the LED matches the program."""

import json
import os
import re
import shlex
import subprocess
import sys

import pytest
import trustme

from pushglance.boards.device import OLDEST
from pushglance_board import faults
from support.boards.board import ROOT

TEXT = (ROOT / "boards/README.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = re.findall(r"^(pushglance .*)$", TEXT, re.MULTILINE)
KEYS = {"PUSHGLANCE_PUSHOVER__TOKEN": "a" * 30, "PUSHGLANCE_PUSHOVER__USER": "u" * 30}


@pytest.fixture
def settings(tmp_path):
    """Return a folder with the reader's files: settings, password, and a root certificate for lack of a network."""
    (tmp_path / "garage.toml").write_text(EXAMPLES[0])
    (tmp_path / "wifi-password").write_text("wifi password")
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path


def run_command(folder, line, *more, keys=None):
    """Run a command of the README and return its result."""
    words = [sys.executable, "-m", "pushglance", *shlex.split(line)[1:], *more]
    environment = os.environ | (KEYS if keys is None else keys)
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=100)


def test_the_settings_are_valid(settings):
    """The check command accepts the first settings and prints no secret."""
    (check,) = [line for line in COMMANDS if line.startswith("pushglance check --config")]
    result = run_command(settings, check)
    assert result.returncode == 0, result.stderr
    assert "wifi password" not in result.stdout
    assert "GPIO17" in result.stdout or "gpio" in result.stdout.lower()


def test_the_settings_are_compiled(settings):
    """`compile` with the options of the deploy command writes program, Plan with the password, and root."""
    (deploy,) = [line for line in COMMANDS if line.startswith("pushglance deploy --config")]
    root = ["--root", "ca.pem"]
    result = run_command(settings, deploy.replace("deploy", "compile"), "-o", "flash", *root)
    assert result.returncode == 0, result.stderr
    plan = json.loads((settings / "flash/plan.json").read_text())
    assert plan["secrets"]["wifi_password"] == "wifi password"
    assert (settings / "flash/main.py").exists()
    unplugged = run_command(settings, deploy, "--port", "/dev/ttyMISSING", *root)
    assert unplugged.returncode not in (0, 1, 2), "one line of text and a separate exit code, no traceback"
    assert len(unplugged.stderr.strip().splitlines()) == 1, unplugged.stderr


def test_the_second_settings_make_a_node(settings):
    """The second settings, with WiFi and a sensor, compile to a board that publishes and has no keys."""
    text = EXAMPLES[0].partition("[glance]")[0] + EXAMPLES[1]
    (settings / "garage.toml").write_text(text)
    result = run_command(settings, "pushglance compile --config garage.toml --board pico_w -o flash", keys={})
    assert result.returncode == 0, result.stderr
    plan = json.loads((settings / "flash/plan.json").read_text())
    assert plan["watches"] == []
    assert plan["node"]["name"] == "garage"
    assert plan["secrets"]["token"] == ""


def test_the_table_of_the_led_matches_the_program():
    """The table has each number of the program once, with its fault."""
    rows = re.findall(r"^\| (\d)(?: blink, pause)? \| ([^|]+) \|", TEXT, re.MULTILINE)
    faults_by_number = {int(number): fault for number, fault in rows}
    words = {
        faults.FLASH: "flash",
        faults.WIFI: "WiFi",
        faults.TIME: "time of day",
        faults.BROKER: "MQTT broker",
        faults.PUSHOVER: "Pushover is unreachable",
        faults.REFUSED: "Pushover refuses",
    }
    assert sorted(faults_by_number) == sorted(words)
    for number, word in words.items():
        assert word in faults_by_number[number], faults_by_number[number]


def test_links_and_versions_are_right():
    """Every linked file exists, and the oldest MicroPython is the one that `deploy` requires."""
    for link in re.findall(r"\]\(((?!http)[^)#]+)\)", TEXT):
        assert (ROOT / "boards" / link).exists(), link
    assert f"MicroPython**, {OLDEST[0]}.{OLDEST[1]} or newer" in TEXT
    assert "pushglance.boards.package_lists" in TEXT
    assert "<svg" in (ROOT / "boards/wiring.svg").read_text()
