"""boards/README.md: its settings are settings, its commands run, and what it says the LED says is what it says."""

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
    """Lay down what a reader has by then: settings, password and, for want of a network, a root."""
    (tmp_path / "garage.toml").write_text(EXAMPLES[0])
    (tmp_path / "wifi-password").write_text("secret of the house")
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    return tmp_path


def typed(folder, line, *more, keys=None):
    """Return what the command says that the README tells to type."""
    words = [sys.executable, "-m", "pushglance", *shlex.split(line)[1:], *more]
    surroundings = os.environ | (KEYS if keys is None else keys)
    return subprocess.run(words, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=100)


def test_the_settings_are_checked(settings):
    """The first command says that all is well with the first settings, and no secret."""
    (check,) = [line for line in COMMANDS if line.startswith("pushglance check --config")]
    ended = typed(settings, check)
    assert ended.returncode == 0, ended.stderr
    assert "secret of the house" not in ended.stdout
    assert "GPIO17" in ended.stdout or "gpio" in ended.stdout.lower()


def test_the_settings_are_compiled(settings):
    """The deploy command's words make a folder with `compile`: program, Plan with the password, and root."""
    (deploy,) = [line for line in COMMANDS if line.startswith("pushglance deploy --config")]
    root = ["--root", "ca.pem"]
    ended = typed(settings, deploy.replace("deploy", "compile"), "-o", "flash", *root)
    assert ended.returncode == 0, ended.stderr
    plan = json.loads((settings / "flash/plan.json").read_text())
    assert plan["secrets"]["wifi_password"] == "secret of the house"
    assert (settings / "flash/main.py").exists()
    unplugged = typed(settings, deploy, "--port", "/dev/ttyNOBODY", *root)
    assert unplugged.returncode not in (0, 1, 2), "a sentence and a code of its own, no traceback"
    assert len(unplugged.stderr.strip().splitlines()) == 1, unplugged.stderr


def test_the_node_is_a_node(settings):
    """The second settings, beside WiFi and a sensor, make a board that publishes and holds no keys."""
    text = EXAMPLES[0].partition("[glance]")[0] + EXAMPLES[1]
    (settings / "garage.toml").write_text(text)
    ended = typed(settings, "pushglance compile --config garage.toml --board pico_w -o flash", keys={})
    assert ended.returncode == 0, ended.stderr
    plan = json.loads((settings / "flash/plan.json").read_text())
    assert plan["watches"] == []
    assert plan["node"]["name"] == "garage"
    assert plan["secrets"]["token"] == ""


def test_the_led_means_what_is_written():
    """The table numbers what is wrong as the program does, and names every number once."""
    rows = re.findall(r"^\| (\d)(?: blink, pause)? \| ([^|]+) \|", TEXT, re.MULTILINE)
    told = {int(number): what for number, what in rows}
    words = {
        faults.FLASH: "flash",
        faults.WIFI: "WiFi",
        faults.TIME: "time of day",
        faults.BROKER: "MQTT broker",
        faults.PUSHOVER: "Pushover is not reached",
        faults.REFUSED: "Pushover refuses",
    }
    assert sorted(told) == sorted(words)
    for number, word in words.items():
        assert word in told[number], told[number]


def test_what_is_named_is_there():
    """Every file that is linked exists, and the oldest MicroPython is the one that `deploy` asks for."""
    for link in re.findall(r"\]\(((?!http)[^)#]+)\)", TEXT):
        assert (ROOT / "boards" / link).exists(), link
    assert f"MicroPython**, {OLDEST[0]}.{OLDEST[1]} or newer" in TEXT
    for name in ("pushglance.boards.package_lists",):
        assert name in TEXT
    assert "<svg" in (ROOT / "boards/wiring.svg").read_text()
